package entity

import "strings"

// Confidences of phone numbers, by their form.
const (
	surePhone  = 0.95 // +49 30 901820
	zeroPhone  = 0.9  // 0049 30 901820
	formPhone  = 0.9  // (555) 234-5678, 555-234-5678
	trunkPhone = 0.85 // 030 901820, 020 7946 0958
	plainPhone = 0.8  // 07911123456
	cuePhone   = 0.75 // call 4155550
)

// Lengths of numbers (E.164), in digits.
const (
	minInternational = 8
	maxInternational = 15
	minNational      = 9
	maxNational      = 12
	maxGroups        = 8
)

// dialled is a phone number as it is written: digits in groups.
type dialled struct {
	digits [maxInternational + 3]byte
	n      int
	sizes  [maxGroups]int
	groups int
	paren  bool // the first group stands in brackets
	signs  bool // a dash, a dot, a slash or a bracket separates groups
	dots   bool // dots alone do
	spaces bool
	end    int
}

// phone looks for a phone number whose first digits stand at i.
func (s *scan) phone(i int) {
	begin := i
	paren := byteAt(s.text, begin-1) == '('
	if paren {
		begin--
	}
	plus := byteAt(s.text, begin-1) == '+'
	if plus {
		begin--
	}
	if s.inNumber(begin, plus || paren) {
		return
	}
	d, ok := s.dial(i, paren)
	if !ok || s.goesOn(d.end) {
		return
	}
	if c := s.phoneForm(&d, plus); c > 0 && (plus || paren || !s.followsDigits(begin)) {
		s.add(kindPhone, begin, d.end, c)
		return
	}
	if !plus && !paren && d.n >= 7 && d.n <= maxNational && d.sizes[0] >= 2 && !d.dots && s.cue(begin) {
		s.add(kindPhone, begin, d.end, cuePhone)
	}
}

// phoneForm is how sure digits are a phone number; 0: they are none.
func (s *scan) phoneForm(d *dialled, plus bool) float32 {
	n, digits := d.n, d.digits[:d.n]
	switch {
	case plus:
		if n >= minInternational && n <= maxInternational && country(digits) {
			return surePhone
		}
	case digits[0] == '0' && digits[1] == '0':
		if n >= minInternational+3 && n <= maxInternational+2 && country(digits[2:]) && (d.groups > 1 || n >= 12) && d.sizes[0] >= 2 {
			return zeroPhone
		}
	case american(d):
		return formPhone
	case d.paren:
		if n >= minNational && n <= maxNational && d.sizes[0] >= 2 && d.sizes[0] <= 5 && d.groups <= 4 && (digits[0] == '0' || n >= 10) {
			return trunkPhone
		}
	case digits[0] == '0' && d.sizes[0] >= 2:
		return trunk(d)
	}
	return 0
}

// trunk is how sure a number is a national one with the 0 that is dialled for long distances.
func trunk(d *dialled) float32 {
	switch {
	case d.n < minNational || d.n > maxNational || d.digits[1] == '0':
		return 0
	case d.groups == 1:
		if d.n == 10 || d.n == 11 {
			return plainPhone
		}
		return 0
	case d.sizes[0] > 6, d.sizes[0] == 2 && d.groups == 2 && d.sizes[1] < 6:
		return 0
	default:
		return trunkPhone
	}
}

// american reports whether a number is one of North America's: NXX-NXX-XXXX, with an area in brackets, a 1 before it.
func american(d *dialled) bool {
	digits, sizes := d.digits[:d.n], d.sizes[:d.groups]
	if d.n == 11 && digits[0] == '1' && sizes[0] == 1 {
		digits, sizes = digits[1:], sizes[1:]
	}
	return len(digits) == 10 && len(sizes) == 3 && sizes[0] == 3 && sizes[1] == 3 && digits[0] >= '2' && digits[3] >= '2' && digits[0] <= '9'
}

// dial reads groups of digits with single signs between them.
func (s *scan) dial(i int, paren bool) (d dialled, ok bool) {
	at := i
	d.dots = true
	for d.groups < maxGroups {
		end := run(s.text, at, maxInternational+3, isDigit)
		size := end - at
		if size == 0 || d.n+size > len(d.digits) {
			return d, false
		}
		d.n += copy(d.digits[d.n:], s.text[at:end])
		d.sizes[d.groups] = size
		d.groups++
		d.end = end
		if paren && d.groups == 1 {
			if byteAt(s.text, end) != ')' {
				return d, false
			}
			end++
			d.paren, d.signs = true, true
		}
		next, trunk := s.gap(&d, end)
		if trunk { // +44 (0)20: the 0 is not dialled from abroad
			d.end = next
		}
		if !is(s.text, next, isDigit) || next == end && !d.paren || next == end && d.groups > 1 && !trunk {
			break
		}
		at = next
	}
	d.dots = d.dots && d.groups > 1
	return d, d.n >= 7
}

// gap returns where the next group begins behind a separator: a space, a dash, a dot, a slash, a bracket, or (0).
func (s *scan) gap(d *dialled, at int) (next int, trunk bool) {
	n := spaceAt(s.text, at)
	next = at + n
	if n > 0 {
		d.spaces, d.dots = true, false
	}
	rest := s.text[next:]
	switch {
	case strings.HasPrefix(rest, "(0)"):
		d.signs, d.dots = true, false
		next += len("(0)")
		return next + spaceAt(s.text, next), true
	case rest == "":
		return at, false
	case rest[0] == '-' || rest[0] == '/':
		d.signs, d.dots = true, false
		next++
		return next + spaceAt(s.text, next)*min(n, 1), false
	case rest[0] == '.' && n == 0:
		d.signs = true
		return next + 1, false
	case rest[0] == '(' && d.groups == 1:
		end := run(s.text, next+1, 6, isDigit)
		if byteAt(s.text, end) != ')' || end == next+1 || d.n+end-next-1 > len(d.digits) {
			return at, false
		}
		d.n += copy(d.digits[d.n:], s.text[next+1:end])
		d.sizes[d.groups] = end - next - 1
		d.groups++
		d.signs, d.dots = true, false
		d.end = end + 1
		next = end + 1
		next += spaceAt(s.text, next)
		if byteAt(s.text, next) == '-' {
			next++
		}
		return next, false
	case strings.HasPrefix(rest, "‑") || strings.HasPrefix(rest, "–"):
		d.signs, d.dots = true, false
		return next + len("–"), false
	}
	return next, false
}

// inNumber reports whether what stands before digits makes them part of something else.
func (s *scan) inNumber(begin int, marked bool) bool {
	if wordBefore(s.text, begin) {
		return true
	}
	switch c := byteAt(s.text, begin-1); c {
	case '-', '.', ',', '/', ':', '(', '\'':
		return is(s.text, begin-2, isDigit) || c == '/' && is(s.text, begin-2, isAlpha) && !marked || c == '-' && is(s.text, begin-2, isAlpha) && !marked
	case '#', '$', '=', '_', '%', '*', '+':
		return true
	}
	return strings.HasSuffix(s.text[:begin], "£") || strings.HasSuffix(s.text[:begin], "€")
}

// followsDigits reports whether a group of two digits or more stands before digits, a space away: the middle of an account's
// number is no phone's.
func (s *scan) followsDigits(begin int) bool {
	n := spaceBefore(s.text, begin)
	return n > 0 && is(s.text, begin-n-1, isDigit) && is(s.text, begin-n-2, isDigit)
}

// goesOn reports whether what follows digits makes them part of something else.
func (s *scan) goesOn(end int) bool {
	if wordAt(s.text, end) {
		return byteAt(s.text, end) != 'x' || !is(s.text, end+1, isDigit) // an extension: x12
	}
	switch byteAt(s.text, end) {
	case '-', '.', ',', '/', ':':
		return is(s.text, end+1, isDigit)
	case '%', '$', '_', '@', '+', '=':
		return true
	}
	return strings.HasPrefix(s.text[end:], "€")
}

// cues are words before a phone number.
var cues = setOf("tel", "telephone", "phone", "mobile", "mob", "cell", "fax", "whatsapp", "dial", "call", "text", "sms", "ring", "telefon", "handy", "ph", "hotline", "helpline", "landline")

// cue reports whether one of the two words before a number tells that it is a phone's.
func (s *scan) cue(begin int) bool {
	end := begin
	for range 2 {
		for end > 0 && begin-end < 24 && strings.IndexByte(" .:#", s.text[end-1]) >= 0 {
			end--
		}
		from := runBack(s.text, end, 12, isAlpha)
		if inFold(cues, s.text[from:end]) {
			return true
		}
		end = from
	}
	return false
}

// country reports whether digits begin with a country's code (ITU E.164, list of codes) and have enough behind it.
func country(d []byte) bool {
	two := int(d[0]-'0')*10 + int(d[1]-'0')
	switch d[0] {
	case '1':
		return len(d) == 11 && d[1] >= '2' && d[4] >= '2'
	case '7':
		return len(d) == 11
	case '0':
		return false
	}
	switch two {
	case 20, 27, 30, 31, 32, 33, 34, 36, 39, 40, 41, 43, 44, 45, 46, 47, 48, 49, 51, 52, 53, 54, 55, 56, 57, 58, 60, 61, 62, 63, 64, 65,
		66, 81, 82, 84, 86, 90, 91, 92, 93, 94, 95, 98:
		return len(d) >= 9
	case 21, 22, 23, 24, 25, 26, 29, 35, 37, 38, 42, 50, 59, 67, 68, 69, 80, 85, 87, 88, 96, 97, 99:
		return len(d) >= 8 // codes of three digits
	}
	return false
}
