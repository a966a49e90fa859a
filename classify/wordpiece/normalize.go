package wordpiece

import "unicode/utf8"

// normalizer writes normalized text: control characters gone, white space as ' ', accents stripped, lower case, and ' '
// around each character that is a word of its own unless it is ASCII.
type normalizer struct {
	out []byte
	// marks are the kept combining marks at the end of out, which canonical order may still move. There are at most a
	// few in real text; none at all in most languages.
	marks []mark
}

type mark struct {
	class uint8
	start int // in out
}

// reset forgets the text, and the buffer too when one text made it large.
func (n *normalizer) reset() {
	const keepAtMost = 1 << 20
	if cap(n.out) > keepAtMost {
		n.out = nil
	}
	n.out, n.marks = n.out[:0], n.marks[:0]
}

// add normalizes one code point of the input.
func (n *normalizer) add(c *codePoints, r rune) {
	if r < utf8.RuneSelf {
		n.ascii(byte(r))
		return
	}
	switch v := c.value(r); {
	case v == keep:
		n.start(r)
	case v == remove:
	case v == removeEnd:
		n.marks = n.marks[:0]
	case v == space:
		n.start(' ')
	case v == alone:
		n.start(' ')
		n.out = utf8.AppendRune(n.out, r)
		n.out = append(n.out, ' ')
	case v == hangul:
		n.hangul(r)
	case v >= mapped:
		for _, m := range c.mapping(v) {
			n.kept(c, m)
		}
	default:
		n.combine(r, uint8(v-combining))
	}
}

// kept adds a code point of a mapping, which is normalized already.
func (n *normalizer) kept(c *codePoints, r rune) {
	if r >= utf8.RuneSelf {
		if v := c.value(r); v >= combining && v < mapped {
			n.combine(r, uint8(v-combining))
			return
		}
	}
	n.start(r)
}

// ascii adds an ASCII byte as it is, letters in lower case.
func (n *normalizer) ascii(b byte) {
	switch class[b] {
	case classControl:
		return
	case classSpace:
		b = ' '
	default:
		b = lower[b]
	}
	n.marks = n.marks[:0]
	n.out = append(n.out, b)
}

// start adds a code point that begins a new combining sequence.
func (n *normalizer) start(r rune) {
	n.marks = n.marks[:0]
	n.out = utf8.AppendRune(n.out, r)
}

// combine adds a combining mark behind those of its class and below, and before those above: Unicode's canonical
// ordering. A run of more marks than a word may have code points makes an unknown word in any order; it is left as it
// is, so that no text takes quadratic time.
func (n *normalizer) combine(r rune, class uint8) {
	at := len(n.out)
	i := len(n.marks)
	if i > maxRunes {
		n.out = utf8.AppendRune(n.out, r)
		return
	}
	for i > 0 && n.marks[i-1].class > class {
		i--
		at = n.marks[i].start
	}
	var enc [utf8.UTFMax]byte
	size := utf8.EncodeRune(enc[:], r)
	n.out = append(n.out, enc[:size]...)
	copy(n.out[at+size:], n.out[at:len(n.out)-size])
	copy(n.out[at:], enc[:size])
	n.marks = append(n.marks, mark{})
	copy(n.marks[i+1:], n.marks[i:])
	n.marks[i] = mark{class, at}
	for j := i + 1; j < len(n.marks); j++ {
		n.marks[j].start += size
	}
}

// hangul adds the Jamo of a syllable (Unicode 3.12, Hangul syllable decomposition).
func (n *normalizer) hangul(r rune) {
	const vowels, trails = 21, 28
	s := r - 0xAC00
	n.start(0x1100 + s/(vowels*trails))
	n.start(0x1161 + s%(vowels*trails)/trails)
	if t := s % trails; t != 0 {
		n.start(0x11A7 + t)
	}
}
