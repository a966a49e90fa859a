package column

import (
	"io"
	"slices"
)

// readAhead is how many bytes are read at once where less is asked for. Pages are mostly larger.
const readAhead = 64 << 10

// window is a file read forwards, through a buffer as large as the largest piece that was asked for.
type window struct {
	src    io.ReaderAt
	buf    []byte
	lo, hi int   // what is read and not used: buf[lo:hi]
	at     int64 // file offset of buf[lo]
	end    int64 // nothing is read from here on
}

func (w *window) seek(at int64) { w.lo, w.hi, w.at = 0, 0, at }

// peek returns the next n bytes, or what is left of them before the end. They are valid until the next call.
func (w *window) peek(n int) ([]byte, error) {
	n = int(min(int64(n), w.end-w.at))
	if have := w.hi - w.lo; have < n {
		copy(w.buf, w.buf[w.lo:w.hi])
		w.lo, w.hi = 0, have
		want := int(min(int64(max(n, readAhead)), w.end-w.at))
		if len(w.buf) < want {
			w.buf = slices.Grow(w.buf[:have], want-have)
			w.buf = w.buf[:cap(w.buf)]
		}
		m, err := readAt(w.src, w.buf[have:want], w.at+int64(have))
		if err != nil {
			return nil, err
		}
		w.hi += m
	}
	return w.buf[w.lo:min(w.hi, w.lo+n)], nil
}

// skip passes over n bytes, read or not.
func (w *window) skip(n int) {
	if n > w.hi-w.lo {
		w.lo, w.hi = 0, 0
	} else {
		w.lo += n
	}
	w.at += int64(n)
}
