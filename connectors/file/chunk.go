package file

import (
	"bytes"
	"context"
	"io"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// find returns the end of the record that begins at from, reading on as needed.
func (r *reader) find(ctx context.Context) (int, error) {
	for {
		if end := r.recordEnd(); end >= 0 {
			return end, nil
		}
		if r.atEnd {
			return r.lastRecord()
		}
		if r.to-r.from > r.want.MaxRecord+2 { // a line end may be part of it
			return 0, errTooLarge
		}
		if r.rows.len() > 0 && r.short {
			return 0, errFull // whoever writes to standard input is slower than the pipeline
		}
		if err := r.fill(ctx); err != nil {
			return 0, err
		}
	}
}

// recordEnd returns the end of the record that begins at from, -1 where it does not lie in the chunk.
func (r *reader) recordEnd() int {
	if r.cut != nil {
		if n := r.cut.Cut(r.buf[r.from:r.to]); n >= 0 {
			return r.from + n
		}
		return -1
	}
	at := r.from + r.scanned
	if n := bytes.IndexByte(r.buf[at:r.to], '\n'); n >= 0 {
		return at + n + 1
	}
	r.scanned = r.to - r.from
	return -1
}

// lastRecord is what lies behind the last line end.
func (r *reader) lastRecord() (int, error) {
	if r.from == r.to {
		return 0, io.EOF
	}
	if r.cut != nil && r.cut.Open(r.buf[r.from:r.to]) {
		return 0, r.unclosed()
	}
	return r.to, nil
}

// fill reads more text behind what there is.
func (r *reader) fill(ctx context.Context) error {
	if r.chunk == nil || r.to == len(r.buf) {
		if r.rows.len() > 0 {
			return errFull
		}
		r.renew()
	}
	return r.read(ctx)
}

// read reads once into the rest of the chunk.
func (r *reader) read(ctx context.Context) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := r.text.Read(r.buf[r.to:])
		r.to += n
		r.short = r.file == nil && n < minChunk && r.to < len(r.buf)
		switch {
		case err == io.EOF:
			r.atEnd = true
			return nil
		case err != nil:
			return err
		case n > 0:
			return nil
		}
	}
}

// renew goes on in a new chunk with room for a batch, taking along what is unread.
func (r *reader) renew() {
	unread := r.to - r.from
	size := max(minChunk, r.expect+r.expect/8, unread+minChunk, min(2*unread, r.want.MaxRecord))
	chunk := memory.NewResizableBuffer(r.want.Alloc)
	chunk.Resize(size)
	r.to = copy(chunk.Bytes(), r.buf[r.from:r.to])
	r.from = 0
	if r.chunk != nil {
		r.chunk.Release()
	}
	r.chunk, r.buf = chunk, chunk.Bytes()
	r.rows.reset(0)
}

// estimate judges by the batch that ends how large the next will be.
func (r *reader) estimate(full bool) {
	switch {
	case full:
		r.expect = max(r.expect, min(2*r.expect, r.want.Bytes, maxChunk))
	case r.rows.size() > 0 && !r.atEnd:
		r.expect = min(r.rows.size()+r.rows.size()/16, maxChunk)
	}
}

// seek moves to a position. A file that is plain UTF-8 is entered at the byte; of others everything before it is read
// and thrown away, by bytes or, where these are unknown, by counting lines.
func (r *reader) seek(ctx context.Context, from pipeline.Position) error {
	if from.Byte <= 0 {
		if err := r.skipBOM(ctx); err != nil {
			return err
		}
		return r.skipLines(ctx, from.Offset)
	}
	if r.file == nil || !r.in.utf8Plain() {
		return r.skipBytes(ctx, from.Byte)
	}
	if _, err := r.file.Seek(from.Byte, io.SeekStart); err != nil {
		return fault.Unreadable(err, r.in.path)
	}
	r.stream.raw.n, r.next.Byte = from.Byte, from.Byte
	return nil
}

func (r *reader) skipBytes(ctx context.Context, n int64) error {
	for r.next.Byte < n {
		if err := r.more(ctx); err != nil {
			return err
		}
		r.drop(int(min(n-r.next.Byte, int64(r.to-r.from))))
	}
	return nil
}

// skipLines drops n lines, the last of which may lack its end.
func (r *reader) skipLines(ctx context.Context, n int64) error {
	begun := false
	for n > 0 {
		err := r.more(ctx)
		switch {
		case err != nil && r.atEnd && begun && n == 1:
			return nil
		case err != nil:
			return err
		}
		end := bytes.IndexByte(r.buf[r.from:r.to], '\n') + 1
		if begun = end == 0; begun {
			end = r.to - r.from
		} else {
			n--
		}
		r.drop(end)
	}
	return nil
}

// more makes sure that there is unread text.
func (r *reader) more(ctx context.Context) error {
	for r.from == r.to {
		if r.atEnd {
			return r.beyond()
		}
		r.from, r.to = 0, 0
		if err := r.fill(ctx); err != nil {
			return err
		}
	}
	return nil
}

// drop passes over n bytes of unread text.
func (r *reader) drop(n int) {
	r.from += n
	r.next.Byte += int64(n)
}

// skipBOM skips the byte order mark of UTF-8.
func (r *reader) skipBOM(ctx context.Context) error {
	for r.to-r.from < len(bom) && !r.atEnd {
		if err := r.fill(ctx); err != nil {
			return err
		}
	}
	if bytes.HasPrefix(r.buf[r.from:r.to], bom) {
		r.drop(len(bom))
	}
	return nil
}
