package entity

import "unicode/utf8"

// Limits of an address (RFC 5321, 4.5.3.1), in bytes.
const (
	maxLocal  = 64
	maxDomain = 255
	maxLabel  = 63
)

// Confidences of addresses.
const (
	sureEmail  = 0.99
	otherEmail = 0.9 // the domain's end is none of the common ones
)

// at looks around an @ for an address, and else for a handle.
func (s *scan) at(i int) {
	if s.wanted.has(kindEmail) && s.email(i) {
		return
	}
	if s.wanted.has(kindHandle) {
		s.handle(i)
	}
}

// email is a local part, an @ and a domain with a dot in it.
func (s *scan) email(i int) bool {
	begin := s.local(i)
	if begin == i {
		return false
	}
	end, sure := domain(s.text, i+1)
	if end == 0 || s.isPlace(end) {
		return false
	}
	confidence := float32(otherEmail)
	if sure {
		confidence = sureEmail
	}
	s.add(kindEmail, begin, end, confidence)
	return true
}

// local returns where the local part begins that ends before i; i where there is none.
func (s *scan) local(i int) int {
	begin := i
	for begin > 0 && i-begin <= maxLocal {
		c := s.text[begin-1]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeLastRuneInString(s.text[:begin])
			if !isWordRune(r) {
				break
			}
			begin -= n
			continue
		}
		if class[c]&isLocal == 0 || c == '.' && s.text[begin] == '.' {
			break
		}
		begin--
	}
	if i-begin > maxLocal || byteAt(s.text, i-1) == '.' {
		return i
	}
	for begin < i && class[s.text[begin]]&(isAlpha|isDigit) == 0 && s.text[begin] < utf8.RuneSelf && s.text[begin] != '_' {
		begin++ // a quote, a dash or a dot before the address
	}
	return begin
}

// domain returns where the domain ends that begins at an index; 0 where there is none. sure tells that its end is a
// common one.
func domain(text string, at int) (end int, sure bool) {
	label, last := at, 0 // last is where the last label begins that could be the domain's end
	i := at
	for ; i < len(text) && i-at <= maxDomain; i++ {
		c := text[i]
		switch {
		case c == '.':
			if i == label || i-label > maxLabel || text[i-1] == '-' || text[label] == '-' {
				return trimDomain(text, at, label-1, last)
			}
			label, last = i+1, i+1
			continue
		case class[c]&isHost != 0:
			continue
		case c >= utf8.RuneSelf:
			r, n := utf8.DecodeRuneInString(text[i:])
			if isWordRune(r) {
				i += n - 1
				continue
			}
		}
		break
	}
	return trimDomain(text, at, i, last)
}

// trimDomain takes off what follows a domain's last whole label.
func trimDomain(text string, at, end, label int) (int, bool) {
	if label == 0 {
		return 0, false
	}
	if end <= label { // a dot that ends the sentence
		end = label - 1
		label = end
		for label > at && text[label-1] != '.' {
			label--
		}
		if label == at {
			return 0, false
		}
	}
	for end > label && text[end-1] == '-' {
		end--
	}
	top := text[label:end]
	if len(top) < 2 || len(top) > 24 || inFold(fileEndings, top) {
		return 0, false
	}
	for i := range len(top) {
		if top[i] < utf8.RuneSelf && class[top[i]]&isAlpha == 0 && !isPuny(top) {
			return 0, false
		}
	}
	if common := isTop(top); common || oneCase(top) { // mail@kiosk.Valid is where two sentences meet
		return end, common
	}
	return 0, false
}

func isPuny(label string) bool { return hasFold(label, 0, "xn--") }

// isPlace reports whether what follows makes an address that of a host: git@example.com:user/project.
func (s *scan) isPlace(end int) bool {
	return byteAt(s.text, end) == ':' && (wordAt(s.text, end+1) || byteAt(s.text, end+1) == '/' || byteAt(s.text, end+1) == '~')
}
