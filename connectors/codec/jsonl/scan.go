package jsonl

import "math/bits"

// Kind is the kind of a JSON value as it stands in a record.
type Kind uint8

const (
	Absent Kind = iota
	Null
	False
	True
	Int   // a number without fraction and exponent
	Float // any other number
	String
	Escaped // a string with at least one escape
	Object
	Array
)

// maxDepth is how deep arrays and objects may be nested. Go's own decoder allows 10,000; real records stay below 100.
const maxDepth = 1024

// scanner checks the JSON text of one record. Positions are indexes into data, which ends with the record. A method
// that finds a mistake returns -1, with the mistake in bad and its position in at.
type scanner struct {
	data []byte
	from int // where the record begins
	bad  problem
	at   int
	name string // the field behind twice and reserved
}

func (s *scanner) fail(p problem, at int) int {
	if at >= len(s.data) {
		p = endsEarly
	} else if s.data[at] < ' ' && !isSpace(s.data[at]) {
		p = control
	}
	s.bad, s.at = p, at
	return -1
}

// space returns the index of the first byte from i on that is not white space.
func (s *scanner) space(i int) int {
	for i < len(s.data) && s.data[i] <= ' ' && isSpace(s.data[i]) {
		i++
	}
	return i
}

// is reports whether the byte at i is c.
func (s *scanner) is(i int, c byte) bool { return i < len(s.data) && s.data[i] == c }

// str checks a string whose first byte after the opening quote is at i and returns the index after the closing quote.
func (s *scanner) str(i int) (next int, kind Kind) {
	kind = String
	data := s.data
	for {
		for i+8 <= len(data) {
			if m := special(word(data[i:])); m != 0 {
				i += bits.TrailingZeros64(m) >> 3
				break
			}
			i += 8
		}
		for i < len(data) && data[i] >= ' ' && data[i] != '"' && data[i] != '\\' {
			i++
		}
		switch {
		case i >= len(data):
			return s.fail(endsEarly, i), kind
		case data[i] == '"':
			return i + 1, kind
		case data[i] == '\\':
			if i = s.escape(i); i < 0 {
				return -1, kind
			}
			kind = Escaped
		default:
			s.bad, s.at = control, i
			return -1, kind
		}
	}
}

// escape checks the escape whose backslash is at i and returns the index after it.
func (s *scanner) escape(i int) int {
	if i+1 >= len(s.data) {
		return s.fail(endsEarly, i+1)
	}
	switch s.data[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 2
	case 'u':
		for j := i + 2; j < i+6; j++ {
			if j >= len(s.data) || hexDigit(s.data[j]) < 0 {
				return s.fail(badEscape, j)
			}
		}
		return i + 6
	default:
		return s.fail(badEscape, i+1)
	}
}

// value checks the value at i and returns the index after it.
func (s *scanner) value(i int) (next int, kind Kind) {
	if i >= len(s.data) {
		return s.fail(endsEarly, i), Absent
	}
	switch c := s.data[i]; c {
	case '"':
		return s.str(i + 1)
	case '{':
		return s.nested(i), Object
	case '[':
		return s.nested(i), Array
	default:
		return s.scalar(i, c)
	}
}

func (s *scanner) scalar(i int, c byte) (next int, kind Kind) {
	switch c {
	case 't':
		return s.literal(i, "true"), True
	case 'f':
		return s.literal(i, "false"), False
	case 'n':
		return s.literal(i, "null"), Null
	default:
		return s.number(i)
	}
}

func (s *scanner) literal(i int, want string) int {
	for j := range len(want) {
		if i+j >= len(s.data) {
			return s.fail(endsEarly, i+j)
		}
		if s.data[i+j] != want[j] {
			return s.fail(badValue, i)
		}
	}
	return i + len(want)
}

func (s *scanner) number(i int) (next int, kind Kind) {
	from := i
	if s.is(i, '-') {
		i++
	}
	switch {
	case s.is(i, '0'):
		i++
	default:
		digits := s.digits(i)
		if digits == i {
			if from == i {
				return s.fail(badValue, i), Int
			}
			return s.fail(badNumber, i), Int
		}
		i = digits
	}
	kind = Int
	if s.is(i, '.') {
		digits := s.digits(i + 1)
		if digits == i+1 {
			return s.fail(badNumber, digits), Float
		}
		i, kind = digits, Float
	}
	if s.is(i, 'e') || s.is(i, 'E') {
		i++
		if s.is(i, '+') || s.is(i, '-') {
			i++
		}
		digits := s.digits(i)
		if digits == i {
			return s.fail(badNumber, digits), Float
		}
		i, kind = digits, Float
	}
	return i, kind
}

// digits returns the index after the run of digits at i.
func (s *scanner) digits(i int) int {
	for i < len(s.data) && s.data[i]-'0' <= 9 {
		i++
	}
	return i
}

func hexDigit(c byte) int {
	switch {
	case c-'0' <= 9:
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	default:
		return -1
	}
}
