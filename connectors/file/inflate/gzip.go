package inflate

import (
	"bufio"
	"errors"
	"io"

	"github.com/klauspost/compress/gzip"
)

// errBehind is the error of a gzip file that goes on with something else.
var errBehind = errors.New("gzip: the last member is followed by something that is no member")

// gzipReader reads the members of a gzip file one by one, so that garbage behind the last can be told from damage.
type gzipReader struct {
	src *bufio.Reader
	z   *gzip.Reader
}

func newGzip(src *bufio.Reader) (*gzipReader, error) {
	z, err := gzip.NewReader(src)
	if err != nil {
		return nil, err
	}
	z.Multistream(false)
	return &gzipReader{src, z}, nil
}

func (g *gzipReader) Read(p []byte) (int, error) {
	for {
		n, err := g.z.Read(p)
		if err != io.EOF {
			return n, err
		}
		if n > 0 {
			return n, nil
		}
		if _, err := g.src.Peek(1); err != nil {
			return 0, err // io.EOF at a proper end
		}
		if magic, _ := g.src.Peek(2); Detect(magic) != Gzip {
			return 0, errBehind
		}
		if err := g.z.Reset(g.src); err != nil {
			return 0, err
		}
		g.z.Multistream(false)
	}
}

// Close frees nothing that the collector doesn't. The library's would tell Read's error once more.
func (g *gzipReader) Close() error { return nil }
