package keyphrase

import (
	"unicode"
	"unicode/utf8"
)

// maxText is what offsets can say.
const maxText = 1<<31 - 1

// maxWord is the longest word that can be part of a tag, in bytes. What is longer is data rather than language.
const maxWord = 48

// Classes of bytes.
const (
	classCut = iota // ends a phrase
	classLetter
	classDigit
	classSpace
	classLine
	classJoin // part of a word between two letters or digits
	classHigh // part of a character beyond ASCII
)

var class = func() (t [256]uint8) {
	for b := range t {
		switch c := byte(b); {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z':
			t[b] = classLetter
		case '0' <= c && c <= '9':
			t[b] = classDigit
		case c == ' ', c == '\t', c == '\r':
			t[b] = classSpace
		case c == '\n':
			t[b] = classLine
		case c == '-', c == '\'', c == '.', c == '_', c == '&', c == '@':
			t[b] = classJoin
		case c >= utf8.RuneSelf:
			t[b] = classHigh
		}
	}
	return t
}()

// scanner finds the words of a text, one after another.
type scanner struct {
	text string
	at   int
	// unspaced counts the letters of scripts without spaces between words, which are passed over.
	unspaced int

	// Of the word at hand:
	start, end int
	cut        bool // something that separates phrases is before it
	name       bool // it is an address, a file's name, or of such kind: no word of a language
	letters    int
}

// next moves to the next word; false at the text's end.
func (s *scanner) next() bool {
	t := s.text
	i := s.at
	s.cut, s.name, s.letters = false, false, 0
	lines := 0
	for {
		if i >= len(t) {
			s.at = i
			return false
		}
		switch class[t[i]] {
		case classLetter, classDigit:
			s.word(i)
			return true
		case classSpace:
			i++
		case classLine:
			if lines++; lines > 1 {
				s.cut = true
			}
			i++
		case classHigh:
			r, size := utf8.DecodeRuneInString(t[i:])
			switch kind(r) {
			case classLetter, classDigit:
				s.word(i)
				return true
			case classSpace:
			case classHigh:
				s.unspaced++
				s.cut = true
			default:
				s.cut = true
			}
			i += size
		default:
			s.cut = true
			if t[i] == '&' {
				i = entity(t, i)
			} else {
				s.name = t[i] == '@'
				i++
			}
		}
	}
}

// entity returns where the character reference (&amp;) that begins at i ends, or i+1.
func entity(t string, i int) int {
	for j := i + 1; j < len(t) && j < i+10; j++ {
		switch {
		case t[j] == ';':
			return j + 1
		case class[t[j]] != classLetter && class[t[j]] != classDigit && t[j] != '#':
			return i + 1
		}
	}
	return i + 1
}

// word finds the end of the word that begins at i.
func (s *scanner) word(i int) {
	t := s.text
	s.start = i
	s.name = s.name && i > 0 && t[i-1] == '@'
	for i < len(t) {
		switch class[t[i]] {
		case classLetter:
			s.letters++
			i++
		case classDigit:
			i++
		case classJoin:
			if t[i] == '&' && entity(t, i) > i+1 || i+1 >= len(t) || class[t[i+1]] != classLetter && class[t[i+1]] != classDigit && class[t[i+1]] != classHigh {
				s.finish(i)
				return
			}
			s.name = s.name || t[i] == '.' || t[i] == '@'
			i++
		case classHigh:
			r, size := utf8.DecodeRuneInString(t[i:])
			k := kind(r)
			if r == '’' && i+size < len(t) && class[t[i+size]] == classLetter {
				k = classDigit
			}
			switch k {
			case classLetter:
				s.letters++
			case classDigit:
			default:
				s.finish(i)
				return
			}
			i += size
		default:
			s.finish(i)
			return
		}
	}
	s.finish(i)
}

// finish ends the word at i, without a possessive s, and passes over the rest of an address.
func (s *scanner) finish(i int) {
	t := s.text
	s.end, s.at = i, i
	if i < len(t) && (s.name && (t[i] == '/' || t[i] == ':') || t[i] == ':' && len(t) > i+2 && t[i+1:i+3] == "//") {
		s.name = true
		for s.at < len(t) && class[t[s.at]] != classSpace && class[t[s.at]] != classLine {
			s.at++
		}
	}
	w := t[s.start:i]
	for _, suffix := range [...]string{"'s", "’s", "'S", "’S"} {
		if n := len(w) - len(suffix); n > 0 && w[n:] == suffix {
			s.end -= len(suffix)
			s.letters--
			return
		}
	}
}

// kind is the class of a character beyond ASCII: of a letter classHigh where its script puts no spaces between words.
func kind(r rune) uint8 {
	switch {
	case r == utf8.RuneError:
		return classCut
	case r < 0x300 && unicode.IsLetter(r):
		return classLetter
	case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar, unicode.Tibetan):
		return classHigh
	case unicode.IsLetter(r):
		return classLetter
	case unicode.IsDigit(r), unicode.IsMark(r):
		return classDigit
	case unicode.IsSpace(r):
		return classSpace
	default:
		return classCut
	}
}
