package frame

import (
	"bytes"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/plugins/internal/region"
	"github.com/winnow-stream/winnow/plugins/proto"
)

// Encoder writes the batches of one direction of one stream. It is not safe for concurrent use.
type Encoder struct {
	out output
	w   *ipc.Writer
	// sent are batches in shared memory that may not have been received.
	sent []*proto.Shared
}

// NewEncoder starts a stream of batches of a schema, which go through a region where it has room; nil: there is none.
func NewEncoder(schema *arrow.Schema, alloc memory.Allocator, through *region.Region) *Encoder {
	e := &Encoder{out: output{region: through}}
	e.w = ipc.NewWriter(&e.out, ipc.WithSchema(schema), ipc.WithAllocator(alloc), ipc.WithDictionaryDeltas(true))
	return e
}

// Encode returns a batch as the next message's bytes, or where they lie in shared memory. The bytes are valid until the next Encode:
// that comes once they are sent.
func (e *Encoder) Encode(batch arrow.RecordBatch) (message []byte, shared *proto.Shared, err error) {
	e.sent = slices.DeleteFunc(e.sent, func(s *proto.Shared) bool { return !e.out.region.Sent(s) })
	e.out.begin()
	err = e.w.Write(batch)
	message, shared = e.out.end(err != nil)
	if shared != nil {
		e.sent = append(e.sent, shared)
	}
	return message, shared, err
}

// Unread is how many batches in shared memory were not received yet.
func (e *Encoder) Unread() (n int) {
	for _, s := range e.sent {
		if e.out.region.Sent(s) {
			n++
		}
	}
	return n
}

// Close frees what the stream holds. Nobody receives from it any more.
func (e *Encoder) Close() error {
	err := e.w.Close()
	for _, s := range e.sent {
		e.out.region.Reclaim(s)
	}
	e.sent = nil
	return err
}

// output is one message after another: in shared memory, or where there is no room in memory of its own.
type output struct {
	region *region.Region // nil: none
	slot   *region.Slot   // of the message that is written; nil where it goes into buf
	buf    bytes.Buffer
	last   int // bytes of the last message: the next one is as long, or so
}

func (o *output) begin() {
	o.buf.Reset()
	if o.region != nil {
		o.slot = o.region.Take(o.last)
	}
}

// Write writes on. A message that outgrows its slot leaves it.
func (o *output) Write(p []byte) (int, error) {
	if o.slot != nil {
		if o.slot.Append(p) {
			return len(p), nil
		}
		o.buf.Write(o.slot.Bytes())
		o.slot.Drop()
		o.slot = nil
	}
	return o.buf.Write(p)
}

// end is the message; one that failed is forgotten.
func (o *output) end(failed bool) (message []byte, shared *proto.Shared) {
	slot := o.slot
	o.slot = nil
	switch {
	case slot == nil:
		message = o.buf.Bytes()
		o.last = len(message)
	case failed:
		slot.Drop()
	default:
		shared = slot.Send()
		o.last = int(shared.GetLength())
	}
	return message, shared
}
