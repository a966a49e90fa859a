package protobuf

import (
	"encoding/binary"
	"slices"
)

// AppendIndex appends the path of a message as it stands before the payload: how many indexes and each of them, zigzag;
// a single 0 stands for the first message of the file.
func (s *Schema) AppendIndex(dst []byte, number int) []byte {
	path := s.messages[number].path
	if len(path) == 1 && path[0] == 0 {
		return append(dst, 0)
	}
	dst = binary.AppendVarint(dst, int64(len(path)))
	for _, i := range path {
		dst = binary.AppendVarint(dst, int64(i))
	}
	return dst
}

// TakeIndex reads the path before a payload and returns the number of its message and the payload. On an error, it has
// the code record.schema.
func (s *Schema) TakeIndex(b []byte) (number int, payload []byte, err error) {
	if len(b) > 0 && b[0] == 0 {
		return 0, b[1:], nil
	}
	count, n := binary.Varint(b)
	if n <= 0 || count < 0 || count > maxIndexes {
		return 0, nil, misfit("the index of its type is damaged")
	}
	b = b[n:]
	var room [8]int
	path := room[:0]
	for range count {
		v, n := binary.Varint(b)
		if n <= 0 || v < 0 || v > maxNumber {
			return 0, nil, misfit("the index of its type is damaged")
		}
		b = b[n:]
		path = append(path, int(v))
	}
	if number = s.Number(path); number < 0 {
		return 0, nil, misfit("the schema has no message at %v", slices.Clone(path))
	}
	return number, b, nil
}
