package tagger

import (
	"unicode"
	"unicode/utf8"
)

// Token is a part of a text that gets one tag.
type Token struct {
	// Start and End are offsets in bytes.
	Start, End int32
}

// Tokenize appends the tokens of a text. White space ends a token and belongs to none; everything else belongs to one.
// At the place reached, the first of these that fits is the next token:
//
//   - http://, https:// or www. in any casing, and all up to the next white space, <, > or ", less what stands at its
//     end of . , ; : ! ? ' ) ] };
//   - @ or # with the word characters (letters, digits, marks, _) behind it;
//   - & with up to 8 letters or digits (or #) and a semicolon: a character reference of HTML;
//   - n't at the end of a word, which then ends before it, and '…: an apostrophe (' or ’) with s, m, d, re, ve, ll or t
//     behind it, where no word character follows;
//   - a word: word characters, and between two of them any one of - ' ’ . & / @ +, but . : , only between digits
//     or, of ., also letters (U.S.A, example.com), and : , only between digits;
//   - a smiley: one of : ; =, maybe one of - ' ^, then some of ) ( ] [ D P p d o O / \ | 3 * (letters and digits only
//     where no word character follows);
//   - a run of one character, such as ... or !!!, but brackets and quotation marks one by one;
//   - one character, with joiners, variation selectors, modifiers and marks behind it; a byte that is no UTF-8 counts
//     as a character.
//
// So the tokens of a text in which each token is followed by a space are its tokens again, most of the time; training
// aligns tokens that are cut further.
func Tokenize(dst []Token, text string) []Token {
	for i := 0; i < len(text); {
		b := text[i]
		if b == ' ' {
			i++
			continue
		}
		r, size := rune(b), 1
		if b >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(text[i:])
		}
		if isSpace(r) {
			i += size
			continue
		}
		end := tokenEnd(text, i, r, size)
		dst = append(dst, Token{int32(i), int32(end)})
		i = end
	}
	return dst
}

// tokenEnd is where the token that begins at i with r ends.
func tokenEnd(text string, i int, r rune, size int) int {
	if isWord(r) {
		if end := urlEnd(text, i); end > 0 {
			return end
		}
		return wordEnd(text, i)
	}
	switch r {
	case '@', '#':
		if end := wordRun(text, i+1); end > i+1 {
			return end
		}
	case '&':
		if end := referenceEnd(text, i); end > 0 {
			return end
		}
	case '\'', '’':
		if end := cliticEnd(text, i+size); end > 0 {
			return end
		}
	case ':', ';', '=':
		if end := smileyEnd(text, i); end > 0 {
			return end
		}
	}
	if isSingle(r) {
		return i + size
	}
	end := i + size
	if r < utf8.RuneSelf {
		for end < len(text) && text[end] == text[i] {
			end++
		}
		return end
	}
	return marksEnd(text, end)
}

// isSpace tells white space.
func isSpace(r rune) bool {
	if r < utf8.RuneSelf {
		return r == ' ' || r >= '\t' && r <= '\r'
	}
	return unicode.IsSpace(r)
}

// isWord tells a word character.
func isWord(r rune) bool {
	if r < utf8.RuneSelf {
		return asciiClass[r]&classWord != 0
	}
	return unicode.In(r, unicode.L, unicode.N, unicode.M)
}

// isSingle tells brackets and quotation marks, which stand alone.
func isSingle(r rune) bool {
	switch r {
	case '(', ')', '[', ']', '{', '}', '"', '\'', '‘', '’', '“', '”', '«', '»':
		return true
	}
	return false
}

const (
	classWord = 1 << iota
	classDigit
	classLetter
	classUpper
)

var asciiClass = func() (c [utf8.RuneSelf]byte) {
	for b := range c {
		switch {
		case b >= '0' && b <= '9':
			c[b] = classWord | classDigit
		case b >= 'a' && b <= 'z':
			c[b] = classWord | classLetter
		case b >= 'A' && b <= 'Z':
			c[b] = classWord | classLetter | classUpper
		case b == '_':
			c[b] = classWord
		}
	}
	return c
}()

// wordRun is where the word characters from i on end.
func wordRun(text string, i int) int {
	for i < len(text) {
		if text[i] < utf8.RuneSelf {
			if asciiClass[text[i]]&classWord == 0 {
				return i
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		if !isWord(r) {
			return i
		}
		i += size
	}
	return i
}

// wordEnd is where the word that begins at i ends.
func wordEnd(text string, i int) int {
	start := i
	for {
		i = wordRun(text, i)
		if i >= len(text) {
			return i
		}
		joint := 1
		switch text[i] {
		case '\'':
		case '-', '/', '@', '+':
		case '&':
			if referenceEnd(text, i) > 0 {
				return i
			}
		case ':', ',':
			if !isDigitAt(text, i-1) || !isDigitAt(text, i+1) {
				return i
			}
		case '.':
			if !isLetterOrDigitAt(text, i-1) || !isLetterOrDigitAt(text, i+1) {
				return i
			}
		case 0xe2: // ’
			if len(text) < i+3 || text[i:i+3] != "’" {
				return i
			}
			joint = 3
		default:
			return i
		}
		next := wordRun(text, i+joint)
		if next == i+joint {
			return i
		}
		if text[i] == '\'' || joint == 3 {
			if cliticEnd(text, i+joint) > 0 {
				return beforeNot(text, start, i, i+joint)
			}
		}
		i += joint
	}
}

// beforeNot is where a word ends whose apostrophe stands at i and whose clitic begins at rest: in front of n't, else in
// front of the apostrophe.
func beforeNot(text string, start, i, rest int) int {
	if text[rest]|0x20 != 't' {
		return i
	}
	if i-1 > start && text[i-1]|0x20 == 'n' {
		return i - 1
	}
	// The n't of a word that was cut already, or a word such as it's with t: one token.
	return rest + 1
}

// cliticEnd is where the clitic behind an apostrophe ends; 0: there is none.
func cliticEnd(text string, i int) int {
	for n := 2; n >= 1; n-- {
		if i+n > len(text) || wordRun(text, i) != i+n {
			continue
		}
		a := text[i] | 0x20
		if n == 1 {
			if a == 's' || a == 'm' || a == 'd' || a == 't' {
				return i + 1
			}
			continue
		}
		switch b := text[i+1] | 0x20; {
		case a == 'r' && b == 'e', a == 'v' && b == 'e', a == 'l' && b == 'l':
			return i + 2
		}
	}
	return 0
}

func isDigitAt(text string, i int) bool {
	return i < len(text) && text[i] < utf8.RuneSelf && asciiClass[text[i]]&classDigit != 0
}

func isLetterOrDigitAt(text string, i int) bool {
	return i < len(text) && (text[i] >= utf8.RuneSelf || asciiClass[text[i]]&(classDigit|classLetter) != 0)
}

// urlEnd is where the URL that begins at i ends; 0: there is none.
func urlEnd(text string, i int) int {
	if c := text[i] | 0x20; c != 'h' && c != 'w' {
		return 0
	}
	end := 0
	for _, scheme := range [...]string{"https://", "http://", "www."} {
		if hasFold(text[i:], scheme) {
			end = i + len(scheme)
			break
		}
	}
	if end == 0 {
		return 0
	}
	least := end
	for end < len(text) {
		r, size := utf8.DecodeRuneInString(text[end:])
		if isSpace(r) || r == '<' || r == '>' || r == '"' {
			break
		}
		end += size
	}
	for end > least {
		switch text[end-1] {
		case '.', ',', ';', ':', '!', '?', '\'', ')', ']', '}':
			end--
			continue
		}
		break
	}
	if end == least {
		return 0
	}
	return end
}

// hasFold tells whether text begins with an ASCII prefix in lower case, in any casing.
func hasFold(text, prefix string) bool {
	if len(text) < len(prefix) {
		return false
	}
	for i := range len(prefix) {
		b := text[i]
		if b >= 'A' && b <= 'Z' {
			b |= 0x20
		}
		if b != prefix[i] {
			return false
		}
	}
	return true
}

// referenceEnd is where the character reference that begins at i ends; 0: there is none.
func referenceEnd(text string, i int) int {
	const longest = 8
	for j := i + 1; j < len(text) && j <= i+1+longest; j++ {
		switch b := text[j]; {
		case b == ';' && j > i+1:
			return j + 1
		case b == '#' && j == i+1:
		case b >= utf8.RuneSelf || asciiClass[b]&(classLetter|classDigit) == 0:
			return 0
		}
	}
	return 0
}

// smileyEnd is where the smiley that begins at i ends; 0: there is none.
func smileyEnd(text string, i int) int {
	j := i + 1
	if j < len(text) && (text[j] == '-' || text[j] == '\'' || text[j] == '^') {
		j++
	}
	mouth := j
	for j < len(text) {
		switch text[j] {
		case ')', '(', ']', '[', '/', '\\', '|', '*':
			j++
			continue
		case 'D', 'P', 'p', 'd', 'o', 'O', '3':
			if end := wordRun(text, j); end == j+1 {
				j++
				continue
			}
		}
		break
	}
	if j == mouth || text[mouth] == '/' && j > mouth+1 { // ://
		return 0
	}
	return j
}

// marksEnd is where the marks, joiners, selectors and modifiers behind a character end, and what a joiner joins.
func marksEnd(text string, i int) int {
	joined := false
	for i < len(text) && text[i] >= utf8.RuneSelf {
		r, size := utf8.DecodeRuneInString(text[i:])
		joiner := r == 0x200d
		if !joined && !joiner && !unicode.Is(unicode.M, r) && (r < 0x1f3fb || r > 0x1f3ff) {
			return i
		}
		if r == utf8.RuneError && size == 1 {
			return i
		}
		joined = joiner
		i += size
	}
	return i
}
