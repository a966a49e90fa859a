package entity

import (
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/words"
)

// segment is a part of a text between two word boundaries (Unicode Standard Annex 29): a word or a sign. White space between
// two segments belongs to neither.
type segment struct {
	start, end int32
	space      bool   // there is white space before it
	hash       uint64 // of its characters, folded where case does not matter
}

// wordClass is what the rules know of ASCII characters.
type wordClass uint8

const (
	wcOther wordClass = iota
	wcLetter
	wcDigit
	wcJoin      // _
	wcMidLetter // :
	wcMidNum    // , ;
	wcMidBoth   // . '
	wcSpace
)

var wordClasses = func() (t [utf8.RuneSelf]wordClass) {
	for c := range t {
		switch {
		case class[c]&isAlpha != 0:
			t[c] = wcLetter
		case class[c]&isDigit != 0:
			t[c] = wcDigit
		}
	}
	t['_'], t[':'], t[','], t[';'], t['.'], t['\''] = wcJoin, wcMidLetter, wcMidNum, wcMidNum, wcMidBoth, wcMidBoth
	for _, c := range " \t\n\v\f\r" {
		t[c] = wcSpace
	}
	return t
}()

// nextWord returns the end of the segment of the annex that begins at a boundary, and its hash.
func nextWord(text string, at int, exact bool) (end int, hash uint64) {
	if end, hash = asciiWord(text, at, exact); end > 0 {
		return end, hash
	}
	end = len(text)
	if it := words.FromString(text[at:]); it.Next() && it.End() > 0 {
		end = at + it.End()
	}
	return end, hashFolded(text[at:end], exact)
}

// asciiWord is nextWord where neither the segment nor what decides about its end has other characters than ASCII; else its
// end is 0.
func asciiWord(text string, at int, exact bool) (end int, hash uint64) {
	c := text[at]
	if c >= utf8.RuneSelf {
		return 0, 0
	}
	fold := &lower
	if exact {
		fold = &same7
	}
	hash = (hashSeed ^ uint64(fold[c])) * hashPrime
	last := wordClasses[c]
	i := at + 1
	switch {
	case last != wcLetter && last != wcDigit && last != wcJoin:
		switch {
		case c == '\r' && byteAt(text, i) == '\n':
			return i + 1, mix((hash ^ '\n') * hashPrime)
		case c == ' ':
			for byteAt(text, i) == ' ' {
				hash = (hash ^ ' ') * hashPrime
				i++
			}
		}
		if byteAt(text, i) >= utf8.RuneSelf { // a mark may follow, or another space
			return 0, 0
		}
		return i, mix(hash)
	}
	for i < len(text) {
		c := text[i]
		if c >= utf8.RuneSelf {
			return 0, 0
		}
		next := wordClasses[c]
		switch next {
		case wcLetter, wcDigit, wcJoin:
			last = next
			hash = (hash ^ uint64(fold[c])) * hashPrime
			i++
			continue
		case wcMidLetter, wcMidBoth, wcMidNum:
			after := byteAt(text, i+1)
			if after >= utf8.RuneSelf {
				return 0, 0
			}
			if then := wordClasses[after]; i+1 < len(text) &&
				(last == wcLetter && then == wcLetter && next != wcMidNum || last == wcDigit && then == wcDigit && next != wcMidLetter) {
				last = then
				hash = ((hash^uint64(fold[c]))*hashPrime ^ uint64(fold[after])) * hashPrime
				i += 2
				continue
			}
		}
		break
	}
	return i, mix(hash)
}

// nextSegment returns the segment that follows a boundary, behind white space; false where there is none.
func nextSegment(text string, at int, exact bool) (s segment, ok bool) {
	begin := at
	for begin < len(text) {
		n := spaceRune(text, begin)
		if n == 0 {
			break
		}
		begin += n
	}
	switch {
	case begin == len(text):
		return s, false
	case begin > at && joins(text, begin): // a mark makes something else of the white space
		begin = at
	}
	s.start, s.space = int32(begin), begin > at
	end, hash := nextWord(text, begin, exact)
	s.end, s.hash = int32(end), hash
	return s, true
}

// joins reports whether the character at an index goes with the one before it, whatever that is: a mark.
func joins(text string, at int) bool {
	if text[at] < utf8.RuneSelf {
		return false
	}
	r, _ := utf8.DecodeRuneInString(text[at:])
	return unicode.In(r, unicode.M, unicode.Cf)
}

// spaceRune is the length of the white space character at an index; 0 where there is none.
func spaceRune(text string, at int) int {
	c := text[at]
	if c < utf8.RuneSelf {
		if wordClasses[c] == wcSpace {
			return 1
		}
		return 0
	}
	if c != 0xC2 && c != 0xE1 && c != 0xE2 && c != 0xE3 { // where all the others lie
		return 0
	}
	if r, n := utf8.DecodeRuneInString(text[at:]); unicode.IsSpace(r) {
		return n
	}
	return 0
}

const (
	hashSeed  = 0x9E3779B97F4A7C15
	hashPrime = 0x100000001B3
	spaceSeed = 0xD6E8FEB86659FD93
)

// hashFolded is a hash of a text's characters by their foldings.
func hashFolded(text string, exact bool) uint64 {
	h := uint64(hashSeed)
	for i := 0; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf {
			if !exact {
				c = lower[c]
			}
			h = (h ^ uint64(c)) * hashPrime
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(text[i:])
		if !exact {
			r = foldRune(r)
		}
		h = (h ^ uint64(r)) * hashPrime
		i += n
	}
	return mix(h)
}

// mix spreads what differs in a hash over all its bits (the finalizer of MurmurHash3).
func mix(h uint64) uint64 {
	h ^= h >> 33
	h *= 0xFF51AFD7ED558CCD
	h ^= h >> 33
	h *= 0xC4CEB9FE1A85EC53
	return h ^ h>>33
}

var lower = func() (t [utf8.RuneSelf]byte) {
	for c := range t {
		t[c] = fold(byte(c))
	}
	return t
}()

// same7 folds nothing.
var same7 = func() (t [utf8.RuneSelf]byte) {
	for c := range t {
		t[c] = byte(c)
	}
	return t
}()

// foldings are the simple foldings of the characters up to U+FFFF.
var foldings = sync.OnceValue(func() *[1 << 16]uint16 {
	t := new([1 << 16]uint16)
	for r := range t {
		t[r] = uint16(leastFold(rune(r)))
	}
	return t
})

// foldRune is a character's simple folding: the same for all that differ by case alone.
func foldRune(r rune) rune {
	if r < 1<<16 {
		return rune(foldings()[r])
	}
	return leastFold(r)
}

// leastFold is the ASCII letter in lower case, or else the least character, of those that fold to one another.
func leastFold(r rune) rune {
	least := r
	for o := unicode.SimpleFold(r); o != r; o = unicode.SimpleFold(o) {
		least = min(least, o)
	}
	if least < utf8.RuneSelf {
		return rune(fold(byte(least)))
	}
	return least
}
