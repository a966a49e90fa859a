package entity

import (
	"unicode"
	"unicode/utf8"
)

// Classes of bytes. A byte that no entity hangs on is zero, and the first pass runs over it.
const (
	isDigit = 1 << iota
	isUpper
	isLower
	isHex
	isHost    // letters, digits, '-' and '.'
	isLocal   // what stands before the @ of an address, in ASCII
	isTrigger // a byte that an entity is found by
	isSpace
)

const isAlpha = isUpper | isLower

var class = classes()

func classes() (t [256]uint8) {
	set := func(bit uint8, chars string) {
		for i := range len(chars) {
			t[chars[i]] |= bit
		}
	}
	const digits, lower, upper = "0123456789", "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	set(isDigit|isHex|isHost|isLocal|isTrigger, digits)
	set(isLower|isHost|isLocal, lower)
	set(isUpper|isHost|isLocal, upper)
	set(isHex, "abcdefABCDEF")
	set(isHost|isLocal, "-.")
	set(isLocal, "_%+'&")
	set(isTrigger, "@#:.-")
	set(isSpace, " \t\n\r")
	return t
}

// is reports whether the byte at an index is of a class; outside of the text it is of none.
func is(text string, at int, bits uint8) bool {
	return uint(at) < uint(len(text)) && class[text[at]]&bits != 0
}

// byteAt is the byte at an index; 0 outside of the text.
func byteAt(text string, at int) byte {
	if uint(at) < uint(len(text)) {
		return text[at]
	}
	return 0
}

// wordBefore reports whether a letter, digit or underscore ends at an index: what begins there is not a word's beginning.
// Letters without case, such as Chinese ones, end words wherever they stand.
func wordBefore(text string, at int) bool {
	if at == 0 {
		return false
	}
	if c := text[at-1]; c < utf8.RuneSelf {
		return class[c]&(isAlpha|isDigit) != 0 || c == '_'
	}
	r, _ := utf8.DecodeLastRuneInString(text[:at])
	return isWordRune(r)
}

// wordAt reports whether a letter, digit or underscore begins at an index.
func wordAt(text string, at int) bool {
	if at >= len(text) {
		return false
	}
	if c := text[at]; c < utf8.RuneSelf {
		return class[c]&(isAlpha|isDigit) != 0 || c == '_'
	}
	r, _ := utf8.DecodeRuneInString(text[at:])
	return isWordRune(r)
}

func isWordRune(r rune) bool {
	return unicode.IsUpper(r) || unicode.IsLower(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r)
}

// run returns the end of the run of bytes of a class that begins at an index, at most limit bytes long.
func run(text string, at, limit int, bits uint8) int {
	end := min(len(text), at+limit)
	for at < end && class[text[at]]&bits != 0 {
		at++
	}
	return at
}

// runBack returns the beginning of the run of bytes of a class that ends before an index.
func runBack(text string, at, limit int, bits uint8) int {
	begin := max(0, at-limit)
	for at > begin && class[text[at-1]]&bits != 0 {
		at--
	}
	return at
}

// spaceAt is the length of one space at an index: a blank, a no-break space or a narrow one; 0 where there is none.
func spaceAt(text string, at int) int {
	switch {
	case at >= len(text):
		return 0
	case text[at] == ' ':
		return 1
	case len(text)-at >= 2 && text[at] == 0xC2 && text[at+1] == 0xA0:
		return 2
	case len(text)-at >= 3 && text[at] == 0xE2 && text[at+1] == 0x80 && (text[at+2] == 0xAF || text[at+2] == 0x89):
		return 3
	default:
		return 0
	}
}

// spaceBefore is the length of one space that ends at an index.
func spaceBefore(text string, at int) int {
	for n := 1; n <= 3 && n <= at; n++ {
		if spaceAt(text, at-n) == n {
			return n
		}
	}
	return 0
}

// fold is a byte's lower case.
func fold(c byte) byte {
	if class[c]&isUpper != 0 {
		return c | 0x20
	}
	return c
}

// hasFold reports whether a text has a word in lower case at an index, whatever its case there.
func hasFold(text string, at int, word string) bool {
	if at < 0 || len(text)-at < len(word) {
		return false
	}
	for i := range len(word) {
		if fold(text[at+i]) != word[i] {
			return false
		}
	}
	return true
}

// letters returns where the run of ASCII letters ends that begins at an index.
func letters(text string, at int) int { return run(text, at, 24, isAlpha) }

// inFold reports whether a word, of any case, is in a set of words in lower case, which have at most 16 letters.
func inFold(set map[string]struct{}, word string) bool {
	var low [16]byte
	if len(word) > len(low) {
		return false
	}
	for i := range len(word) {
		low[i] = fold(word[i])
	}
	_, ok := set[string(low[:len(word)])]
	return ok
}

func setOf(words ...string) map[string]struct{} {
	set := make(map[string]struct{}, len(words))
	for _, w := range words {
		set[w] = struct{}{}
	}
	return set
}
