package frame

import (
	"bytes"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// Encoder writes the batches of one direction of one stream. It is not safe for concurrent use.
type Encoder struct {
	buf bytes.Buffer
	w   *ipc.Writer
}

// NewEncoder starts a stream of batches of a schema.
func NewEncoder(schema *arrow.Schema, alloc memory.Allocator) *Encoder {
	e := &Encoder{}
	e.w = ipc.NewWriter(&e.buf, ipc.WithSchema(schema), ipc.WithAllocator(alloc), ipc.WithDictionaryDeltas(true))
	return e
}

// Encode returns a batch as the next message's bytes, which are valid until the next Encode: that comes once they are sent.
func (e *Encoder) Encode(batch arrow.RecordBatch) ([]byte, error) {
	e.buf.Reset()
	if err := e.w.Write(batch); err != nil {
		return nil, err
	}
	return e.buf.Bytes(), nil
}

// Close frees what the stream holds.
func (e *Encoder) Close() error { return e.w.Close() }
