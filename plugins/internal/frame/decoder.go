package frame

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// Decoder reads the batches of one direction of one stream. It is not safe for concurrent use.
type Decoder struct {
	schema *arrow.Schema
	alloc  budget
	in     messages
	r      *ipc.Reader
}

// NewDecoder expects batches of a schema; metadata aside, another one is refused.
func NewDecoder(schema *arrow.Schema, alloc memory.Allocator) *Decoder {
	return &Decoder{schema: schema, alloc: budget{Allocator: alloc}}
}

// Decode reads the next message, which nobody may write to any more: the batch lies over it, and so may dictionaries of later ones.
// The batch is valid until the next Decode or Close; Retain it to keep it. A message that asks for more memory than a batch may
// take is refused.
func (d *Decoder) Decode(message []byte) (batch arrow.RecordBatch, err error) {
	defer func() {
		if r := recover(); r != nil {
			batch, err = nil, fmt.Errorf("the batch can't be read: %v", r)
		}
	}()
	if err := claims(message); err != nil {
		return nil, fmt.Errorf("%d bytes are no stream of Arrow batches: %w", len(message), err)
	}
	d.alloc.left = maxBatch
	d.in.left = message
	if d.r == nil {
		if err := d.start(len(message)); err != nil {
			return nil, err
		}
	}
	if !d.r.Next() {
		if err := d.r.Err(); err != nil {
			return nil, fmt.Errorf("the batch can't be read: %w", err)
		}
		return nil, errors.New("there is no batch in the message")
	}
	if n := len(d.in.left); n > 0 {
		return nil, fmt.Errorf("%d bytes follow the batch", n)
	}
	return d.r.RecordBatch(), nil
}

func (d *Decoder) start(size int) error {
	r, err := ipc.NewReaderFromMessageReader(&d.in, ipc.WithAllocator(&d.alloc))
	if err != nil {
		return fmt.Errorf("%d bytes are no stream of Arrow batches: %w", size, err)
	}
	if got := r.Schema(); !same(got, d.schema) {
		r.Release()
		return fmt.Errorf("the columns are %s, and have to be %s", columns(got), columns(d.schema))
	}
	d.r = r
	return nil
}

// Close frees what the stream holds.
func (d *Decoder) Close() {
	if d.r != nil {
		d.r.Release()
		d.r = nil
	}
}

// EncodeSchema is a schema as a stream without a batch.
func EncodeSchema(schema *arrow.Schema) ([]byte, error) {
	var buf bytes.Buffer
	if err := ipc.NewWriter(&buf, ipc.WithSchema(schema)).Close(); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

// DecodeSchema reads what EncodeSchema wrote.
func DecodeSchema(message []byte) (*arrow.Schema, error) {
	if err := claims(message); err != nil {
		return nil, fmt.Errorf("%d bytes are no Arrow schema: %w", len(message), err)
	}
	r, err := ipc.NewReader(bytes.NewReader(message))
	if err != nil {
		return nil, fmt.Errorf("%d bytes are no Arrow schema: %w", len(message), err)
	}
	defer r.Release()
	return r.Schema(), nil
}

// same compares names and types. Whether a column may have nulls is not asked: writers differ in what they declare.
func same(a, b *arrow.Schema) bool {
	if a.NumFields() != b.NumFields() {
		return false
	}
	for i, f := range a.Fields() {
		if g := b.Field(i); f.Name != g.Name || f.Type.String() != g.Type.String() {
			return false
		}
	}
	return true
}

func columns(s *arrow.Schema) string {
	var b bytes.Buffer
	for i, f := range s.Fields() {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%s %s", f.Name, f.Type)
	}
	if b.Len() == 0 {
		return "none"
	}
	return b.String()
}
