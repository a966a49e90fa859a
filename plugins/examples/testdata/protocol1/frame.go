package main

import (
	"bytes"
	"errors"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/ipc"
)

// encoder writes batches as messages: the first one holds the schema too.
type encoder struct {
	out bytes.Buffer
	w   *ipc.Writer
}

func newEncoder(schema *arrow.Schema) *encoder {
	e := &encoder{}
	e.w = ipc.NewWriter(&e.out, ipc.WithSchema(schema), ipc.WithDictionaryDeltas(true))
	return e
}

// encode releases the batch.
func (e *encoder) encode(batch arrow.RecordBatch) ([]byte, error) {
	defer batch.Release()
	e.out.Reset()
	err := e.w.Write(batch)
	return bytes.Clone(e.out.Bytes()), err
}

// decoder reads what an encoder wrote.
type decoder struct {
	in bytes.Reader
	r  *ipc.Reader
}

// decode returns a batch that is valid until the next call.
func (d *decoder) decode(message []byte) (batch arrow.RecordBatch, err error) {
	d.in.Reset(message)
	if d.r == nil {
		if d.r, err = ipc.NewReader(&d.in); err != nil {
			return nil, err
		}
	}
	if !d.r.Next() {
		return nil, errors.Join(errors.New("there is no batch"), d.r.Err())
	}
	return d.r.RecordBatch(), nil
}

// schemaOf is a schema as a stream without a batch.
func schemaOf(schema *arrow.Schema) ([]byte, error) {
	var out bytes.Buffer
	err := ipc.NewWriter(&out, ipc.WithSchema(schema)).Close()
	return out.Bytes(), err
}
