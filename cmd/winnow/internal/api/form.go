package api

import (
	"bufio"
	"bytes"
	"io"
	"mime/multipart"
	"mime/quotedprintable"
	"strings"
)

// form reads a form as multipart.Reader does. That one looks at each byte by itself for the line end before a boundary, which
// was a third of what an upload took. So it is handed the form line by line, and holds nothing of a part when it has read that
// part's header; then what can't be a boundary is read past it, and what may be one is left to it.
type form struct {
	parts    *multipart.Reader
	raw      *bufio.Reader
	boundary []byte // as it begins a line: "\n--…"
	given    int64  // bytes of a part that parts was handed
}

// newForm is the form that body has, of which so many bytes are read at once.
func newForm(body io.Reader, boundary string, size int) *form {
	f := &form{raw: bufio.NewReaderSize(body, size), boundary: []byte("\n--" + boundary)}
	f.parts = multipart.NewReader(f, boundary)
	return f
}

// part is one of a form's.
type part struct {
	*multipart.Part
	held io.Reader
}

// Read reads what the part holds.
func (p *part) Read(b []byte) (int, error) { return p.held.Read(b) }

// next is the next part, or an error; io.EOF: there is none.
func (f *form) next() (*part, error) {
	p, err := f.parts.NextRawPart()
	if err != nil {
		return nil, err
	}
	f.given = 0
	var in io.Reader = &held{form: f, part: p}
	if strings.EqualFold(p.Header.Get("Content-Transfer-Encoding"), "quoted-printable") {
		in = quotedprintable.NewReader(in)
	}
	return &part{Part: p, held: in}, nil
}

// Read hands the form to parts, at most a line at a time.
func (f *form) Read(p []byte) (int, error) {
	line, err := f.peek(len(p))
	if err != nil {
		return 0, err
	}
	if i := bytes.IndexByte(line, '\n'); i >= 0 {
		line = line[:i+1]
	}
	n, err := f.raw.Read(p[:len(line)])
	f.given += int64(n)
	return n, err
}

// peek is what is next of the form: something, and at most so many bytes.
func (f *form) peek(most int) ([]byte, error) {
	if _, err := f.raw.Peek(1); err != nil {
		return nil, err
	}
	return f.raw.Peek(min(most, f.raw.Buffered()))
}

// plain is how many bytes of buf can't belong to a boundary, nor to the line end in front of it.
func (f *form) plain(buf []byte) int {
	n := bytes.Index(buf, f.boundary)
	if n < 0 {
		n = len(buf)
		last := buf[max(0, n-len(f.boundary)):]
		if i := bytes.LastIndexByte(last, '\n'); i >= 0 && bytes.HasPrefix(f.boundary, last[i:]) {
			n -= len(last) - i
		}
	}
	if n > 0 && buf[n-1] == '\r' {
		n--
	}
	return n
}

// held is what a part of a form holds, as it came.
type held struct {
	form  *form
	part  *multipart.Part
	taken int64 // bytes that came out of part
}

// Read reads past the form's parts where they hold nothing. They judge the beginning, which may be a boundary without a line end.
func (h *held) Read(p []byte) (int, error) {
	if h.taken > 0 && h.taken == h.form.given {
		if buf, err := h.form.peek(len(p)); err == nil {
			if n := h.form.plain(buf); n > 0 {
				return h.form.raw.Read(p[:n])
			}
		}
	}
	n, err := h.part.Read(p)
	h.taken += int64(n)
	return n, err
}
