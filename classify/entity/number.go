package entity

import "strings"

// digits looks for everything that begins with the digits at i, or has them in it. It returns where they end.
func (s *scan) digits(i int) int {
	end := run(s.text, i, len(s.text), isDigit)
	if s.wanted&numbers == 0 {
		return end
	}
	if wordBefore(s.text, i) {
		if end-i >= 2 {
			s.iban(i)
		}
		s.glued(i, end)
		return end
	}
	n := end - i
	if n <= 3 && byteAt(s.text, end) == '.' {
		s.ip4(i)
	}
	if n >= 4 {
		s.card(i)
	}
	if n <= 4 {
		s.date(i, end)
	}
	if n <= 2 {
		s.clock(i, end)
	}
	s.amount(i)
	s.phone(i)
	return end
}

// glued looks for what stands behind letters without a space: USD100, and the time in 2024-01-02T10:00.
func (s *scan) glued(i, end int) {
	if c := s.text[i-1]; (c == 'T' || c == 't') && is(s.text, i-2, isDigit) {
		s.clock(i, end)
	}
	if class[s.text[i-1]]&isUpper != 0 && !wordBefore(s.text, runBack(s.text, i, 4, isUpper)) {
		s.amount(i)
	}
}

// quantity is a number as people write it: 1234.5, 1,234.50, 1.234,50, 1 234,50, 1'234.50, 12,34,567.
type quantity struct {
	end    int
	spaced int // where it ends without groups behind spaces
}

// number reads the number that begins at i. Its groups are of three digits, or two as in India; its decimals are the
// digits behind the last sign.
func number(text string, i int) (q quantity, ok bool) {
	at := run(text, i, 16, isDigit)
	first := at - i
	if first == 0 || is(text, at, isDigit) {
		return q, false
	}
	q.end, q.spaced = at, at
	var sep byte
	for first <= 3 {
		c, size := separator(text, at)
		if c == 0 || sep != 0 && c != sep {
			break
		}
		end := run(text, at+size, 4, isDigit)
		n := end - at - size
		if n != 3 && !(n == 2 && c == ',' && indian(text, end)) {
			break
		}
		sep = c
		at = end
		q.end = at
		if c != ' ' {
			q.spaced = at
		}
	}
	if c := byteAt(text, at); (c == '.' || c == ',') && c != sep && is(text, at+1, isDigit) {
		end := run(text, at+1, 9, isDigit)
		if c == ',' && sep == 0 && end-at-1 > 2 {
			return q, end-at-1 == 3 // 1,2345 is no number
		}
		if q.spaced == at {
			q.spaced = end
		}
		q.end = end
	}
	return q, true
}

// separator is what stands between groups of digits: a sign, or a space of any width as ' '.
func separator(text string, at int) (c byte, size int) {
	switch c := byteAt(text, at); c {
	case ',', '.', '\'':
		return c, 1
	}
	if strings.HasPrefix(text[at:], "’") {
		return '\'', len("’")
	}
	if n := spaceAt(text, at); n > 0 {
		return ' ', n
	}
	return 0, 0
}

// indian reports whether groups of two go on to one of three: 12,34,567.
func indian(text string, at int) bool {
	for byteAt(text, at) == ',' {
		end := run(text, at+1, 4, isDigit)
		switch end - at - 1 {
		case 3:
			return true
		case 2:
			at = end
		default:
			return false
		}
	}
	return false
}
