package entity

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Confidences of URLs, by their form.
const (
	sureURL   = 0.99 // scheme://host
	wwwURL    = 0.97
	pathURL   = 0.9 // example.com/path
	bareURL   = 0.75
	maxScheme = 12
	maxURL    = 2048
)

// colon looks around a colon for a URL with its scheme, and else for an IPv6 address.
func (s *scan) colon(i int) {
	if strings.HasPrefix(s.text[i:], "://") {
		if s.wanted.has(kindURL) && i >= s.urlEnd {
			s.url(i)
		}
		return
	}
	if s.wanted.has(kindIP) && i >= s.groupEnd {
		s.ip6(i)
	}
}

// url is scheme://host and what follows.
func (s *scan) url(i int) {
	begin := runBack(s.text, i, maxScheme, isAlpha|isDigit)
	for begin < i && class[s.text[begin]]&isAlpha == 0 {
		begin++
	}
	if i-begin < 2 || wordBefore(s.text, begin) {
		return
	}
	host := i + len("://")
	end := s.trimURL(host, urlRun(s.text, host))
	s.urlEnd = end
	if !s.hasHost(host, end) {
		return
	}
	s.add(kindURL, begin, end, sureURL)
}

// hasHost reports whether what follows a scheme begins with a host: a name with a dot, an address, or a name with a port.
func (s *scan) hasHost(at, end int) bool {
	stop := at
	for stop < end && strings.IndexByte("/?#", s.text[stop]) < 0 {
		stop++
	}
	host := s.text[at:stop]
	if user := strings.LastIndexByte(host, '@'); user >= 0 {
		host = host[user+1:]
	}
	if host == "" || !wordAt(host, 0) && host[0] != '[' {
		return at < end && s.text[at] == '/' && hasFold(s.text, at-len("file://"), "file://") && end > at+1
	}
	return strings.IndexByte(host, '.') > 0 || strings.IndexByte(host, ':') > 0 || host == "localhost" || stop < end
}

// urlRun returns where the run of characters ends that a URL may have.
func urlRun(text string, at int) int {
	end := min(len(text), at+maxURL)
	for at < end {
		c := text[at]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(text[at:])
			if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.M, r) {
				break
			}
			at += n
			continue
		}
		if c <= ' ' || c == 0x7f || strings.IndexByte("<>\"`{}|\\^", c) >= 0 {
			break
		}
		at++
	}
	return at
}

// trimURL takes off the punctuation that follows a URL rather than belongs to it; a bracket stays where it was opened.
func (s *scan) trimURL(from, end int) int {
	url := s.text[from:end]
	round := strings.Count(url, ")") - strings.Count(url, "(")
	square := strings.Count(url, "]") - strings.Count(url, "[")
	for ; end > from; end-- {
		switch s.text[end-1] {
		case '.', ',', ';', ':', '!', '?', '\'', '*':
		case ')':
			if round <= 0 {
				return end
			}
			round--
		case ']':
			if square <= 0 {
				return end
			}
			square--
		default:
			return end
		}
	}
	return end
}

// dot looks around a dot for a host without a scheme: www.example.com, example.com/path, example.com.
func (s *scan) dot(i int) {
	if !s.wanted.has(kindURL) || i < s.urlEnd || i < s.hostEnd || !is(s.text, i+1, isAlpha|isDigit) || !is(s.text, i-1, isAlpha|isDigit) {
		return
	}
	begin := runBack(s.text, i, maxDomain, isHost)
	end := run(s.text, i, maxDomain, isHost)
	s.hostEnd = end
	for begin < end && class[s.text[begin]]&(isAlpha|isDigit) == 0 {
		begin++
	}
	before := byteAt(s.text, begin-1)
	if wordBefore(s.text, begin) || before == '@' || before == '/' || before == '\\' || before == '#' || before == '$' || before == '=' {
		return
	}
	for end > begin && class[s.text[end-1]]&(isAlpha|isDigit) == 0 {
		end--
	}
	if byteAt(s.text, end) == '@' || byteAt(s.text, end) == '(' || byteAt(s.text, end) == '_' || byteAt(s.text, end) >= utf8.RuneSelf && wordAt(s.text, end) {
		return
	}
	s.host(begin, end)
}

func (s *scan) host(begin, end int) {
	host := s.text[begin:end]
	stop, path := end, false
	if c := byteAt(s.text, end); c == '/' || c == '?' && wordAt(s.text, end+1) || c == ':' && is(s.text, end+1, isDigit) {
		stop = s.trimURL(end, urlRun(s.text, end))
		path = stop > end
	}
	if strings.Contains(host, "..") {
		return
	}
	dots := strings.Count(host, ".")
	top := host[strings.LastIndexByte(host, '.')+1:]
	switch {
	case hasFold(host, 0, "www.") && dots >= 2 && len(top) >= 2 && class[top[0]]&isAlpha != 0:
		s.urlEnd = stop
		s.add(kindURL, begin, stop, wwwURL)
	case !oneCase(top) || class[top[0]]&isAlpha == 0 || class[host[0]]&isUpper != 0 && class[top[0]]&isLower != 0 && inFold(wordTops, top):
	case !path && class[top[0]]&isUpper != 0: // ASP.NET
	case inFold(commonTops, top) && allLetters(top):
		confidence := float32(bareURL)
		if path {
			confidence = pathURL
		}
		s.urlEnd = stop
		s.add(kindURL, begin, stop, confidence)
	case path && byteAt(s.text, end) == '/' && stop > end+1 && inFold(wordTops, top):
		s.urlEnd = stop
		s.add(kindURL, begin, stop, pathURL)
	}
}

// oneCase reports whether a label has letters of one case alone: "end.In" is where two sentences meet.
func oneCase(label string) bool {
	var seen uint8
	for i := range len(label) {
		seen |= class[label[i]] & isAlpha
	}
	return seen != isAlpha
}

func allLetters(label string) bool {
	for i := range len(label) {
		if class[label[i]]&isAlpha == 0 {
			return false
		}
	}
	return true
}
