package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/jackc/pgx/v5"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// reader reads rows in the order of their keys, each batch by a query of its own: nothing stays open in the database between two.
type reader struct {
	source *source
	conn   *pgx.Conn
	split  *pipeline.Split
	want   pipeline.Projection
	next   int64 // the smallest key that comes next
	query  string
	schema *arrow.Schema
	key    int64
	values []value
	row    []any // what a row is scanned into: the key and the values
}

func newReader(s *source, conn *pgx.Conn, split *pipeline.Split, from int64, want pipeline.Projection) *reader {
	r := &reader{source: s, conn: conn, split: split, want: want, next: from}
	fields := []arrow.Field{{Name: pipeline.ColOffset, Type: arrow.PrimitiveTypes.Int64}}
	list := []string{s.key + "::bigint"}
	r.row = []any{&r.key}
	for _, f := range want.Columns {
		c := s.columns[slices.IndexFunc(s.columns, func(c selected) bool { return c.field.Name == f.Name })] // winnow knows the layout
		fields, list = append(fields, c.field), append(list, c.expr)
		v := c.value()
		r.values, r.row = append(r.values, v), append(r.row, v.target())
	}
	r.schema = arrow.NewSchema(fields, nil)
	r.query = fmt.Sprintf("SELECT %s FROM %s WHERE %s >= $1 AND %s < $2 ORDER BY %s LIMIT $3",
		strings.Join(list, ", "), s.from, s.key, s.key, s.key)
	return r
}

// Next reads the next rows of the range, and io.EOF where there are none.
func (r *reader) Next(ctx context.Context) (*pipeline.Batch, error) {
	b, err := r.read(ctx, r.split.End)
	if err == nil && b == nil {
		err = io.EOF
	}
	return b, err
}

// read reads rows whose key is below end; nil where there are none. One row more is asked for, since two with the same key might
// lie on both sides of a batch's end.
func (r *reader) read(ctx context.Context, end int64) (*pipeline.Batch, error) {
	limit := max(r.want.Rows, 1)
	rows, err := r.conn.Query(ctx, r.query, r.next, end, limit+1)
	if err != nil {
		return nil, coded(r.conn, err)
	}
	defer rows.Close()
	build := array.NewRecordBuilder(r.want.Alloc, r.schema)
	defer build.Release()
	b := &pipeline.Batch{Split: r.split, First: r.next}
	for n, size := 0, 0; rows.Next(); n++ {
		if err := rows.Scan(r.row...); err != nil {
			return nil, err
		}
		if n > 0 && r.key < r.next {
			return nil, fault.New(fault.PluginFailed, "two rows have the key %d in %s", r.key, r.source.cfg.Key[0])
		}
		if n == limit || n > 0 && size >= r.want.Bytes {
			break
		}
		of, bad := r.append(build)
		if bad != nil {
			b.Faults = append(b.Faults, pipeline.RowFault{Row: n, Err: bad})
		}
		size += of
		r.next = r.key + 1
	}
	rows.Close()
	if err := rows.Err(); err != nil {
		return nil, coded(r.conn, err)
	}
	record := build.NewRecordBatch()
	if record.NumRows() == 0 {
		record.Release()
		return nil, nil
	}
	b.Record, b.Next = record, pipeline.Position{Offset: r.next, Byte: -1}
	return dead(b), nil
}

// append appends the row that was scanned, and returns its size and what is wrong with it. One that is too large goes without its
// values.
func (r *reader) append(build *array.RecordBuilder) (size int, bad *fault.Error) {
	for _, v := range r.values {
		size += v.size()
	}
	build.Field(0).(*array.Int64Builder).Append(r.key)
	if size > r.want.MaxRecord {
		for i := range r.values {
			build.Field(i + 1).AppendNull()
		}
		return 0, fault.New(fault.RecordTooLarge, "a row of %d bytes, and at most %d are taken", size, r.want.MaxRecord)
	}
	for i, v := range r.values {
		if err := v.appendTo(build.Field(i + 1)); err != nil {
			bad = fault.New(fault.RecordType, "%s: %w", r.schema.Field(i+1).Name, err)
		}
	}
	return size, bad
}

// dead lets the rows with a fault die.
func dead(b *pipeline.Batch) *pipeline.Batch {
	faults := b.Faults
	b.Faults = nil
	for _, f := range faults {
		b.Kill(f.Row, f.Err)
	}
	return b
}

// Close ends the session.
func (r *reader) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeWait)
	defer cancel()
	return r.conn.Close(ctx)
}
