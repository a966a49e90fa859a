package entity

import "strings"

// Confidences of IP addresses.
const (
	sureIP  = 0.97
	smallIP = 0.7 // each of the four numbers has one digit: it may count sections
	sureIP6 = 0.98
	maxIP6  = 45
)

// versions are the words after which four numbers are a version.
var versions = setOf(
	"v", "ver", "version", "versions", "rev", "revision", "release", "build", "firmware", "update", "chrome", "firefox", "safari",
	"section", "chapter", "kernel", "driver", "upgrade", "patch", "sdk", "opera", "edge", "clause", "figure", "table", "rule",
)

// ip4 is four numbers up to 255 with dots between them, none more and none with a leading zero.
func (s *scan) ip4(i int) {
	at, small := i, true
	for part := range 4 {
		end := run(s.text, at, 4, isDigit)
		n := end - at
		if n == 0 || n > 3 || n > 1 && s.text[at] == '0' || n == 3 && s.text[at:end] > "255" {
			return
		}
		small = small && n == 1
		at = end
		if part == 3 {
			break
		}
		if byteAt(s.text, at) != '.' {
			return
		}
		at++
	}
	before := byteAt(s.text, i-1)
	switch {
	case wordAt(s.text, at), before == '.', before == '-', before == '_', byteAt(s.text, at) == '.' && wordAt(s.text, at+1),
		byteAt(s.text, at) == '-' && wordAt(s.text, at+1), byteAt(s.text, at) == '+':
		return
	case inFold(versions, s.wordBefore(i)):
		return
	}
	confidence := float32(sureIP)
	if small {
		confidence = smallIP
	}
	s.add(kindIP, i, at, confidence)
}

// wordBefore is the word of ASCII letters before an index, with a space, a dot or a slash between them.
func (s *scan) wordBefore(i int) string {
	end := i
	for end > 0 && i-end < 3 && strings.IndexByte(" ./:=#", s.text[end-1]) >= 0 {
		end--
	}
	return s.text[runBack(s.text, end, 16, isAlpha):end]
}

// ip6 looks around a colon for groups of hexadecimal digits. What it has looked at is not looked at again.
func (s *scan) ip6(i int) {
	begin, end := i, i
	for begin > 0 && i-begin < maxIP6 && (class[s.text[begin-1]]&isHex != 0 || s.text[begin-1] == ':') {
		begin--
	}
	for end < len(s.text) && end-i < maxIP6 && (class[s.text[end]]&isHex != 0 || s.text[end] == ':' || s.text[end] == '.' && is(s.text, end+1, isDigit)) {
		end++
	}
	s.groupEnd = end
	for end > begin && s.text[end-1] == ':' && !strings.HasSuffix(s.text[begin:end], "::") {
		end--
	}
	if wordBefore(s.text, begin) || wordAt(s.text, end) || byteAt(s.text, begin-1) == '.' || !isIP6(s.text[begin:end]) {
		return
	}
	if byteAt(s.text, end) == '%' && wordAt(s.text, end+1) { // the zone: fe80::1%eth0
		end = run(s.text, end+1, 16, isAlpha|isDigit)
	}
	s.add(kindIP, begin, end, sureIP6)
}

// isIP6 checks an address by RFC 4291, 2.2. Names of programs such as a::b have no digit and are none.
func isIP6(text string) bool {
	groups, gap, digit, quad := 0, false, false, false
	for at := 0; at < len(text); {
		if strings.HasPrefix(text[at:], "::") {
			if gap {
				return false
			}
			gap = true
			at += 2
			continue
		}
		if at > 0 {
			if text[at] == ':' {
				at++
			} else if !strings.HasSuffix(text[:at], "::") {
				return false
			}
		}
		end := run(text, at, 5, isHex)
		if byteAt(text, end) == '.' {
			if !isQuad(text[at:]) {
				return false
			}
			quad = true
			break
		}
		if n := end - at; n == 0 || n > 4 {
			return false
		}
		for _, c := range []byte(text[at:end]) {
			digit = digit || class[c]&isDigit != 0
		}
		groups++
		at = end
	}
	if quad {
		groups += 2
		digit = true
	}
	local := hasFold(text, 0, "fe") || hasFold(text, 0, "fd") || hasFold(text, 0, "ff")
	if gap {
		return groups > 0 && groups < 8 && (digit || local && groups > 1)
	}
	return groups == 8 && digit
}

// isQuad reports whether a text is an IPv4 address and nothing else.
func isQuad(text string) bool {
	s := scan{text: text, wanted: set(kindIP)}
	s.ip4(0)
	return len(s.found) == 1 && int(s.found[0].End) == len(text)
}
