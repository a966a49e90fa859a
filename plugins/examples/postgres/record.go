package main

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/winnow-stream/winnow/pipeline"
)

// known are the columns that records of a layout and results have.
func known(in *pipeline.Layout, result *arrow.Schema) []string {
	columns := in.Names()
	if result != nil {
		for _, f := range result.Fields() {
			columns = append(columns, f.Name)
		}
	}
	return columns
}

// record is a row as one JSON object: the record, then the results. A record that came as JSON is taken as it came, another one by
// its columns. Where a name comes twice, PostgreSQL takes the last one.
func record(b *pipeline.Batch, row int, raw bool) (string, error) {
	var object bytes.Buffer
	object.WriteByte('{')
	if came := bytes.TrimSpace(b.Raw(row)); raw && len(came) > 1 {
		object.Write(bytes.TrimSpace(came[1 : len(came)-1]))
	} else if err := fields(&object, b.Record, row); err != nil {
		return "", err
	}
	if b.Result != nil {
		if err := fields(&object, b.Result, row); err != nil {
			return "", err
		}
	}
	object.WriteByte('}')
	return object.String(), nil
}

// fields writes the columns of a row.
func fields(object *bytes.Buffer, columns arrow.RecordBatch, row int) error {
	for i, f := range columns.Schema().Fields() {
		if strings.HasPrefix(f.Name, "_") {
			continue
		}
		value, err := valueOf(columns.Column(i), pipeline.IsJSONText(f), row)
		if err != nil {
			return err
		}
		name, _ := json.Marshal(f.Name) // a text always can be
		if object.Len() > 1 {
			object.WriteByte(',')
		}
		object.Write(name)
		object.WriteByte(':')
		object.Write(value)
	}
	return nil
}

// valueOf is a column's value as JSON, which a text that holds JSON is already.
func valueOf(c arrow.Array, isJSON bool, row int) ([]byte, error) {
	if c.IsNull(row) {
		return []byte("null"), nil
	}
	if text, ok := c.(*array.String); ok && isJSON {
		return []byte(text.Value(row)), nil
	}
	return json.Marshal(c.GetOneForMarshal(row))
}
