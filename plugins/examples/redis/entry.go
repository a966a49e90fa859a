package main

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/tidwall/gjson"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// maxFields is how many fields an entry may have: Redis' scripts pass a few thousand values at once.
const maxFields = 1000

// entries makes entries of records: their fields, each with its value.
type entries struct {
	fields map[string]string // by column; what is not in it keeps its name
	only   []string          // the columns that are written; empty: all
	raw    bool              // records come as JSON
}

func newEntries(c *config, in *pipeline.Layout) *entries {
	e := &entries{fields: make(map[string]string), raw: in.Raw == pipeline.RawJSON}
	for field, column := range c.Columns {
		e.fields[column] = field
	}
	for _, f := range c.Fields {
		e.only = append(e.only, c.column(f))
	}
	return e
}

// entry is a row: the record, then the results. A record that came as JSON is taken as it came, another one by its columns. What is
// null is left out.
func (e *entries) entry(b *pipeline.Batch, row int) (pairs []any, err *fault.Error) {
	add := func(column string, value any) {
		if len(e.only) > 0 && !slices.Contains(e.only, column) {
			return
		}
		field, ok := e.fields[column]
		if !ok {
			field = column
		}
		pairs = append(pairs, field, value)
	}
	if raw := b.Raw(row); e.raw && len(raw) > 0 {
		gjson.ParseBytes(raw).ForEach(func(name, value gjson.Result) bool {
			switch value.Type {
			case gjson.Null:
			case gjson.String:
				add(name.Str, value.Str)
			default:
				add(name.Str, value.Raw)
			}
			return true
		})
	} else if err := columns(b.Record, row, add); err != nil {
		return nil, err
	}
	if b.Result != nil {
		if err := columns(b.Result, row, add); err != nil {
			return nil, err
		}
	}
	switch {
	case len(pairs) == 0:
		return nil, fault.New(fault.RecordType, "an entry has at least one field, and the record has no value to write")
	case len(pairs) > 2*maxFields:
		return nil, fault.New(fault.RecordType, "the record has %d fields, and at most %d are written", len(pairs)/2, maxFields)
	}
	return pairs, nil
}

// columns adds the columns of a row.
func columns(of arrow.RecordBatch, row int, add func(column string, value any)) *fault.Error {
	for i, f := range of.Schema().Fields() {
		c := of.Column(i)
		if strings.HasPrefix(f.Name, "_") || c.IsNull(row) {
			continue
		}
		value, err := valueOf(c, row)
		if err != nil {
			return fault.New(fault.RecordType, "%s can't be written as JSON: %w", f.Name, err)
		}
		add(f.Name, value)
	}
	return nil
}

// valueOf is a column's value, which outlives the batch: texts and bytes as they are, what is nested as JSON, and everything else as
// text.
func valueOf(c arrow.Array, row int) (any, error) {
	if b, ok := c.(*array.Binary); ok {
		return bytes.Clone(b.Value(row)), nil
	}
	if arrow.IsNested(c.DataType().ID()) {
		return json.Marshal(c.GetOneForMarshal(row))
	}
	return strings.Clone(c.ValueStr(row)), nil
}
