package entity

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/words"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// found are the parts of a text that a list finds.
func found(l *List, text string) []string {
	var out []string
	for _, s := range l.Find(nil, text) {
		out = append(out, text[s.Start:s.End])
	}
	return out
}

func listOf(t testing.TB, exact bool, terms ...string) *List {
	t.Helper()
	l := NewList(exact)
	for _, term := range terms {
		if _, err := l.Add(Term{Text: term, Type: "term"}); err != nil {
			t.Fatal(err)
		}
	}
	return l
}

func TestListFind(t *testing.T) {
	cases := []struct {
		name  string
		terms []string
		text  string
		want  []string
	}{
		{"a word", []string{"apple"}, "an Apple a day, APPLES not, pineapple not", []string{"Apple"}},
		{"the longest", []string{"new", "new york", "new york times"}, "The New York Times of New York is new.", []string{"New York Times", "New York", "new"}},
		{"a longer one that does not end", []string{"new york city hall", "new"}, "new york city council", []string{"new"}},
		{"leftmost", []string{"a b", "b c d"}, "a b c d", []string{"a b"}},
		{"white space", []string{"new york"}, "new\n  york new york newyork", []string{"new\n  york", "new york"}},
		{"signs", []string{"C++", "AT&T", ".NET", "node.js"}, "C++ at AT&T on .NET and Node.js, not ASP.NET", []string{"C++", "AT&T", ".NET", "Node.js"}},
		{"folding", []string{"STRASSE", "straße", "ΣΊΣΥΦΟΣ", "k"}, "Straße STRAẞE strasse σίσυφος K", []string{"Straße", "STRAẞE", "strasse", "σίσυφος", "K"}},
		{"marks belong to their letter", []string{"cafe"}, "cafe\u0301 cafe", []string{"cafe"}},
		{"apostrophes", []string{"don't", "o'brien"}, "Don't ask O'Brien's", []string{"Don't"}},
		{"numbers", []string{"3.5"}, "3.5 and 3.55 and 13.5", []string{"3.5"}},
		{"signs beside", []string{"acme"}, "(acme), \"Acme\"! acme-x acme_x", []string{"acme", "Acme", "acme"}},
		{"CJK", []string{"東京"}, "東京", []string{"東京"}},
		{"nothing", []string{"x"}, "", nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, found(listOf(t, false, c.terms...), c.text)); diff != "" {
				t.Error(diff)
			}
		})
	}
	if got := found(listOf(t, true, "Apple"), "apple Apple APPLE"); !cmp.Equal(got, []string{"Apple"}) {
		t.Errorf("with case: %q", got)
	}
}

// naive finds terms by trying each at each word boundary.
func naive(terms []string, text string, exact bool) []string {
	var bounds []int
	for it := words.FromString(text); it.Next(); {
		bounds = append(bounds, it.Start())
	}
	bounds = append(bounds, len(text))
	fold := func(s string) string {
		if exact {
			return s
		}
		return strings.Map(foldRune, s)
	}
	plain := func(s string) string { return fold(strings.Join(strings.Fields(s), " ")) }
	var out []string
	for i := 0; i < len(bounds)-1; {
		next := i + 1
		if spaceRune(text, bounds[i]) == 0 {
			for k := i + 1; k < len(bounds); k++ {
				part := text[bounds[i]:bounds[k]]
				if strings.TrimSpace(part) != part {
					continue
				}
				for _, term := range terms {
					if plain(term) == plain(part) {
						next = k
					}
				}
			}
			if next > i+1 || contains(terms, text[bounds[i]:bounds[next]], plain) {
				out = append(out, text[bounds[i]:bounds[next]])
			}
		}
		i = next
	}
	return out
}

func contains(terms []string, part string, plain func(string) string) bool {
	for _, term := range terms {
		if plain(term) == plain(part) {
			return true
		}
	}
	return false
}

// TestListLikeNaive holds a list to what trying every term at every place gives.
func TestListLikeNaive(t *testing.T) {
	alphabet := []string{"a", "A", "b", "B", "ß", "ẞ", "é", "e\u0301", " ", " ", "  ", "\n", ".", "'", ":", ",", "-", "_", "1", "2", "K", "k", "世", "\u00a0", "🇩", "🇪", "ſ", "s"}
	word := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(rapid.SampledFrom(alphabet), 1, 6).Draw(t, "parts"), "")
	})
	rapid.Check(t, func(t *rapid.T) {
		exact := rapid.Bool().Draw(t, "exact")
		l := NewList(exact)
		var terms []string
		for _, term := range rapid.SliceOfN(word, 1, 12).Draw(t, "terms") {
			if strings.TrimSpace(term) == "" {
				continue
			}
			if _, err := l.Add(Term{Text: term, Type: "x"}); err != nil {
				t.Fatal(err)
			}
			terms = append(terms, term)
		}
		text := strings.Join(rapid.SliceOfN(rapid.OneOf(word, rapid.SampledFrom(append([]string{" "}, terms...))), 0, 12).Draw(t, "text"), "")
		if diff := cmp.Diff(naive(terms, text, exact), found(l, text)); diff != "" {
			t.Fatalf("terms %q in %q: %s", terms, text, diff)
		}
	})
}

// TestWordsLikeUnicode holds the short way over ASCII to the annex's own rules.
func TestWordsLikeUnicode(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.RuneFrom([]rune("ab1.,:;'_ \r\n\t-é\u0301\u00ad世🇩\u200d")), 0, 20, -1).Draw(t, "text")
		at := 0
		for it := words.FromString(text); it.Next(); {
			end, hash := nextWord(text, at, false)
			if want := hashFolded(text[at:end], false); hash != want {
				t.Fatalf("%q: the segment from %d has the hash %x, want %x", text, at, hash, want)
			}
			if end != it.End() {
				t.Fatalf("%q: the segment from %d ends at %d, want %d", text, at, end, it.End())
			}
			at = end
		}
	})
}

func FuzzList(f *testing.F) {
	f.Add("new york\nacme\nc++", "New York of ACME in C++", false)
	f.Add("a\xff\nb", "\xff\xfe a\xff b", true)
	f.Add("k\nſs", "K ß ſs\u0301", false)
	f.Fuzz(func(t *testing.T, terms, text string, exact bool) {
		l := NewList(exact)
		for _, term := range strings.Split(terms, "\n") {
			_, _ = l.Add(Term{Text: term, Type: "x"}) // what can't be one is refused
		}
		x, err := New(Config{Finders: []Finder{l, NewPatterns()}})
		if err != nil {
			t.Fatal(err)
		}
		held(t, x, text, x.Find(nil, text))
	})
}

func TestListFiles(t *testing.T) {
	dir := t.TempDir()
	cases := []struct {
		file, content string
		want          Loaded
		wrong         []string // code, place and message of each mistake
	}{
		{"people.txt", "\xEF\xBB\xBFAda Lovelace\r\n\nAlan Turing\nada  lovelace\n", Loaded{2, 1, []int64{4}}, nil},
		{"a.csv", "id,term,note,type\nQ1,Ada,x,person\nQ2,\"IBM, Inc.\",,org\n", Loaded{Terms: 2}, nil},
		{"a.tsv", "term\ttype\nfoo\tbar\n", Loaded{Terms: 1}, nil},
		{"a.jsonl", `{"term":"Ada","type":"person","id":7}` + "\n\n" + `{"id":null,"term":"IBM"}` + "\n", Loaded{Terms: 2}, nil},
		{"bad.jsonl", "{\"term\":\"a\"}\n{\"term\":\nnull\n{\"term\":1}\n{\"term\":\"b\",\"type\":[]}\n{\"term\":\" \"}\n", Loaded{Terms: 1}, []string{
			"bad.jsonl:2: the line is not a JSON object", "bad.jsonl:3: the line is not a JSON object", `bad.jsonl:4: the object has no text "term"`,
			`bad.jsonl:5: "type" is not a text`, "bad.jsonl:6: a term is empty",
		}},
		{"bad.csv", "term,type\na,b\n\"c,d\n", Loaded{Terms: 1}, []string{`bad.csv:3: the CSV is damaged: extraneous or missing " in quoted-field`}},
		{"ragged.csv", "term,type\na,b,c\n", Loaded{}, []string{"ragged.csv:2: the CSV is damaged: wrong number of fields"}},
		{"head.csv", "name,kind\na,b\n", Loaded{}, []string{"head.csv:1: the header has no column term; its columns are name, kind", "head.csv: the list has no terms"}[:1]},
		{"empty.txt", "\n\n", Loaded{}, []string{"empty.txt: the list has no terms"}},
		{"latin.txt", "caf\xe9\n", Loaded{}, []string{"latin.txt:1: a term is not UTF-8"}},
		{"long.txt", strings.Repeat("x", 1001) + "\n" + strings.Repeat("a ", 65) + "\n", Loaded{}, []string{
			"long.txt:1: a term is longer than 1000 bytes", "long.txt:2: a term has more than 64 words and signs",
		}},
		{"many.jsonl", strings.Repeat("x\n", 13), Loaded{}, append(slicesOf(10, func(i int) string {
			return fmt.Sprintf("many.jsonl:%d: the line is not a JSON object", i+1)
		}), "many.jsonl: 3 more mistakes")},
	}
	for _, c := range cases {
		t.Run(c.file, func(t *testing.T) {
			path := filepath.Join(dir, c.file)
			if err := os.WriteFile(path, []byte(c.content), 0o644); err != nil {
				t.Fatal(err)
			}
			l := NewList(false)
			got, err := l.Load(Source{Path: path})
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
			var wrong []string
			for _, e := range fault.List(err) {
				place := filepath.Base(e.Where.File)
				if e.Where.Line > 0 {
					place = fmt.Sprintf("%s:%d", place, e.Where.Line)
				}
				if e.Code != fault.EntitiesList {
					t.Errorf("code %s", e.Code.ID)
				}
				wrong = append(wrong, place+": "+e.What)
			}
			if diff := cmp.Diff(c.wrong, wrong); diff != "" {
				t.Error(diff)
			}
		})
	}
	if _, err := NewList(false).Load(Source{Path: filepath.Join(dir, "none.txt")}); !fault.Is(err, fault.InputMissing) {
		t.Errorf("a missing file: %v", err)
	}
}

func slicesOf(n int, f func(int) string) []string {
	var all []string
	for i := range n {
		all = append(all, f(i))
	}
	return all
}

func TestListIDs(t *testing.T) {
	l := NewList(false)
	for _, term := range []Term{{"Ada", "person", ""}, {"IBM", "org", "Q37156"}, {"Bonn", "place", ""}} {
		if _, err := l.Add(term); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for _, s := range l.Find(nil, "Ada left IBM for Bonn") {
		got = append(got, l.Types()[s.Type]+" "+s.ID)
	}
	if diff := cmp.Diff([]string{"person ", "org Q37156", "place "}, got); diff != "" {
		t.Error(diff)
	}
}

// million is a million terms of one to three words, and a text of other words for the most part: of a hundred, share begin
// a term, and twice as many may.
func million(tb testing.TB, share int) (terms []string, text string) {
	tb.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	vocabulary := make([]string, 0, 300_000)
	for known := make(map[string]bool); len(vocabulary) < cap(vocabulary); {
		var b strings.Builder
		for range 3 + r.IntN(8) {
			b.WriteByte("etaoinshrdlucmfwypvbgkjqxz"[min(r.IntN(26), r.IntN(26))])
		}
		if !known[b.String()] {
			known[b.String()] = true
			vocabulary = append(vocabulary, b.String())
		}
	}
	common := vocabulary[:20_000] // words of the text alone
	rare := vocabulary[len(common):]
	word := func() string { return rare[min(r.IntN(len(rare)), r.IntN(len(rare)))] }
	for seen := make(map[string]bool, 1_000_000); len(seen) < 1_000_000; {
		term := word() + " " + word()
		switch r.IntN(8) {
		case 0:
			term = word()
		case 1, 2, 3:
			term += " " + word()
		}
		if !seen[term] {
			seen[term] = true
			terms = append(terms, term)
		}
	}
	var b strings.Builder
	for b.Len() < 8<<20 {
		switch n := r.IntN(100); {
		case n < share:
			b.WriteString(terms[r.IntN(len(terms))])
		case n < 3*share:
			b.WriteString(word())
		default:
			b.WriteString(common[min(r.IntN(len(common)), r.IntN(len(common)), r.IntN(len(common)))])
		}
		b.WriteString([]string{" ", " ", " ", ", ", ".\n"}[r.IntN(5)])
	}
	return terms, b.String()
}

func BenchmarkList(b *testing.B) {
	terms, text := million(b, 1)
	_, dense := million(b, 5)
	file := strings.Join(terms, "\n")
	load := func() *List {
		l := NewList(false)
		if _, err := l.Read(strings.NewReader(file), Source{Path: "terms.txt"}); err != nil {
			b.Fatal(err)
		}
		return l
	}
	b.Run("load", func(b *testing.B) {
		begun := cpuTime()
		for b.Loop() {
			load()
		}
		b.ReportMetric((cpuTime()-begun).Seconds()/float64(b.N), "cpu-s/op")
	})
	var before, after runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&before)
	l := load()
	runtime.GC()
	runtime.ReadMemStats(&after)
	for _, c := range []struct{ name, text string }{{"find", text}, {"dense", dense}} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(c.text)))
			b.ReportAllocs()
			spans := l.Find(nil, c.text)
			begun := cpuTime()
			for b.Loop() {
				spans = l.Find(spans[:0], c.text)
			}
			reportCPU(b, begun, len(c.text))
			b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/(1<<20), "list-MiB")
			b.ReportMetric(float64(len(c.text))/float64(len(spans)), "bytes/span")
		})
	}
	b.Run("none", func(b *testing.B) { // no word of the text begins a term
		text := strings.Repeat("zyxwv UTSRQ ponml kjihg, fedcb-azyxw vutsr. ", 1000)
		b.SetBytes(int64(len(text)))
		var spans []Span
		begun := cpuTime()
		for b.Loop() {
			spans = l.Find(spans[:0], text)
		}
		reportCPU(b, begun, len(text))
	})
}

func TestListAllocations(t *testing.T) {
	l := listOf(t, false, "straße", "new york", "acme", "Жизнь")
	text := "STRASSE straße new  york ACME жизнь! " + strings.Repeat("x", utf8.UTFMax)
	spans := make([]Span, 0, 16)
	if n := testing.AllocsPerRun(100, func() { spans = l.Find(spans[:0], text) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
