package head

import (
	"math"
	"unicode"
	"unicode/utf8"
)

// shape says which n-grams are cut out of a text.
type shape struct {
	Words   int  // word n-grams of 1 to Words words
	Pairs   int  // pairs of words that are at most so many words apart, beside the n-grams; 0 for none
	CharLow int  // character n-grams of CharLow …
	CharTop int  // … to CharTop characters; 0 for none
	Within  bool // character n-grams end at the ends of words, rather than run over them
}

// View is a kind of feature: each has its own length of 1 in a row, and a weight of its own.
const (
	viewWord = iota
	viewChar
	views
)

// maxCut is how much of a text n-grams are cut from, in bytes. Its static vector is of all of it.
const maxCut = 32 << 10

// cutter cuts texts into hashed n-grams. It belongs to one goroutine; the zero cutter is ready to use.
type cutter struct {
	runes []rune          // the text in lower case: words and punctuation characters, each with a space before it, and one at the end
	ends  []int32         // of the words in runes
	words []uint64        // hashes of the words
	grams [views][]uint32 // hashed n-grams of each view, as often as they occur
}

// Characters by what they do to words.
const (
	charSpace = iota
	charWord
	charMark // a word by itself
)

// asciiChar has the class of ASCII characters in the upper half of each byte pair and the lower-case form below.
var asciiChar = func() (t [utf8.RuneSelf]struct{ class, low byte }) {
	for b := range t {
		r := rune(b)
		t[b].class, t[b].low = charMark, byte(unicode.ToLower(r))
		switch {
		case r <= ' ' || r == 0x7f:
			t[b].class = charSpace
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			t[b].class = charWord
		}
	}
	return t
}()

// cut fills c.grams from a text.
func (c *cutter) cut(text []byte, sh *shape) {
	if len(text) > maxCut {
		text = text[:maxCut]
	}
	c.split(text)
	c.grams[viewWord] = c.wordGrams(c.grams[viewWord][:0], sh)
	c.grams[viewChar] = c.charGrams(c.grams[viewChar][:0], sh)
}

// split finds the words.
func (c *cutter) split(text []byte) {
	c.runes, c.ends, c.words = append(c.runes[:0], ' '), c.ends[:0], c.words[:0]
	const none = 0
	h := uint64(none) // of the word at hand
	end := func() {
		if h != none {
			c.runes = append(c.runes, ' ')
			c.ends = append(c.ends, int32(len(c.runes)-1))
			c.words = append(c.words, h)
			h = none
		}
	}
	for i := 0; i < len(text); {
		var class byte
		var low rune
		if b := text[i]; b < utf8.RuneSelf {
			class, low = asciiChar[b].class, rune(asciiChar[b].low)
			i++
		} else {
			r, size := utf8.DecodeRune(text[i:])
			class, low = classOf(r)
			i += size
		}
		if class != charWord {
			end()
		}
		if class == charSpace {
			continue
		}
		if h == none {
			h = seedWord
		}
		h = step(h, low)
		c.runes = append(c.runes, low)
		if class == charMark {
			end()
		}
	}
	end()
}

// classOf is the class of a character beyond ASCII, and its lower-case form. Characters of scripts without spaces are
// words by themselves.
func classOf(r rune) (byte, rune) {
	switch {
	case unicode.IsSpace(r) || unicode.IsControl(r) || r == utf8.RuneError:
		return charSpace, ' '
	case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai):
		return charMark, r
	case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r):
		return charWord, unicode.ToLower(r)
	default:
		return charMark, r
	}
}

// Hashes begin with different seeds, so that an n-gram of words is never one of characters.
const (
	seedWord = 0x9e3779b97f4a7c15
	seedPair = 0xc2b2ae3d27d4eb4f
	seedChar = 0x165667b19e3779f9
)

// step takes one more character, or the hash of a word, into a hash.
func step[T rune | uint64](h uint64, x T) uint64 {
	h = (h ^ uint64(x)) * 0x9fb21c651e98df25
	return h ^ h>>29
}

// bucket is what a hash is known by.
func bucket(h uint64) uint32 { return uint32((h * 0xd6e8feb86659fd93) >> (64 - bucketBits)) }

// bucketBits bounds the n-grams that are told apart: 4 million. Of 100,000 different ones, 1 in 80 shares its bucket.
const (
	bucketBits = 22
	buckets    = 1 << bucketBits
)

func (c *cutter) wordGrams(out []uint32, sh *shape) []uint32 {
	for i, w := range c.words {
		h := w
		out = append(out, bucket(h))
		for k := 1; k < sh.Words && i+k < len(c.words); k++ {
			h = step(h, c.words[i+k])
			out = append(out, bucket(h))
		}
		for k := 2; k <= sh.Pairs && i+k < len(c.words); k++ {
			out = append(out, bucket(step(step(seedPair, w), c.words[i+k])))
		}
	}
	return out
}

func (c *cutter) charGrams(out []uint32, sh *shape) []uint32 {
	if sh.CharTop == 0 {
		return out
	}
	word, end := 0, len(c.runes)
	for i := range c.runes {
		if sh.Within {
			for word < len(c.ends) && int(c.ends[word]) < i+1 {
				word++
			}
			if word == len(c.ends) {
				break
			}
			end = int(c.ends[word]) + 1
		}
		h := uint64(seedChar)
		for k := 0; k < sh.CharTop && i+k < end; k++ {
			h = step(h, c.runes[i+k])
			if k+1 >= sh.CharLow {
				out = append(out, bucket(h))
			}
		}
	}
	return out
}

// damped is the weight of an n-gram that occurs so often in a text: 1+ln(count), as in Salton and Buckley 1988.
var damped = func() (t [256]float32) {
	for n := range t {
		t[n] = float32(math.Round((1+math.Log(float64(max(n, 1))))*1e6) / 1e6)
	}
	return t
}()
