package wordpiece

import (
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// reference is the tokenizer as one would write it down first: the whole text normalized, then split, then pieces from
// a map of strings.
type reference struct {
	ids map[string]uint32
}

func (r *reference) tokenize(text string) []uint32 {
	ids := []uint32{}
	for text != "" {
		at, special := len(text), ""
		for _, s := range []string{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"} {
			if i := strings.Index(text, s); i >= 0 && i < at {
				at, special = i, s
			}
		}
		for _, word := range split(normalizeAll(text[:at])) {
			ids = append(ids, r.pieces(word)...)
		}
		if special != "" {
			ids = append(ids, r.ids[special])
		}
		text = text[at+len(special):]
	}
	return ids
}

func normalizeAll(text string) string {
	type char struct {
		r     rune
		class uint16
	}
	var out []char
	c := unicodes()
	add := func(r rune) {
		var class uint16
		if r >= utf8.RuneSelf {
			if v := c.value(r); v >= combining && v < mapped {
				class = v - combining
			}
		}
		i := len(out)
		for class > 0 && i > 0 && out[i-1].class > class {
			i--
		}
		out = slices.Insert(out, i, char{r, class})
	}
	for _, r := range text {
		if r < utf8.RuneSelf {
			switch class[r] {
			case classControl:
			case classSpace:
				add(' ')
			case classPunct:
				add(' ')
				add(r)
				add(' ')
			default:
				add([]rune(strings.ToLower(string(r)))[0])
			}
			continue
		}
		switch v := c.value(r); {
		case v == keep, v >= combining && v < mapped:
			add(r)
		case v == removeEnd: // stands between marks without being there
			out = append(out, char{-1, 0})
		case v == space:
			add(' ')
		case v == alone:
			add(' ')
			add(r)
			add(' ')
		case v == hangul:
			var n normalizer
			n.hangul(r)
			for _, j := range string(n.out) {
				add(j)
			}
		case v >= mapped:
			for _, m := range c.mapping(v) {
				add(m)
			}
		}
	}
	var b strings.Builder
	for _, ch := range out {
		if ch.r >= 0 {
			b.WriteRune(ch.r)
		}
	}
	return b.String()
}

func split(text string) []string {
	var spaced strings.Builder
	for _, r := range text {
		if r < utf8.RuneSelf && class[r] == classPunct {
			spaced.WriteString(" " + string(r) + " ")
		} else {
			spaced.WriteRune(r)
		}
	}
	return strings.FieldsFunc(spaced.String(), func(r rune) bool { return r == ' ' })
}

func (r *reference) pieces(word string) []uint32 {
	unknown := []uint32{r.ids["[UNK]"]}
	if utf8.RuneCountInString(word) > 100 {
		return unknown
	}
	var ids []uint32
	for prefix := ""; word != ""; prefix = "##" {
		n := len(word)
		for n > 0 {
			if id, ok := r.ids[prefix+word[:n]]; ok {
				ids = append(ids, id)
				break
			}
			n--
		}
		if n == 0 {
			return unknown
		}
		word = word[n:]
	}
	return ids
}

func bothTokenizers(t testing.TB) (*Tokenizer, *reference) {
	vocab, err := os.ReadFile("../static/table/vocab.txt")
	if err != nil {
		t.Fatal(err)
	}
	tok, err := FromVocab(string(vocab))
	if err != nil {
		t.Fatal(err)
	}
	ref := &reference{ids: map[string]uint32{}}
	for id, token := range strings.Split(strings.TrimSpace(string(vocab)), "\n") {
		ref.ids[token] = uint32(id)
	}
	return tok, ref
}

// check tokenizes a text alone, from an exact-size buffer, and behind and before others.
func check(t interface{ Fatalf(string, ...any) }, tok *Tokenizer, ref *reference, s *Scratch, text string) {
	want := ref.tokenize(text)
	exact := make([]byte, len(text))
	copy(exact, text)
	if got := tok.Tokenize([]uint32{}, exact, s); !slices.Equal(want, got) {
		t.Fatalf("%+q\nwant %v\ngot  %v", text, want, got)
	}
	if got := tok.Tokenize([]uint32{7}, exact, new(Scratch)); !slices.Equal(want, got[1:]) || got[0] != 7 {
		t.Fatalf("%+q: appended to another, with a new scratch: %v, want %v", text, got, want)
	}
}

func TestAgainstReference(t *testing.T) {
	tok, ref := bothTokenizers(t)
	s := new(Scratch)
	piece := rapid.OneOf(
		rapid.SampledFrom([]string{"[CLS]", "[MASK]", "[UNK", "card", "Unaffable", "antidisestablishment", "é", "e\u0301", "가", "日本", " ", "\n", "\x00", "\xff", "'", "\u1b44\u302e", "\u0300"}),
		rapid.StringN(0, 6, -1), rapid.StringMatching(`[a-zA-Z0-9]{1,30}`), rapid.StringMatching(`[ -~]{1,20}`))
	rapid.Check(t, func(rt *rapid.T) {
		check(rt, tok, ref, s, strings.Join(rapid.SliceOfN(piece, 0, 30).Draw(rt, "text"), ""))
	})
	for _, long := range []string{
		strings.Repeat("日本", 20000), strings.Repeat("é", 9000), strings.Repeat("x", 9000), strings.Repeat("é\u00a0", 9000),
		strings.Repeat("word ", 9000), strings.Repeat("\u0301", 9000), strings.Repeat("\u1b44", 300), strings.Repeat("[CLS]é", 900),
	} {
		check(t, tok, ref, s, long)
	}
}

func FuzzTokenize(f *testing.F) {
	tok, ref := bothTokenizers(f)
	s := new(Scratch)
	for _, seed := range []string{"I still haven't received my card!", "Où est l’été ? 日本語 [CLS]é[SEP]", "\xff\x00ab\x7fcd", "İ ẞ ﬁ 각 \u1b44\u0300\u302e"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) { check(t, tok, ref, s, text) })
}

func TestNoAllocations(t *testing.T) {
	tok, _ := bothTokenizers(t)
	s := new(Scratch)
	text := []byte("Où est ma carte? Antidisestablishmentarianism, " + strings.Repeat("z", 101) + " 日本語 unaffable [MASK]")
	ids := make([]uint32, 0, 1000)
	if n := testing.AllocsPerRun(100, func() { ids = tok.Tokenize(ids[:0], text, s) }); n != 0 {
		t.Errorf("%v allocations a text, want none", n)
	}
}
