package column

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/winnow-stream/winnow/pipeline"
)

// Replace puts decoded columns in place of a cut batch's bytes: the batch has its offsets, with raw its bytes, and the decoded
// columns then, as the schema says. It takes over the decoded columns.
func Replace(b *pipeline.Batch, schema *arrow.Schema, raw bool, decoded ...arrow.Array) {
	cut := b.Record
	kept := 1
	if raw {
		kept = 2
	}
	cols := append(make([]arrow.Array, 0, kept+len(decoded)), cut.Columns()[:kept]...)
	b.Record = array.NewRecordBatch(schema, append(cols, decoded...), cut.NumRows())
	for _, c := range decoded {
		c.Release()
	}
	cut.Release()
}
