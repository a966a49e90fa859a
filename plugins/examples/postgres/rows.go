package main

import (
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// rows makes records of the rows of a query.
type rows struct {
	want   pipeline.Projection
	list   []string // what is selected, in SQL
	target []any    // what a row is scanned into
	values []value
	schema *arrow.Schema // of batches
}

// rows are those with the columns that are wanted.
func (r *relation) rows(want pipeline.Projection) *rows {
	made := &rows{want: want}
	fields := []arrow.Field{{Name: pipeline.ColOffset, Type: arrow.PrimitiveTypes.Int64}}
	for _, f := range want.Columns {
		c := r.columns[slices.IndexFunc(r.columns, func(c selected) bool { return c.field.Name == f.Name })] // winnow knows the layout
		v := c.value()
		fields, made.list = append(fields, c.field), append(made.list, c.expr)
		made.values, made.target = append(made.values, v), append(made.target, v.target())
	}
	made.schema = arrow.NewSchema(fields, nil)
	return made
}

// records is a batch that is being made.
type records struct {
	*rows
	build  *array.RecordBuilder
	n      int
	size   int // bytes
	faults []pipeline.RowFault
}

func (r *rows) records() *records {
	return &records{rows: r, build: array.NewRecordBuilder(r.want.Alloc, r.schema)}
}

// append appends the row that was scanned. One that is too large goes without its values.
func (r *records) append(offset int64) {
	size := 0
	for _, v := range r.values {
		size += v.size()
	}
	r.build.Field(0).(*array.Int64Builder).Append(offset)
	if size > r.want.MaxRecord {
		for i := range r.values {
			r.build.Field(i + 1).AppendNull()
		}
		r.fail(fault.New(fault.RecordTooLarge, "a row of %d bytes, and at most %d are taken", size, r.want.MaxRecord))
		size = 0
	} else {
		var bad *fault.Error
		for i, v := range r.values {
			if err := v.appendTo(r.build.Field(i + 1)); err != nil {
				bad = fault.New(fault.RecordType, "%s: %w", r.schema.Field(i+1).Name, err)
			}
		}
		if bad != nil {
			r.fail(bad)
		}
	}
	r.n++
	r.size += size
}

func (r *records) fail(err *fault.Error) {
	r.faults = append(r.faults, pipeline.RowFault{Row: r.n, Err: err})
}

// batch is the first n rows as a batch [first, next) of a split; nil where they are none.
func (r *records) batch(n int, split *pipeline.Split, first, next int64) *pipeline.Batch {
	if n == 0 {
		return nil
	}
	whole := r.build.NewRecordBatch()
	defer whole.Release()
	b := &pipeline.Batch{
		Split: split, First: first, Next: pipeline.Position{Offset: next, Byte: -1}, Record: whole.NewSlice(0, int64(n)),
	}
	for _, f := range r.faults {
		if f.Row < n {
			b.Kill(f.Row, f.Err)
		}
	}
	return b
}

func (r *records) release() { r.build.Release() }
