package delivery

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/pipeline"
)

// Batch is the rows that a sink gets of a batch, as columns of a schema that Schema made. The caller releases it.
func Batch(b *pipeline.Batch, schema *arrow.Schema, results int, alloc memory.Allocator) (arrow.RecordBatch, error) {
	columns := make([]arrow.Array, 0, schema.NumFields())
	defer func() {
		for _, c := range columns {
			c.Release()
		}
	}()
	for i, f := range schema.Fields() {
		from := b.Record
		if i >= schema.NumFields()-results {
			from = b.Result
		}
		whole, err := column(from, f, b.Len(), alloc)
		if err != nil {
			return nil, err
		}
		chosen, err := choose(whole, b.Rows, alloc)
		whole.Release()
		if err != nil {
			return nil, fmt.Errorf("the column %s: %w", f.Name, err)
		}
		columns = append(columns, chosen)
	}
	return array.NewRecordBatch(schema, columns, int64(b.Count())), nil
}

// Plain is a batch's columns in the types of a schema, with their values in place of dictionaries of them. The caller releases it.
func Plain(batch arrow.RecordBatch, schema *arrow.Schema, alloc memory.Allocator) (arrow.RecordBatch, error) {
	columns := make([]arrow.Array, 0, schema.NumFields())
	defer func() {
		for _, c := range columns {
			c.Release()
		}
	}()
	for _, f := range schema.Fields() {
		c, err := column(batch, f, int(batch.NumRows()), alloc)
		if err != nil {
			return nil, err
		}
		columns = append(columns, c)
	}
	return array.NewRecordBatch(schema, columns, batch.NumRows()), nil
}

// column is a field's column of a batch, in the field's type: of nulls where the batch has none, and with its values in place
// where it is a dictionary of what the field is. The caller releases it.
func column(from arrow.RecordBatch, f arrow.Field, rows int, alloc memory.Allocator) (arrow.Array, error) {
	if from != nil {
		for i, have := range from.Schema().Fields() {
			if have.Name != f.Name {
				continue
			}
			c := from.Column(i)
			if arrow.TypeEqual(c.DataType(), f.Type) {
				c.Retain()
				return c, nil
			}
			if d, ok := c.(*array.Dictionary); ok && arrow.TypeEqual(d.Dictionary().DataType(), f.Type) {
				return expand(d, alloc)
			}
			return nil, fmt.Errorf("the column %s is %s, and should be %s", f.Name, c.DataType(), f.Type)
		}
	}
	return array.MakeArrayOfNull(alloc, f.Type, rows), nil
}

// expand puts a dictionary's values in place.
func expand(d *array.Dictionary, alloc memory.Allocator) (arrow.Array, error) {
	b := array.NewBuilder(alloc, d.Dictionary().DataType())
	defer b.Release()
	b.Reserve(d.Len())
	for row := range d.Len() {
		if d.IsNull(row) {
			b.AppendNull()
			continue
		}
		at := d.GetValueIndex(row)
		switch values := d.Dictionary().(type) {
		case *array.String:
			b.(*array.StringBuilder).Append(values.Value(at))
		case *array.Binary:
			b.(*array.BinaryBuilder).Append(values.Value(at))
		default:
			return nil, fmt.Errorf("a dictionary of %s can't be sent", values.DataType())
		}
	}
	return b.NewArray(), nil
}

// choose takes the given rows, ascending, of a column; nil: all of them. Rows that follow each other are copied together.
func choose(c arrow.Array, rows []int32, alloc memory.Allocator) (arrow.Array, error) {
	if rows == nil || len(rows) == c.Len() {
		c.Retain()
		return c, nil
	}
	var runs []arrow.Array
	defer func() {
		for _, r := range runs {
			r.Release()
		}
	}()
	for from := 0; from < len(rows); {
		to := from + 1
		for to < len(rows) && rows[to] == rows[to-1]+1 {
			to++
		}
		runs = append(runs, array.NewSlice(c, int64(rows[from]), int64(rows[to-1])+1))
		from = to
	}
	if len(runs) == 0 {
		return array.NewSlice(c, 0, 0), nil
	}
	return array.Concatenate(runs, alloc)
}
