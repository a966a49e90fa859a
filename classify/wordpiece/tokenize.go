package wordpiece

import (
	"math/bits"
	"unicode/utf8"
)

// Scratch is what one goroutine needs to tokenize: buffers and a cache of words that were cut into pieces. It belongs
// to one Tokenizer. The zero Scratch is ready to use; it grows to about 170 KiB.
type Scratch struct {
	norm   normalizer
	word   []byte
	recent [recentSize]slot // words of one token, each in its only place
	cache  [cacheSize]cached
}

// recentSize slots are 64 KiB: the words that a stream repeats lie close together here, while the index proper is spread
// over 1 MiB.
const (
	recentBits = 12
	recentSize = 1 << recentBits
)

const (
	ones  = 0x0101010101010101
	highs = 0x80 * ones
)

// Tokenize appends the ids of text to dst and returns it. It keeps no reference to text.
func (t *Tokenizer) Tokenize(dst []uint32, text []byte, s *Scratch) []uint32 {
	for i := 0; i < len(text); {
		// The first 8 bytes of a word, in lower case and zero-padded, and how many of them belong to it.
		var w uint64
		if i+8 <= len(text) {
			w = load64(text[i:])
		} else {
			w = tail(text, i)
		}
		in, lo := letters(w)
		n := bits.TrailingZeros64(^in&highs) / 8
		lo &= first(n)
		// The common case by far, without a call: a recent word of up to 7 letters with a space behind it.
		if end := i + n; n < 8 && n > 0 && end < len(text) && text[end] == ' ' {
			if e := &s.recent[mix(lo, 0)>>(64-recentBits)]; e.lo == lo && e.hi == 0 {
				dst = append(dst, e.id)
				i = end + 1
				continue
			}
		}
		dst, i = t.word(dst, text, i, lo, n, s)
	}
	return dst
}

// word appends the ids of whatever begins at text[start:]: a word of which n letters are in lo, white space, a
// punctuation character, or a stretch that needs the normalizer. It returns where that ends.
func (t *Tokenizer) word(dst []uint32, text []byte, start int, lo uint64, n int, s *Scratch) ([]uint32, int) {
	if n == 0 {
		switch class[text[start]] {
		case classSpace:
			return dst, start + 1
		case classPunct:
			return t.punct(dst, text, start)
		default:
			return t.segment(dst, text, start, s)
		}
	}
	var hi uint64
	i := start + n
	if n == 8 && i < len(text) {
		var in uint64
		in, hi = letters(tail(text, i))
		n = bits.TrailingZeros64(^in&highs) / 8
		hi &= first(n)
		i += n
		if n == 8 {
			for i < len(text) && class[text[i]] == classWord {
				i++
			}
		}
	}
	if i < len(text) && class[text[i]] >= classControl { // the word goes on in a way that needs the normalizer
		return t.segment(dst, text, start, s)
	}
	dst = t.ascii(dst, text[start:i], lo, hi, s)
	if i < len(text) && class[text[i]] == classSpace {
		i++
	}
	return dst, i
}

// tail reads up to 8 bytes at text[i:], zero-padded.
func tail(text []byte, i int) (w uint64) {
	switch {
	case i+8 <= len(text):
		return load64(text[i:])
	case len(text) >= 8:
		return load64(text[len(text)-8:]) >> (8 * uint(i+8-len(text)) & 63)
	}
	for j := len(text) - 1; j >= i; j-- {
		w = w<<8 | uint64(text[j])
	}
	return w
}

// letters finds the ASCII letters and digits among 8 bytes: the top bit of each byte of in says so. Low is the bytes
// with those letters in lower case.
func letters(w uint64) (in, low uint64) {
	// Adding can't carry from byte to byte, since the top bits were cleared.
	x := w &^ uint64(highs)
	l := x | 0x20*ones
	alpha := (l + (0x80-'a')*ones) &^ (l + (0x7f-'z')*ones)
	digit := (x + (0x80-'0')*ones) &^ (x + (0x7f-'9')*ones)
	return (alpha | digit) &^ w & highs, w | (alpha&highs)>>2
}

// ascii appends the ids of an ASCII word; lo and hi hold its first 16 bytes in lower case.
func (t *Tokenizer) ascii(dst []uint32, word []byte, lo, hi uint64, s *Scratch) []uint32 {
	if len(word) <= 16 {
		return t.whole(dst, lo, hi, len(word), s)
	}
	if len(word) > t.maxRunes {
		return append(dst, t.unknown)
	}
	s.norm.reset()
	for _, b := range word {
		s.norm.out = append(s.norm.out, lower[b])
	}
	return t.wordPiece(dst, s.norm.out, s)
}

// punct appends the id of the punctuation character or special token at text[i:] and returns where it ends.
func (t *Tokenizer) punct(dst []uint32, text []byte, i int) ([]uint32, int) {
	if sp := t.special(text[i:]); sp != nil {
		return append(dst, sp.ID), i + len(sp.Text)
	}
	return append(dst, t.single[text[i]]), i + 1
}

// segment appends the ids of the stretch from start to the next ASCII white space, normalized, and returns where it
// ended. It also ends before a special token, which is found in raw text only, and, so that text without spaces needs
// bounded memory, behind a word of one character.
func (t *Tokenizer) segment(dst []uint32, text []byte, start int, s *Scratch) ([]uint32, int) {
	const enough = 1 << 12
	c, n := unicodes(), &s.norm
	n.reset()
	i := start
	for i < len(text) {
		b := text[i]
		if b < utf8.RuneSelf {
			if class[b] == classSpace || class[b] == classPunct && i > start && t.special(text[i:]) != nil {
				break
			}
			n.ascii(b)
			i++
			continue
		}
		r, size := utf8.DecodeRune(text[i:])
		n.add(c, r)
		i += size
		if len(n.out) > enough && n.out[len(n.out)-1] == ' ' {
			break
		}
	}
	return t.normalized(dst, n.out, s), i
}

// normalized appends the ids of normalized text: words end at ' ' and at ASCII punctuation.
func (t *Tokenizer) normalized(dst []uint32, text []byte, s *Scratch) []uint32 {
	for i := 0; i < len(text); {
		switch class[text[i]] {
		case classSpace:
			i++
			continue
		case classPunct:
			dst = append(dst, t.single[text[i]])
			i++
			continue
		}
		start := i
		var lo, hi uint64
		for i < len(text) && (class[text[i]] == classWord || class[text[i]] == classHigh) {
			switch at := uint(i - start); {
			case at < 8:
				lo |= uint64(text[i]) << (8 * at)
			case at < 16:
				hi |= uint64(text[i]) << (8 * (at - 8))
			}
			i++
		}
		word := text[start:i]
		if len(word) > 16 {
			dst = t.wordPiece(dst, word, s)
			continue
		}
		dst = t.whole(dst, lo, hi, len(word), s)
	}
	return dst
}
