package file

import (
	"bytes"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// squeezer compresses byte slices, each into a gzip member or a zstd frame of its own: so workers compress side by side,
// every commit ends a member, and a file can be cut at any of them. It is safe for concurrent use.
type squeezer struct {
	zstd *zstd.Encoder
	gzip sync.Pool // *gzip.Writer
}

// newSqueezer returns nil for none.
func newSqueezer(compression string) *squeezer {
	switch compression {
	case compressGzip:
		return new(squeezer)
	case compressZstd:
		// EncodeAll alone is used: it has no goroutines, and options without errors.
		z, err := zstd.NewWriter(nil, zstd.WithEncoderCRC(true))
		if err != nil {
			panic(err)
		}
		return &squeezer{zstd: z}
	default:
		return nil
	}
}

// append appends p compressed to dst; p itself on a nil squeezer, nothing where p is empty.
func (s *squeezer) append(dst, p []byte) []byte {
	switch {
	case len(p) == 0:
		return dst
	case s == nil:
		return append(dst, p...)
	case s.zstd != nil:
		return s.zstd.EncodeAll(p, dst)
	}
	out := bytes.NewBuffer(dst)
	w, ok := s.gzip.Get().(*gzip.Writer)
	if !ok {
		w = gzip.NewWriter(nil)
	}
	w.Reset(out)
	_, _ = w.Write(p) // a bytes.Buffer gives no errors
	_ = w.Close()
	w.Reset(nil)
	s.gzip.Put(w)
	return out.Bytes()
}
