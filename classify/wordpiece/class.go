package wordpiece

// Classes of bytes. ASCII punctuation is what BERT counts as such: every printable ASCII character that is neither
// letter, digit nor space.
const (
	classWord = iota
	classSpace
	classPunct
	classControl // removed by the normalizer, so that "ab\x00cd" is one word
	classHigh    // part of a character beyond ASCII
)

var class = func() (t [256]uint8) {
	for b := range t {
		switch {
		case b == '\t', b == '\n', b == '\r', b == ' ':
			t[b] = classSpace
		case b < ' ', b == 0x7f:
			t[b] = classControl
		case b >= 0x80:
			t[b] = classHigh
		case '0' <= b && b <= '9', 'a' <= b && b <= 'z', 'A' <= b && b <= 'Z':
			t[b] = classWord
		default:
			t[b] = classPunct
		}
	}
	return t
}()

var lower = func() (t [256]uint8) {
	for b := range t {
		t[b] = uint8(b)
		if 'A' <= b && b <= 'Z' {
			t[b] += 'a' - 'A'
		}
	}
	return t
}()
