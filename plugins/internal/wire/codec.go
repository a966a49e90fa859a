package wire

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow/memory"
	"google.golang.org/grpc/encoding"
	_ "google.golang.org/grpc/encoding/proto" // registers gRPC's own codec
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/winnow-stream/winnow/plugins/internal/region"
	plugin "github.com/winnow-stream/winnow/plugins/proto"
)

// codec is gRPC's own but for the batches of messages, which it copies less often, to the same bytes on the wire. What comes is
// copied once, out of gRPC's buffers, into memory of its own, over which the batch lies. What goes lies in the Encoder's memory
// until gRPC has sent it, which the answer tells; ReadResponse, which has none, is copied. A batch in shared memory is copied out of it,
// and is then like any other.
type codec struct {
	encoding.CodecV2
	region *region.Region
}

var _ encoding.CodecV2 = codec{}

// newCodec is a codec for one side of a connection.
func newCodec(r *region.Region) codec { return codec{encoding.GetCodecV2("proto"), r} }

// batchOf is the batch of a message, the number of its field, and where the batch lies otherwise; nil of other messages.
func batchOf(m any) (batch *[]byte, field protowire.Number, shared **plugin.Shared) {
	switch m := m.(type) {
	case *plugin.ClassifyRequest:
		return &m.Batch, 2, &m.Shared
	case *plugin.ClassifyResponse:
		return &m.Batch, 2, &m.Shared
	case *plugin.ReadResponse:
		return &m.Batch, 4, &m.Shared
	case *plugin.WriteRequest:
		return &m.Batch, 5, &m.Shared
	default:
		return nil, 0, nil
	}
}

// Received is what RecvMsg is given in place of a message whose batch is to lie in memory of an allocator.
type Received struct {
	Message proto.Message
	Alloc   memory.Allocator
	// Batch is the message's, whose own is nil then. It is the receiver's to release; nil where there is none.
	Batch *memory.Buffer
}

// Marshal puts the batch behind the other fields, as it is.
func (c codec) Marshal(v any) (mem.BufferSlice, error) {
	batch, field, _ := batchOf(v)
	if _, unanswered := v.(*plugin.ReadResponse); batch == nil || unanswered || len(*batch) == 0 {
		return c.CodecV2.Marshal(v)
	}
	whole := *batch
	*batch = nil
	head, err := proto.Marshal(v.(proto.Message))
	if *batch = whole; err != nil {
		return nil, err
	}
	head = protowire.AppendTag(head, field, protowire.BytesType)
	head = protowire.AppendVarint(head, uint64(len(whole)))
	return mem.BufferSlice{mem.SliceBuffer(head), mem.SliceBuffer(whole)}, nil
}

// Unmarshal takes the batch out and leaves the other fields to proto.
func (c codec) Unmarshal(data mem.BufferSlice, v any) error {
	if r, ok := v.(*Received); ok {
		return c.unmarshal(data, r)
	}
	batch, field, shared := batchOf(v)
	if batch == nil {
		return c.CodecV2.Unmarshal(data, v)
	}
	// Memory of its own, which is not cleared before, as it would be for a copy by hand.
	pieces := [][]byte{make([]byte, shift(data, field))}
	for _, b := range data {
		pieces = append(pieces, b.ReadOnlyData())
	}
	found, _, err := cut(bytes.Join(pieces, nil)[len(pieces[0]):], field, v.(proto.Message))
	*batch = found
	if err != nil || *shared == nil {
		return err
	}
	return c.receive(shared, found, func(shared []byte) { *batch = bytes.Clone(shared) })
}

// receive has a batch copied that lies in shared memory.
func (c codec) receive(shared **plugin.Shared, beside []byte, copied func([]byte)) error {
	at := *shared
	*shared = nil
	if len(beside) > 0 {
		return errors.New("a batch is in the message, and said to lie in shared memory")
	}
	return c.region.Receive(at, copied)
}

func (c codec) unmarshal(data mem.BufferSlice, r *Received) error {
	_, field, shared := batchOf(r.Message)
	before := shift(data, field)
	whole := memory.NewResizableBuffer(r.Alloc)
	defer whole.Release()
	whole.ResizeNoShrink(before + data.Len())
	data.CopyTo(whole.Bytes()[before:])
	batch, at, err := cut(whole.Bytes()[before:], field, r.Message)
	if err == nil && len(batch) > 0 {
		r.Batch = memory.SliceBuffer(whole, before+at, len(batch))
	}
	if err != nil || *shared == nil {
		return err
	}
	return c.receive(shared, batch, func(shared []byte) {
		r.Batch = memory.NewResizableBuffer(r.Alloc)
		r.Batch.ResizeNoShrink(len(shared))
		copy(r.Batch.Bytes(), shared)
	})
}

// alignment is what Arrow wants batches to begin at, in bytes.
const alignment = 64

// shift is how many bytes a message has to lie behind an aligned place so that its batch is at one. Large fields before the batch,
// which nobody sends, cost the alignment.
func shift(data mem.BufferSlice, field protowire.Number) int {
	if len(data) == 0 {
		return 0
	}
	first := data[0].ReadOnlyData()
	for left := first; len(left) > 0; {
		number, kind, head := protowire.ConsumeTag(left)
		if head < 0 {
			break
		}
		if number == field && kind == protowire.BytesType {
			_, length := protowire.ConsumeVarint(left[head:])
			return -(len(first) - len(left) + head + max(length, 0)) & (alignment - 1)
		}
		size := protowire.ConsumeFieldValue(number, kind, left[head:])
		if size < 0 {
			break
		}
		left = left[head+size:]
	}
	return 0
}

// cut reads the fields of a message but for the batch, which it returns with its place.
func cut(message []byte, field protowire.Number, into proto.Message) (batch []byte, at int, err error) {
	var rest []byte
	for next := 0; next < len(message); {
		left := message[next:]
		number, kind, head := protowire.ConsumeTag(left)
		if head < 0 {
			return nil, 0, fmt.Errorf("a message of %d bytes: %w", len(message), protowire.ParseError(head))
		}
		size := protowire.ConsumeFieldValue(number, kind, left[head:])
		if size < 0 {
			return nil, 0, fmt.Errorf("a message of %d bytes: %w", len(message), protowire.ParseError(size))
		}
		next += head + size
		if number == field && kind == protowire.BytesType {
			batch, _ = protowire.ConsumeBytes(left[head:])
			at = next - len(batch)
		} else {
			rest = append(rest, left[:head+size]...)
		}
	}
	return batch[:len(batch):len(batch)], at, proto.Unmarshal(rest, into)
}
