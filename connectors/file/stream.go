package file

import (
	"errors"
	"io"
	"slices"

	"github.com/winnow-stream/winnow/connectors/file/charset"
	"github.com/winnow-stream/winnow/connectors/file/inflate"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// stream is the text of one input: its bytes decompressed and as UTF-8. Its errors are coded.
type stream struct {
	name     string
	raw      *counted
	text     io.Reader
	closers  []io.Closer // in the order of opening
	limit    int64       // the size to which it may inflate
	inflated int64
	packed   bool
}

// newStream layers decompression and decoding over the bytes of an input. It owns closers from here on.
func newStream(in *input, raw io.Reader, limit int64, closers ...io.Closer) (*stream, error) {
	s := &stream{name: in.path, limit: limit, closers: closers, packed: in.packed != inflate.None}
	s.raw = &counted{r: raw}
	plain, err := inflate.NewReader(in.packed, s.raw)
	if err != nil {
		return nil, errors.Join(s.coded(err), s.Close())
	}
	s.closers = append(s.closers, plain)
	s.text = in.encoding.NewReader(&meter{s, plain})
	return s, nil
}

// Read reads the text.
func (s *stream) Read(p []byte) (int, error) {
	n, err := s.text.Read(p)
	if err != nil && err != io.EOF && err != errSilent {
		err = s.coded(err)
	}
	return n, err
}

// coded says what an error of any layer means: one of the operating system's may pass, one of a decompressor is damage.
func (s *stream) coded(err error) error {
	if _, ok := fault.As(err); ok {
		return err
	}
	if s.raw.err != nil {
		return fault.Unreadable(s.raw.err, s.name)
	}
	what := "the compressed data is damaged: %w"
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		what = "the compressed data is cut short or damaged: %w"
	}
	return fault.New(fault.InputCorrupt, what, err).At(fault.Where{File: s.name})
}

// Close closes all layers.
func (s *stream) Close() error {
	var errs []error
	for _, c := range slices.Backward(s.closers) {
		errs = append(errs, c.Close())
	}
	s.closers = nil
	return errors.Join(errs...)
}

// counted counts the bytes that were read and remembers an error of the source.
type counted struct {
	r   io.Reader
	n   int64
	err error
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	if err != nil && err != io.EOF && err != errSilent {
		c.err = err
	}
	return n, err
}

// meter stops a stream that inflates beyond its limit.
type meter struct {
	s *stream
	r io.Reader
}

func (m *meter) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	m.s.inflated += int64(n)
	if m.s.packed && m.s.inflated > m.s.limit {
		return 0, fault.New(fault.InputTooLarge, "the file inflates to more than %d bytes", m.s.limit).
			At(fault.Where{File: m.s.name})
	}
	return n, err
}

// openFile opens a file's text.
func openFile(fsys disk.FS, in *input, limit int64) (*stream, disk.File, error) {
	f, err := fsys.Open(in.path)
	if err != nil {
		return nil, nil, fault.Unreadable(err, in.path)
	}
	s, err := newStream(in, f, limit, f)
	return s, f, err
}

// utf8Plain reports whether the text's bytes are the file's own, so that a reader can seek.
func (in *input) utf8Plain() bool { return in.packed == inflate.None && in.encoding == charset.UTF8 }
