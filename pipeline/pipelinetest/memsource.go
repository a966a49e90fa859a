package pipelinetest

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// MemSource is a bounded source of generated records that fails as it is told to. Set its fields before use. Record r
// of split s is the JSON object {"id":"s/r","text":"…"}.
type MemSource struct {
	Sizes []int // records of each split
	// Stride is the distance of two records' offsets; 1 by default. What lies between counts as blank lines.
	Stride int64
	// Text makes a record's text; nil: "text <r> of <s>". A nil result is a null.
	Text func(split int, r int64) *string
	// Bad says which records can't be read, and why.
	Bad func(split int, r int64) *fault.Error
	// Script runs before each layout, splits, open, next and close.
	Script Script
	// Fingerprint is that of every split; change it to change the input.
	Fingerprint string
	// EndUnknown leaves Split.End at -1.
	EndUnknown bool
	// NoRaw makes the source one without bytes of single records.
	NoRaw bool
	// Once makes the source one that can't be read again.
	Once bool

	calls calls
}

var _ pipeline.Source = (*MemSource)(nil)

// NewMemSource returns a source of so many splits of so many records each.
func NewMemSource(splits, records int) *MemSource {
	s := &MemSource{}
	for range splits {
		s.Sizes = append(s.Sizes, records)
	}
	return s
}

// MemSchema is what MemSource's records look like.
var MemSchema = arrow.NewSchema([]arrow.Field{
	{Name: "id", Type: arrow.BinaryTypes.String, Nullable: true},
	{Name: "text", Type: arrow.BinaryTypes.String, Nullable: true},
}, nil)

// Calls returns what was called so far.
func (s *MemSource) Calls() []Call { return s.calls.made() }

// IDs returns the ids of a split's records in order, those of bad ones included.
func (s *MemSource) IDs(split int) []string {
	ids := make([]string, s.Sizes[split])
	for r := range ids {
		ids[r] = s.id(split, int64(r))
	}
	return ids
}

// SplitID returns the ID of the i-th split.
func (s *MemSource) SplitID(i int) string { return fmt.Sprintf("part-%02d", i) }

func (s *MemSource) id(split int, r int64) string { return fmt.Sprintf("%s/%d", s.SplitID(split), r) }

func (s *MemSource) text(split int, r int64) *string {
	if s.Text != nil {
		return s.Text(split, r)
	}
	t := fmt.Sprintf("text %d of %s", r, s.SplitID(split))
	return &t
}

// Raw returns a record as it came.
func (s *MemSource) Raw(split int, r int64) string {
	text := "null"
	if t := s.text(split, r); t != nil {
		text = fmt.Sprintf("%q", *t)
	}
	return fmt.Sprintf("{\"id\":%q,\"text\":%s}\n", s.id(split, r), text)
}

func (s *MemSource) stride() int64 { return max(s.Stride, 1) }

func (s *MemSource) call(ctx context.Context, c Call) error {
	return s.Script.run(ctx, s.calls.count(c))
}

// Layout describes the records.
func (s *MemSource) Layout(ctx context.Context) (*pipeline.Layout, error) {
	if err := s.call(ctx, Call{Kind: "layout"}); err != nil {
		return nil, err
	}
	l := &pipeline.Layout{Format: "jsonl", Schema: MemSchema, Raw: pipeline.RawJSON, Replayable: !s.Once}
	if s.NoRaw {
		l.Format, l.Raw = "table", pipeline.RawNone
	}
	return l, nil
}

// Splits lists the splits.
func (s *MemSource) Splits(ctx context.Context) ([]*pipeline.Split, error) {
	if err := s.call(ctx, Call{Kind: "splits"}); err != nil {
		return nil, err
	}
	splits := make([]*pipeline.Split, len(s.Sizes))
	for i, n := range s.Sizes {
		id := s.SplitID(i)
		end := int64(n) * s.stride()
		if s.EndUnknown {
			end = -1
		}
		splits[i] = &pipeline.Split{ID: id, File: id + ".jsonl", End: end, Size: s.bytes(i, int64(n)), Fingerprint: s.Fingerprint}
	}
	return splits, nil
}

// bytes is where the r-th record of a split begins.
func (s *MemSource) bytes(split int, r int64) int64 {
	var sum int64
	for i := range r {
		sum += int64(len(s.Raw(split, i))) + s.stride() - 1
	}
	return sum
}

// Open starts reading at a position that a batch ended at.
func (s *MemSource) Open(ctx context.Context, split *pipeline.Split, from pipeline.Position, want pipeline.Projection) (pipeline.Reader, error) {
	if err := s.call(ctx, Call{Kind: "open", Split: split.ID, Offset: from.Offset}); err != nil {
		return nil, err
	}
	var i int
	if _, err := fmt.Sscanf(split.ID, "part-%d", &i); err != nil {
		return nil, fmt.Errorf("open split %s: %w", split.ID, err)
	}
	r := &memReader{source: s, split: split, index: i, want: want}
	r.next = (from.Offset + s.stride() - 1) / s.stride()
	if r.at = s.bytes(i, r.next); from.Byte >= 0 && from.Byte != r.at {
		return nil, fmt.Errorf("open split %s at offset %d: byte %d, want %d", split.ID, from.Offset, from.Byte, r.at)
	}
	r.offset = from.Offset
	return r, nil
}

type memReader struct {
	source *MemSource
	split  *pipeline.Split
	index  int
	want   pipeline.Projection
	next   int64 // record
	offset int64
	at     int64 // byte
}

func (r *memReader) Close() error {
	return r.source.call(context.Background(), Call{Kind: "close", Split: r.split.ID, Offset: r.offset})
}

// Next makes the next records.
func (r *memReader) Next(ctx context.Context) (*pipeline.Batch, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s := r.source
	if err := s.call(ctx, Call{Kind: "next", Split: r.split.ID, Offset: r.offset}); err != nil {
		return nil, err
	}
	if r.next >= int64(s.Sizes[r.index]) {
		return nil, io.EOF
	}
	return r.batch(), nil
}

// batch makes a batch of the next records, of which there are some.
func (r *memReader) batch() *pipeline.Batch {
	s, size := r.source, int64(r.source.Sizes[r.index])
	b := &pipeline.Batch{Split: r.split, First: r.offset}
	build := newMemBuilder(r.want)
	defer build.Release()
	for rows, bytes := 0, 0; r.next < size && rows < max(r.want.Rows, 1) && (rows == 0 || bytes < r.want.Bytes); rows++ {
		raw := s.Raw(r.index, r.next)
		bad := r.bad()
		build.add(r.next*s.stride(), s.id(r.index, r.next), s.text(r.index, r.next), raw, bad)
		bytes += len(raw)
		r.at += int64(len(raw)) + s.stride() - 1
		b.Blank += s.stride() - 1
		r.next++
	}
	r.offset = r.next * s.stride()
	b.Next = pipeline.Position{Offset: r.offset, Byte: r.at, Read: r.at}
	b.Record = build.record()
	for row, err := range build.faults {
		if err != nil {
			b.Kill(row, err)
		}
	}
	return b
}

func (r *memReader) bad() *fault.Error {
	if r.source.Bad == nil {
		return nil
	}
	return r.source.Bad(r.index, r.next)
}

// memBuilder builds the projected columns.
type memBuilder struct {
	*array.RecordBuilder
	want   pipeline.Projection
	faults []*fault.Error
}

func newMemBuilder(want pipeline.Projection) *memBuilder {
	fields := []arrow.Field{{Name: pipeline.ColOffset, Type: arrow.PrimitiveTypes.Int64}}
	if want.Raw {
		fields = append(fields, arrow.Field{Name: pipeline.ColRaw, Type: arrow.BinaryTypes.Binary, Nullable: true})
	}
	fields = append(fields, want.Columns...)
	return &memBuilder{RecordBuilder: array.NewRecordBuilder(want.Alloc, arrow.NewSchema(fields, nil)), want: want}
}

func (m *memBuilder) add(offset int64, id string, text *string, raw string, bad *fault.Error) {
	m.faults = append(m.faults, bad)
	m.Field(0).(*array.Int64Builder).Append(offset)
	at := 1
	if m.want.Raw {
		m.Field(at).(*array.BinaryBuilder).Append([]byte(raw))
		at++
	}
	for i, f := range m.want.Columns {
		col := m.Field(at + i).(*array.StringBuilder)
		switch {
		case bad != nil:
			col.AppendNull()
		case f.Name == "id":
			col.Append(id)
		case f.Name == "text" && text != nil:
			col.Append(strings.Clone(*text))
		default:
			col.AppendNull()
		}
	}
}

func (m *memBuilder) record() arrow.RecordBatch { return m.NewRecordBatch() }
