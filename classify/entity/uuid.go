package entity

const (
	sureUUID = 0.99
	uuidSize = 36
)

// dash looks around the first dash of a UUID, which has eight hexadecimal digits before it.
func (s *scan) dash(i int) {
	begin := i - 8
	if !s.wanted.has(kindUUID) || byteAt(s.text, i+5) != '-' || byteAt(s.text, i+10) != '-' || byteAt(s.text, i+15) != '-' || begin < 0 || begin+uuidSize > len(s.text) {
		return
	}
	for k := begin; k < begin+uuidSize; k++ {
		if dash := k == i || k == i+5 || k == i+10 || k == i+15; !dash && class[s.text[k]]&isHex == 0 {
			return
		}
	}
	end := begin + uuidSize
	if wordBefore(s.text, begin) || wordAt(s.text, end) || byteAt(s.text, end) == '-' && wordAt(s.text, end+1) || byteAt(s.text, begin-1) == '-' {
		return
	}
	s.add(kindUUID, begin, end, sureUUID)
}
