package dictionary_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/classify/linear/fasttext/dictionary"
)

func entries(texts ...string) (list []dictionary.Entry) {
	for _, t := range texts {
		list = append(list, dictionary.Entry{Text: t, Count: 1})
	}
	return list
}

func newDictionary(t testing.TB, o dictionary.Options, kept map[int32]int32) *dictionary.Dictionary {
	t.Helper()
	d, err := dictionary.New(o, entries("</s>", "card", "über", "money"), entries("__label__a", "__label__b"), kept)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestHash(t *testing.T) {
	// FNV-1a of ASCII is the published one; other bytes are extended as signed numbers, worked out by hand.
	for text, want := range map[string]uint32{"": 2166136261, "a": 0xe40c292c, "foobar": 0xbf9cf968} {
		if got := dictionary.Hash(text); got != want {
			t.Errorf("%q: %#x, want %#x", text, got, want)
		}
	}
	h := uint32(2166136261)
	h = (h ^ 0xffffffff) * 16777619
	if got := dictionary.Hash("\xff"); got != h {
		t.Errorf("byte 255: %#x, want %#x", got, h)
	}
}

func TestRead(t *testing.T) {
	d := newDictionary(t, dictionary.Options{}, nil)
	for _, c := range []struct {
		text          string
		rows, labels  []int32
		tokens, known int
	}{
		{"", []int32{0}, nil, 1, 0},
		{"card", []int32{1, 0}, nil, 2, 1},
		{"\x00card\vmoney\fcard\r\n\tx", []int32{1, 3, 1, 0}, nil, 5, 3},
		{"card </s> money", []int32{1, 0}, nil, 2, 1},
		{"__label__b card __label__z", []int32{1, 0}, []int32{1}, 4, 1},
		{"card\u00a0money über", []int32{2, 0}, nil, 3, 1},
		{"</s>card", []int32{0}, nil, 2, 0},
	} {
		var l dictionary.Line
		d.Read(&l, []byte(c.text), 0)
		if !slices.Equal(c.rows, l.Rows) || !slices.Equal(c.labels, l.Labels) || c.tokens != l.Tokens || c.known != l.Known || l.Size != len(l.Rows) {
			t.Errorf("%q: %+v", c.text, l)
		}
	}
}

// subwords are the n-grams of <word> as the paper describes them, by code points.
func subwords(word string, least, most int) (list []string) {
	r := []rune("<" + word + ">")
	for i := range r {
		for n := 1; n <= most && i+n <= len(r); n++ {
			if n >= least && (n > 1 || i > 0 && i+n < len(r)) {
				list = append(list, string(r[i:i+n]))
			}
		}
	}
	return list
}

func TestSubwords(t *testing.T) {
	const bucket = 97
	for _, o := range []dictionary.Options{{MinN: 2, MaxN: 4, Bucket: bucket}, {MinN: 1, MaxN: 1, Bucket: bucket}, {MaxN: 3, Bucket: bucket}, {MinN: 5, MaxN: 3, Bucket: bucket}} {
		d := newDictionary(t, o, nil)
		for i, word := range []string{"card", "über", "卡片x", "money", "q"} {
			var want []int32
			for _, s := range subwords(word, o.MinN, o.MaxN) {
				want = append(want, 4+int32(dictionary.Hash(s)%bucket))
			}
			known := d.Find([]byte(word))
			var l dictionary.Line
			d.Read(&l, []byte(word), 0)
			if known >= 0 {
				want = append([]int32{known}, want...)
			}
			if got := l.Rows[:len(l.Rows)-1]; !slices.Equal(want, got) {
				t.Errorf("%+v %d %s: %v, want %v", o, i, word, got, want)
			}
			// Folded, a known word is one row, and Size is what it was.
			size := l.Size
			d.Read(&l, []byte(word), 4)
			if l.Size != size || known >= 0 && !slices.Equal(l.Rows, []int32{known, 0}) {
				t.Errorf("%+v %s folded: %+v", o, word, l)
			}
		}
	}
}

// TestWordNgrams follows the arithmetic of the paper's code: signed hashes in an unsigned sum.
func TestWordNgrams(t *testing.T) {
	d := newDictionary(t, dictionary.Options{WordNgrams: 3, Bucket: 1000}, nil)
	var l dictionary.Line
	d.Read(&l, []byte("card zzz"), 0)
	hash := func(s string) uint64 { return uint64(int64(int32(dictionary.Hash(s)))) }
	a, b, c := hash("card"), hash("zzz"), hash("</s>")
	const k = 116049371
	row := func(h uint64) int32 { return 4 + int32(h%1000) }
	want := []int32{1, 0, row(a*k + b), row((a*k+b)*k + c), row(b*k + c)}
	if diff := cmp.Diff(want, l.Rows); diff != "" || l.Known != 1 {
		t.Error(diff, l.Known)
	}
}

func TestPruned(t *testing.T) {
	o := dictionary.Options{MinN: 3, MaxN: 3, Bucket: 50}
	all := newDictionary(t, o, nil)
	var l dictionary.Line
	all.Read(&l, []byte("zebra"), 0)
	first := l.Rows[0] - 4
	d := newDictionary(t, o, map[int32]int32{first: 0})
	d.Read(&l, []byte("zebra qqq"), 0)
	if l.Rows[0] != 4 || d.Rows() != 5 || l.Known < 1 {
		t.Errorf("%+v of %d rows", l, d.Rows())
	}
	none := newDictionary(t, o, map[int32]int32{})
	none.Read(&l, []byte("zebra card"), 0)
	if diff := cmp.Diff([]int32{1, 0}, l.Rows); diff != "" || l.Known != 1 || none.Rows() != 4 {
		t.Error(diff, l.Known)
	}
}

func TestRefused(t *testing.T) {
	for want, f := range map[string]func() error{
		"-1 buckets": func() error { _, err := dictionary.New(dictionary.Options{Bucket: -1}, nil, nil, nil); return err },
		"there are n-grams, but no buckets for them": func() error { _, err := dictionary.New(dictionary.Options{MaxN: 2}, nil, nil, nil); return err },
		"pruned bucket 3 has row 7 of 1": func() error {
			_, err := dictionary.New(dictionary.Options{MaxN: 2, Bucket: 9}, nil, nil, map[int32]int32{3: 7})
			return err
		},
	} {
		if err := f(); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// TestTwice: of two equal entries the later one counts.
func TestTwice(t *testing.T) {
	d, err := dictionary.New(dictionary.Options{}, entries("a", "b", "a"), entries("__label__x", "b"), nil)
	if err != nil || d.Find([]byte("a")) != 2 || d.Find([]byte("b")) != 4 {
		t.Error(err, d.Find([]byte("a")), d.Find([]byte("b")))
	}
}

// TestMany looks every one of many words up, and others.
func TestMany(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var words []dictionary.Entry
	for i := range 20000 {
		words = append(words, dictionary.Entry{Text: fmt.Sprint(i, strings.Repeat("x", r.IntN(5)))})
	}
	d, err := dictionary.New(dictionary.Options{}, words, entries("__label__x"), nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, w := range words {
		if got := d.Find([]byte(w.Text)); got != int32(i) {
			t.Fatalf("%s: %d, want %d", w.Text, got, i)
		}
		if got := d.Find([]byte("y" + w.Text)); got != -1 {
			t.Fatalf("y%s: %d", w.Text, got)
		}
	}
}

// A line stands for the rows of its words and of the pairs of them.
func ExampleDictionary_Read() {
	d, err := dictionary.New(dictionary.Options{WordNgrams: 2, Bucket: 10}, entries("</s>", "my", "card"), entries("__label__bank"), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	var l dictionary.Line
	d.Read(&l, []byte("my new card"), 0)
	fmt.Println(l.Rows[:3], len(l.Rows), l.Tokens, l.Known)
	// Output: [1 2 0] 6 4 2
}
