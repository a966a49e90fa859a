package file

import (
	"context"
	"crypto/sha256"
	"errors"
	"hash"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// errTooLarge says that a record is larger than records may be, and does not end in what was read so far.
var errTooLarge = errors.New("the record is too large")

// digest is the size and SHA-256 of a record without its line end, as it comes in pieces.
type digest struct {
	sum  hash.Hash
	size int64
	held []byte // a CR at the end of the last piece, which may belong to the line end
}

func newDigest() *digest { return &digest{sum: sha256.New()} }

func (d *digest) write(piece []byte) {
	body := trimEnd(piece)
	if len(body) == len(piece) && len(body) > 0 && body[len(body)-1] == '\r' {
		body = body[:len(body)-1]
	}
	if len(body) > 0 || (len(piece) > 0 && piece[0] != '\n') {
		d.add(d.held)
		d.held = nil
	}
	d.add(body)
	if end := piece[len(body):]; len(end) == 1 && end[0] == '\r' {
		d.held = []byte{'\r'}
	}
}

func (d *digest) add(b []byte) {
	d.sum.Write(b)
	d.size += int64(len(b))
}

// tooLarge is the fault of the record at the reader's position.
func (r *reader) tooLarge(d *digest) *fault.Error {
	return fault.New(fault.RecordTooLarge, "the record has %d bytes, more than %d (SHA-256 %x)", d.size, r.want.MaxRecord, d.sum.Sum(nil)).
		At(fault.Where{File: r.in.path, Line: r.next.Offset + 1, Offset: r.next.Offset, HasOffset: true})
}

// pass reads past the record at from without holding it, and adds a row for it that has no value. The text goes
// through the chunk's free part.
func (r *reader) pass(ctx context.Context) error {
	d, read := newDigest(), int64(0)
	for {
		if r.cut != nil && r.cut.Swallowing() {
			return r.swallowing()
		}
		n, ended := r.piece()
		d.write(r.buf[r.from : r.from+n])
		read += int64(n)
		r.from += n
		if ended {
			break
		}
		if read > maxSkipped {
			return fault.New(fault.InputTooLarge, "a record of more than %d bytes begins here", int64(maxSkipped)).
				At(fault.Where{File: r.in.path, Line: r.next.Offset + 1}).
				WithFix("check that the file is of this format; a record has to end with a line end")
		}
		r.to = r.rows.end + copy(r.buf[r.rows.end:], r.buf[r.from:r.to])
		r.from = r.rows.end
		if r.atEnd {
			if r.cut != nil && r.cut.Open(r.buf[r.from:r.to]) {
				return r.unclosed()
			}
			d.write(r.buf[r.from:r.to])
			read += int64(r.to - r.from)
			r.from = r.to
			break
		}
		if err := r.read(ctx); err != nil {
			return err
		}
	}
	r.rows.skip(r.next.Offset, r.tooLarge(d))
	r.next.Offset++
	if r.cut != nil {
		r.next.Offset += r.cut.Lines()
		r.cut.Reset()
	}
	r.next.Byte += read
	r.scanned = 0
	return nil
}

// piece returns how much of the unread text belongs to the record, and whether that is its end.
func (r *reader) piece() (n int, ended bool) {
	if end := r.recordEnd(); end >= 0 {
		return end - r.from, true
	}
	r.scanned = 0
	if r.cut != nil {
		return r.cut.Shift(r.buf[r.from:r.to]), false
	}
	return r.to - r.from, false
}
