package modelfile

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/cespare/xxhash/v2"
)

// Reader reads one file. It is used by one goroutine, and remembers its first error, after which it reads nothing more.
type Reader struct {
	r       io.Reader
	sum     *xxhash.Digest
	version uint32
	err     error
}

// Open reads a file up to its arrays and unmarshals its header into the value that header points to. It reads no
// further than it must.
func (f *Format) Open(r io.Reader, header any) (*Reader, error) {
	in := &Reader{r: r, sum: xxhash.New()}
	magic := in.bytes(len(f.Magic))
	if errors.Is(in.err, ErrCut) || in.err == nil && string(magic) != f.Magic {
		return nil, f.foreign()
	}
	in.version = in.uint32()
	switch {
	case in.err != nil:
		return nil, in.err
	case in.version > f.Version:
		return nil, ErrNewer
	case in.version == 0:
		return nil, f.foreign()
	}
	size := in.uint32()
	if in.err == nil && size > f.MaxHeader {
		return nil, ErrDamaged
	}
	text := in.bytes(int(size))
	if in.err != nil {
		return nil, in.err
	}
	if err := json.Unmarshal(text, header); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return in, nil
}

// Version is the one that the file was written in, from 1 to the format's.
func (r *Reader) Version() uint32 { return r.version }

// Slice reads the next array, n numbers of a fixed size. It is nil once something went wrong, which Close tells.
func Slice[T any](r *Reader, n int) []T {
	var one T
	b := r.bytes(n * binary.Size(one))
	if r.err != nil {
		return nil
	}
	out := make([]T, n)
	if _, err := binary.Decode(b, binary.LittleEndian, out); err != nil {
		r.err = err
	}
	return out
}

// Close reads the checksum, which it returns, and tells what went wrong first: nothing read before counts until it
// says that all is well. It leaves alone what follows the file.
func (r *Reader) Close() (checksum uint64, err error) {
	want := r.sum.Sum64()
	b := r.bytes(checksumSize)
	if r.err != nil {
		return 0, r.err
	}
	if checksum = binary.LittleEndian.Uint64(b); checksum != want {
		return 0, ErrDamaged
	}
	return checksum, nil
}

// bytes reads n bytes, in parts, so that memory is taken for what is there.
func (r *Reader) bytes(n int) []byte {
	if r.err != nil {
		return nil
	}
	var b bytes.Buffer
	if _, err := io.CopyN(&b, r.r, int64(n)); err != nil {
		if r.err = ErrCut; !errors.Is(err, io.EOF) {
			r.err = err
		}
		return nil
	}
	_, _ = r.sum.Write(b.Bytes())
	return b.Bytes()
}

func (r *Reader) uint32() uint32 {
	b := r.bytes(4)
	if b == nil {
		return 0
	}
	return binary.LittleEndian.Uint32(b)
}
