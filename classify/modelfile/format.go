package modelfile

import (
	"encoding/binary"
	"encoding/json"
	"io"

	"github.com/cespare/xxhash/v2"
)

// Format is a kind of file. Numbers are little endian:
//
//	magic     8 bytes
//	version   uint32
//	header    uint32 length, then JSON
//	arrays    one after another, of lengths that the header tells
//	checksum  uint64: xxhash64 of everything before
type Format struct {
	Magic     string // 8 bytes
	Version   uint32 // of what is written; 1 and up, all of which can be read
	Noun      string // what such a file is, in errors: "model"
	MaxHeader uint32 // bytes of the header's JSON
}

// checksumSize is the checksum's length in bytes.
const checksumSize = 8

// Write writes a file and returns its length in bytes. The same header and arrays, slices of numbers, give the same
// bytes.
func (f *Format) Write(w io.Writer, header any, arrays ...any) (int64, error) {
	text, err := json.Marshal(header)
	if err != nil {
		return 0, err
	}
	sum := xxhash.New()
	out := &counting{w: io.MultiWriter(w, sum)}
	le := binary.LittleEndian
	head := append([]byte(f.Magic), le.AppendUint32(nil, f.Version)...)
	head = le.AppendUint32(head, uint32(len(text)))
	if _, err := out.Write(append(head, text...)); err != nil {
		return out.n, err
	}
	for _, array := range arrays {
		if err := binary.Write(out, le, array); err != nil {
			return out.n, err
		}
	}
	_, err = out.Write(le.AppendUint64(nil, sum.Sum64()))
	return out.n, err
}

// counting is a writer that counts.
type counting struct {
	w io.Writer
	n int64
}

func (c *counting) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	return n, err
}
