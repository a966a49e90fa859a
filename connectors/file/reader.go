package file

import (
	"context"
	"errors"
	"io"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/connectors/codec/csv"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// reader cuts one file into records. It reads into chunks that the batches share: a batch's _raw column lies over the
// chunk, and nothing is copied but what a batch leaves behind at the end of one.
//
// Unread text is buf[from:to], in front of it lie the bytes of the batch in the making. A chunk is only ever written
// behind what earlier batches hold.
type reader struct {
	in     *input
	split  *pipeline.Split
	want   pipeline.Projection
	stream *stream
	text   io.Reader   // the stream, decoded
	file   disk.File   // nil for standard input
	cut    *csv.Cutter // nil where every line is a record

	chunk    *memory.Buffer
	buf      []byte // chunk's bytes
	from, to int
	scanned  int  // how far buf[from:to] holds no record's end; the cutter knows for itself
	atEnd    bool // nothing follows buf[:to]
	short    bool // the last read of standard input gave less than was asked for
	expect   int  // bytes of a batch, judged by the last one

	next pipeline.Position
	rows rows
	err  error // what the next call of Next returns
}

// openLines opens a reader of a text format at a position.
func (s *Source) openLines(ctx context.Context, in *input, split *pipeline.Split, from pipeline.Position, want pipeline.Projection, cut *csv.Cutter) (pipeline.Reader, error) {
	if _, err := s.planFor(want); err != nil {
		return nil, err
	}
	r := &reader{in: in, split: split, want: want, cut: cut, next: pipeline.Position{Offset: from.Offset}}
	r.want.Rows, r.want.Bytes = max(want.Rows, 1), max(want.Bytes, 1)
	if r.want.MaxRecord <= 0 {
		r.want.MaxRecord = 16 << 20
	}
	r.expect = min(r.want.Bytes, r.want.Rows*256)
	if err := r.open(s); err != nil {
		return nil, err
	}
	if err := r.seek(ctx, from); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

func (r *reader) open(s *Source) (err error) {
	if p := r.in.stdin; p != nil {
		if p.opened {
			return fault.New(fault.InputUnsupported, "standard input can be read only once").At(fault.Where{File: r.in.path}).
				WithFix("write it to a file first")
		}
		p.opened = true
		r.stream, r.text = p.stream, p.text
		r.buf, r.to, r.atEnd, r.short = p.head, len(p.head), p.atEnd, true
		r.renew()
		return nil
	}
	if r.stream, r.file, err = openFile(s.fs, r.in, s.limit); err != nil {
		return err
	}
	r.text = r.stream
	if err := r.in.unchanged(r.file); err != nil {
		return errors.Join(err, r.stream.Close())
	}
	return nil
}

// Next cuts the next batch.
func (r *reader) Next(ctx context.Context) (*pipeline.Batch, error) {
	if r.err != nil {
		return nil, r.err
	}
	if p := r.in.stdin; p != nil {
		stop := context.AfterFunc(ctx, func() { _ = p.pump.Close() })
		defer stop()
	}
	b := &pipeline.Batch{Split: r.split, First: r.next.Offset}
	r.rows.reset(r.from)
	if r.chunk != nil && !r.atEnd && len(r.buf)-r.from < r.expect {
		r.renew()
	}
	err := r.collect(ctx, b)
	if err != nil && ctx.Err() != nil {
		err = ctx.Err()
	}
	r.estimate(err == errFull)
	if err != nil && err != errFull {
		r.err = err
		if err == io.EOF {
			r.err = r.finish()
		}
		if r.rows.len() == 0 && b.Blank == 0 {
			return nil, r.err
		}
	}
	r.seal(b)
	return b, nil
}

// errFull ends a batch whose chunk has no more room.
var errFull = errors.New("the chunk is full")

// collect adds records to the batch until a limit is reached, the chunk is full (errFull) or the file ends (io.EOF).
func (r *reader) collect(ctx context.Context, b *pipeline.Batch) error {
	for r.rows.len() < r.want.Rows && r.rows.size() < r.want.Bytes {
		end, err := r.find(ctx)
		switch {
		case err == errTooLarge:
			if err := r.pass(ctx); err != nil {
				return err
			}
			continue
		case err != nil:
			return err
		}
		r.take(b, end)
	}
	return nil
}

// take adds the record buf[from:end] to the batch, unless it is blank or too large.
func (r *reader) take(b *pipeline.Batch, end int) {
	rec := r.buf[r.from:end]
	lines := int64(1)
	if r.cut != nil {
		lines += r.cut.Lines()
		r.cut.Reset()
	}
	switch {
	case isBlank(rec, r.cut != nil):
		b.Blank += lines
	case len(rec) > r.want.MaxRecord && len(trimEnd(rec)) > r.want.MaxRecord:
		sum := newDigest()
		sum.write(rec)
		r.rows.skip(r.next.Offset, r.tooLarge(sum))
	default:
		r.rows.add(r.buf, r.from, end, r.next.Offset)
	}
	r.next.Offset += lines
	r.next.Byte += int64(len(rec))
	r.from, r.scanned = end, 0
}

// isBlank reports whether a line is no record: it is empty or, where white space is no value, blank.
func isBlank(line []byte, csv bool) bool {
	if len(line) > 0 && line[0] > ' ' {
		return false
	}
	if csv {
		return len(trimEnd(line)) == 0
	}
	for _, c := range line {
		if c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			return false
		}
	}
	return true
}

// finish checks, at the end of the file, that it is the one that was opened.
func (r *reader) finish() error {
	if r.file != nil {
		if err := r.in.unchanged(r.file); err != nil {
			return err
		}
	}
	return io.EOF
}

// Close frees what the reader holds.
func (r *reader) Close() error {
	if r.chunk != nil {
		r.chunk.Release()
		r.chunk = nil
	}
	if err := r.stream.Close(); err != nil {
		return fault.Unreadable(err, r.in.path)
	}
	return nil
}

// unclosed is the error of a file that ends inside of quotes.
func (r *reader) unclosed() error {
	return inFile(r.in.path, csv.Unclosed(r.next.Offset+r.cut.Opened()+1))
}

// swallowing is the error of quotes that span lines and more of them than a record may be.
func (r *reader) swallowing() error {
	line := r.next.Offset + r.cut.Opened() + 1
	return fault.New(fault.InputUnclosedQuote, "the quote opened on line %d is not closed within %d bytes", line, r.want.MaxRecord).
		At(fault.Where{File: r.in.path, Line: line}).
		WithFix("close the quote on line %d, or raise max_record_bytes if the record is that large", line)
}

// beyond is the error of a position that the file does not have.
func (r *reader) beyond() error {
	return fault.New(fault.InputChanged, "it ends before the place where the run stopped").At(fault.Where{File: r.in.path})
}

var _ pipeline.Reader = (*reader)(nil)
