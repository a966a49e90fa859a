package entity

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// TestTypes shows what each type takes and what it leaves. A text's spans of the type are in brackets.
func TestTypes(t *testing.T) {
	cases := map[string][]string{
		"email": {
			"[ann@example.com]", "<[a.b+c@mail.example.co.uk]>.", "'[o'brien@example.com]'", "[jürgen@müller.de]", "[x@xn--mller-kva.de]",
			"a@b", "@example.com", "a@example", "a@-b.com", "a@b..com", "git@github.com:a/b", "img@2x.png", "a.@example.com", "a@1.2.3.4",
			"[a@b.example];[c@d.example]", "mail ann@example.c", "msg@kiosk.Valid",
		},
		"url": {
			"[https://example.com/a?b=c#d].", "([http://example.com/a_(b)])", "[www.example.com], [example.com]!", "[bit.ly/2x]",
			"[http://localhost:8080/x]", "[https://example.com]?", "http://", "://x", "a.b", "main.go", "end.In", "Node.js", "ASP.NET", "[ftp://h.example/x]",
			"\"[https://example.com/x]\"", "[https://u:p@example.com:81/]", "[http://[::1]:80/x]", "e.g.", "ann@example.com", "1.5", "[https://exämple.com/ü]",
		},
		"phone": {
			"[+49 30 901820]", "[+1 (415) 555-2671]", "[(555) 234-5678]", "[555-234-5678]", "[1-800-555-2368]", "[020 7946 0958]", "[07911 123456]",
			"[0049 30 901820]", "[01 42 68 53 00]", "[+44 (0)20 7946 0958]", "555-1234", "12345", "call [4155552671]", "4155552671", "2024-01-02",
			"12-345-678", "0.1234567890", "1234 020 7946 0958", "+1 123", "$0301234567", "978-3-16-148410-0", "[+4930901820]x12",
		},
		"iban": {
			"[DE89 3704 0044 0532 0130 00]", "[GB29NWBK60161331926819]", "[at611904300234573201]", "DE89 3704 0044 0532 0130 01", "DE893704004405320130",
			"XDE89370400440532013000", "XX89370400440532013000", "[BE68 5390 0754 7034]", "[MT84MALT011000012345MTLCAST001S]",
		},
		"card": {
			"[4111 1111 1111 1111]", "[4111-1111-1111-1111]", "[378282246310005]", "[3782 822463 10005]", "[5555555555554444]", "[6011111111111117]",
			"4111 1111 1111 1112", "1234567812345670", "4111 1111 11111111", "0000000000000000", "x4111111111111111", "1-4111111111111111", "4111111111111111.5",
			"[2223003122003222]", "41111111111111111111",
		},
		"ip": {
			"[10.0.0.1]", "[10.0.0.1]:80", "[10.0.0.0]/8", "256.1.1.1", "1.2.3", "1.2.3.4.5", "v1.2.3.4", "version 1.2.3.4", "01.2.3.4", "1.2.3.4-rc1",
			"[2001:db8::1]", "[::1]", "[fe80::1%eth0]", "::", "a::b", "std::x", "00:1a:2b:3c:4d:5e", "[::ffff:10.1.2.3]", "1::2::3", "12:34:56", "[1:2:3:4:5:6:7:8]",
		},
		"uuid": {
			"[123e4567-e89b-12d3-a456-426614174000]", "{[123E4567-E89B-12D3-A456-426614174000]}", "123e4567-e89b-12d3-a456-42661417400",
			"123e4567-e89b-12d3-a456-4266141740000", "g23e4567-e89b-12d3-a456-426614174000", "123e4567e89b12d3a456426614174000", "x123e4567-e89b-12d3-a456-426614174000",
		},
		"date": {
			"[2024-02-29]", "2023-02-29", "[2024/12/31]", "[31.12.2023]", "31.11.2023", "[3/14/2024]", "[14/3/2024]", "14/14/2024", "[14 March 2024]",
			"[March 14, 2024]", "[Mar. 5]", "[12-Mar-2024]", "[3. Oktober 2023]", "[3 de marzo de 2024]", "[March 2024]", "may 5", "[May 5]", "[may 5, 2024]",
			"march 3", "February 30", "[2024-01-02]T10:00", "1.2.3", "2024-1", "1.2.24", "[01.02.24]", "1/2/3", "10/2024", "[january 25  2034]", "[January 16 , 2015]",
			"12.31.2024", "2024-01-02-03", "127.0.0.1", "le [14 juillet 1789]",
		},
		"time": {
			"[17:30]", "[5pm]", "[5:30 p.m.]", "[09:05:10]", "[23:59:59.999]", "[10:00:00Z]", "[10:00:00+02:00]", "25:00", "10:75", "[24:00]", "24:30", "3:2", "16:9",
			"1:2:3", "10:20:30:40", "13pm", "[12 am]", "[17h30]", "5 ampere", "10:00.5", "2024-01-02T[10:00:00]",
		},
		"money": {
			"[$5]", "[$1,234.56]", "[1.234,56 €]", "[€ 1.234]", "[100 USD]", "[USD100]", "[5 dollars]", "[$5 million]", "[£3bn]", "[₹1,00,000]",
			"[CHF 1'250.00]", "[20€]/day", "[US$40]", "$AAPL", "5", "USD", "5 m", "[$10]-[$20]", "[1 234,50 €]", "5th", "[$1.5k]", "100 ALL", "[R$ 30,00]",
		},
		"percent": {"[5%]", "[12.5 %]", "[3,7%]", "[50 percent]", "[50 per cent]", "%20", "foo%20bar", "5 percentage", "[0.05%]", "1-[2%]"},
		"hashtag": {
			"[#golang]", "[#München]!", "[#a11y]", "#123", "#ff8800", "#fff", "C#", "a#b", "##x", "#include <a>", "&#39;", "&amp;#x25;", "x/#y", "[#日本]", "#", "#a1b2c3d",
		},
		"handle": {
			"[@ann_b]", "([@ann])", "@5pm", "@", "a@b", "@ann.b", "@angular/core", "[@ann@social.example]", "@Override", "[@50cent]", "@@x", "[@ann]:", "[@ann].",
		},
	}
	for kind, texts := range cases {
		t.Run(kind, func(t *testing.T) {
			x := patterns(t)
			for _, marked := range texts {
				text := strings.NewReplacer("[::1]:80", "\x01", "[", "", "]", "").Replace(marked)
				text = strings.ReplaceAll(text, "\x01", "[::1]:80")
				var got strings.Builder
				at := 0
				for _, s := range x.Find(nil, text) {
					if x.About().Types[s.Type] == kind {
						got.WriteString(text[at:s.Start] + "[" + text[s.Start:s.End] + "]")
						at = int(s.End)
					}
				}
				got.WriteString(text[at:])
				if d := cmp.Diff(marked, got.String()); d != "" {
					t.Error(d)
				}
			}
		})
	}
	if len(cases) != len(patternTypes) {
		t.Errorf("%d types are shown of %d", len(cases), len(patternTypes))
	}
}

// TestOverlaps holds the order in which overlaps are settled.
func TestOverlaps(t *testing.T) {
	l := listOf(t, false, "ann@example.com", "example", "New York")
	desk := listOf(t, false, "example.com support desk", "old ann", "1111 units")
	cases := []struct {
		name, text string
		finders    []Finder
		types      []string
		want       []string
		covered    []string // with Config.Cover; nil: as want
	}{
		{"the longer one", "https://example.com/?m=ann@example.com", []Finder{NewPatterns()}, nil, []string{"url https://example.com/?m=ann@example.com"}, nil},
		{"what is not asked for does not hide", "https://example.com/?m=ann@example.com", []Finder{NewPatterns("email")}, []string{"email"}, []string{"email ann@example.com"}, nil},
		{"numbers compete all the same", "2024-01-02 4111 1111 1111 1111", []Finder{NewPatterns("phone")}, []string{"phone"}, nil, nil},
		{"lists first, where equally long", "ann@example.com", []Finder{l, NewPatterns()}, nil, []string{"term ann@example.com"}, nil},
		{"patterns first, where they are named first", "ann@example.com", []Finder{NewPatterns(), l}, nil, []string{"email ann@example.com"}, nil},
		{"a longer pattern over a term", "bob@example.com in new york", []Finder{l, NewPatterns()}, nil, []string{"email bob@example.com", "term new york"}, nil},
		{"a longer term, which was not asked for", "to ann@example.com support desk", []Finder{desk, NewPatterns()}, []string{"email"}, []string{"email ann@example.com"}, nil},
		{
			"a longer term, which was asked for", "to ann@example.com support desk",
			[]Finder{desk, NewPatterns()},
			nil,
			[]string{"term example.com support desk"},
			[]string{"term ann@example.com support desk"},
		},
		{
			"terms on both sides", "old ann@example.com support desk",
			[]Finder{desk, NewPatterns()},
			[]string{"email", "term"},
			[]string{"term old ann", "term example.com support desk"},
			[]string{"term old ann@example.com support desk"},
		},
		{
			"a term that numbers compete with", "4111 1111 1111 1111 units",
			[]Finder{desk, NewPatterns()},
			[]string{"phone", "term"},
			[]string{"term 1111 units"},
			nil,
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			covered := c.covered
			if covered == nil {
				covered = c.want
			}
			for cover, want := range map[bool][]string{false: c.want, true: covered} {
				x, err := New(Config{Finders: c.finders, Types: c.types, Cover: cover})
				if err != nil {
					t.Fatal(err)
				}
				var got []string
				for _, s := range x.Find(nil, c.text) {
					got = append(got, x.About().Types[s.Type]+" "+c.text[s.Start:s.End])
				}
				if d := cmp.Diff(want, got); d != "" {
					t.Errorf("cover %v: %s", cover, d)
				}
			}
		})
	}
}

// chain gives spans of which each overlaps the next.
type chain struct{ spans []Span }

func (chain) Types() []string                    { return []string{"a", "b"} }
func (chain) Version() string                    { return "" }
func (c chain) Find(dst []Span, _ string) []Span { return append(dst, c.spans...) }
func span(start, end, kind int32, conf float32) Span {
	return Span{Start: start, End: end, Type: kind, Confidence: conf}
}

func TestSettle(t *testing.T) {
	text := "0123456789é"
	cases := []struct {
		name string
		in   []Span
		want []Span
	}{
		{"a chain", []Span{span(0, 4, 0, 1), span(3, 8, 0, 1), span(7, 10, 0, 1)}, []Span{span(3, 8, 0, 1)}},
		{"the ends of a chain", []Span{span(0, 4, 0, 1), span(3, 6, 0, 1), span(5, 10, 0, 1)}, []Span{span(0, 4, 0, 1), span(5, 10, 0, 1)}},
		{"the type that stands first", []Span{span(1, 3, 1, 1), span(1, 3, 0, 1)}, []Span{span(1, 3, 0, 1)}},
		{"the same one twice", []Span{span(1, 3, 0, 1), span(1, 3, 0, 1)}, []Span{span(1, 3, 0, 1)}},
		{"out of order", []Span{span(5, 6, 0, 1), span(0, 1, 1, 1)}, []Span{span(0, 1, 1, 1), span(5, 6, 0, 1)}},
		{"unsure", []Span{span(0, 9, 0, 0.4), span(1, 2, 0, 0.6)}, []Span{span(1, 2, 0, 0.6)}},
		{"broken", []Span{span(-1, 2, 0, 1), span(3, 3, 0, 1), span(4, 99, 0, 1), span(5, 6, 2, 1), span(9, 11, 0, 1)}, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			x, err := New(Config{Finders: []Finder{chain{c.in}}, MinConfidence: new(0.5)})
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, x.Find(nil, text), cmpopts.EquateEmpty()); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestLong holds the scanners to a time that grows with the text, whatever it is made of.
func TestLong(t *testing.T) {
	x := patterns(t)
	for _, piece := range []string{"a.", "http://", "://a.b))))", "1-", "1 ", "1:", "a@", "@a", "#", "::", "1.1.1.1.", "+1(", "((1", "0a-", "$1,", "5 march ", "www.", "a@b.", "1/1/", "\xff@", "é@é.é"} {
		text := strings.Repeat(piece, 400_000/len(piece))
		begun := cpuTime()
		held(t, x, text, x.Find(nil, text))
		if took := cpuTime() - begun; took > 5*time.Second {
			t.Errorf("%q: %v", piece, took)
		}
	}
}
