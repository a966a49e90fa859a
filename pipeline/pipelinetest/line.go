package pipelinetest

import (
	"encoding/json"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/winnow-stream/winnow/pipeline"
)

// Line formats a row as a JSON object: the columns of the input, then those of the result. The runtime's own columns
// are left out.
func Line(b *pipeline.Batch, row int) []byte {
	line := []byte{'{'}
	for _, rec := range []arrow.RecordBatch{b.Record, b.Result} {
		if rec == nil {
			continue
		}
		for i, f := range rec.Schema().Fields() {
			if f.Name[0] == '_' {
				continue
			}
			if len(line) > 1 {
				line = append(line, ',')
			}
			value, err := json.Marshal(rec.Column(i).GetOneForMarshal(row))
			if err != nil { // NaN: no test's sink has to hold it
				value = []byte(`"unmarshallable"`)
			}
			name, _ := json.Marshal(f.Name) // a string always can be
			line = append(append(append(line, name...), ':'), value...)
		}
	}
	return append(line, '}', '\n')
}

// eachRow calls f with the rows that a sink gets.
func eachRow(b *pipeline.Batch, f func(row int)) {
	if b.Rows == nil {
		for row := range b.Len() {
			f(row)
		}
		return
	}
	for _, row := range b.Rows {
		f(int(row))
	}
}
