package entity

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Confidences of handles and hashtags.
const (
	sureHandle  = 0.9
	sureHashtag = 0.95
	maxHandle   = 30
	maxHashtag  = 140
)

// notHandles are what programs write after an @.
var notHandles = setOf(
	"override", "param", "return", "returns", "throws", "deprecated", "media", "import", "charset", "keyframes", "autowired",
	"test", "interface", "property", "staticmethod", "classmethod", "dataclass", "see", "since", "author", "suppresswarnings",
)

// handle is an @ and a name, in the fediverse followed by an @ and a host.
func (s *scan) handle(i int) {
	if wordBefore(s.text, i) || !s.opens(i) {
		return
	}
	end := i + 1
	letter := false
	for end < len(s.text) && end-i <= maxHandle+1 {
		c := s.text[end]
		if class[c]&(isAlpha|isDigit) == 0 && c != '_' {
			break
		}
		letter = letter || class[c]&isAlpha != 0
		end++
	}
	name := s.text[i+1 : end]
	if len(name) < 2 || len(name) > maxHandle || !letter || wordAt(s.text, end) || inFold(notHandles, name) || isClock(name) {
		return
	}
	switch byteAt(s.text, end) {
	case '@': // @user@example.social
		if stop, _ := domain(s.text, end+1); stop > 0 {
			s.add(kindHandle, i, stop, sureHandle)
		}
		return
	case '.', '-':
		if wordAt(s.text, end+1) { // most likely an address, or the name of a package
			return
		}
	case '/', '(', '=', '{':
		return
	}
	s.add(kindHandle, i, end, sureHandle)
}

// opens reports whether an @ or a # stands where a handle or hashtag may begin: after a space, a bracket, a quote, a dot
// of an RT or at the beginning.
func (s *scan) opens(i int) bool {
	switch c := byteAt(s.text, i-1); c {
	case '@', '#', '/', '&', '=', '$', '\\', '+', '-', '%', '{':
		return false
	default:
		return true
	}
}

// isClock reports whether a name is a time of day: @5pm.
func isClock(name string) bool {
	n := run(name, 0, len(name), isDigit)
	return n > 0 && (len(name) == n+2 && (hasFold(name, n, "am") || hasFold(name, n, "pm")) || n == len(name))
}

// directives are what the C preprocessor writes after a #.
var directives = setOf("include", "define", "ifdef", "ifndef", "endif", "pragma", "undef")

// hash is a # and a word with a letter in it. Colours and hashes in hexadecimal are none.
func (s *scan) hash(i int) {
	if !s.wanted.has(kindHashtag) || wordBefore(s.text, i) || !s.opens(i) || strings.HasSuffix(s.text[:i], "&amp;") {
		return // &amp;#x25; is an escaped character
	}
	end, letter, hex, digit := i+1, false, true, false
	for end < len(s.text) && end-i <= maxHashtag {
		c := s.text[end]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s.text[end:])
			if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.M, r) {
				break
			}
			letter, hex = letter || unicode.IsLetter(r), false
			end += n
			continue
		}
		if class[c]&(isAlpha|isDigit) == 0 && c != '_' {
			break
		}
		letter = letter || class[c]&isAlpha != 0
		digit = digit || class[c]&isDigit != 0
		hex = hex && class[c]&isHex != 0
		end++
	}
	tag := s.text[i+1 : end]
	if !letter || len(tag) < 2 || hex && isColour(tag, digit) || byteAt(s.text, end) == '#' || inFold(directives, tag) {
		return
	}
	s.add(kindHashtag, i, end, sureHashtag)
}

// isColour reports whether hexadecimal digits are a colour, or a hash, rather than a word.
func isColour(tag string, digit bool) bool {
	same := true
	for i := 1; i < len(tag); i++ {
		same = same && tag[i] == tag[0]
	}
	return digit && len(tag) >= 3 || same && (len(tag) == 3 || len(tag) == 6)
}
