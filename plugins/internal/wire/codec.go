package wire

import (
	"bytes"
	"fmt"

	"google.golang.org/grpc/encoding"
	_ "google.golang.org/grpc/encoding/proto" // registers gRPC's own codec
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	plugin "github.com/winnow-stream/winnow/plugins/proto"
)

// codec is gRPC's own but for the batches of messages, which it copies less often, to the same bytes on the wire. What comes is
// copied once, out of gRPC's buffers, into memory of its own, over which the batch lies. What goes lies in the Encoder's memory
// until gRPC has sent it, which the answer tells; ReadResponse, which has none, is copied.
type codec struct{ encoding.CodecV2 }

var _ encoding.CodecV2 = codec{}

// newCodec is a codec for both sides of a connection.
func newCodec() codec { return codec{encoding.GetCodecV2("proto")} }

// batchOf is the batch of a message and the number of its field; nil of other messages.
func batchOf(m any) (batch *[]byte, field protowire.Number) {
	switch m := m.(type) {
	case *plugin.ClassifyRequest:
		return &m.Batch, 2
	case *plugin.ClassifyResponse:
		return &m.Batch, 2
	case *plugin.ReadResponse:
		return &m.Batch, 4
	case *plugin.WriteRequest:
		return &m.Batch, 5
	default:
		return nil, 0
	}
}

// Marshal puts the batch behind the other fields, as it is.
func (c codec) Marshal(v any) (mem.BufferSlice, error) {
	batch, field := batchOf(v)
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
	batch, field := batchOf(v)
	if batch == nil {
		return c.CodecV2.Unmarshal(data, v)
	}
	var whole, rest []byte
	for left := joined(data); len(left) > 0; {
		number, kind, head := protowire.ConsumeTag(left)
		if head < 0 {
			return fmt.Errorf("a message of %d bytes: %w", data.Len(), protowire.ParseError(head))
		}
		size := protowire.ConsumeFieldValue(number, kind, left[head:])
		if size < 0 {
			return fmt.Errorf("a message of %d bytes: %w", data.Len(), protowire.ParseError(size))
		}
		if number == field && kind == protowire.BytesType {
			whole, _ = protowire.ConsumeBytes(left[head:])
		} else {
			rest = append(rest, left[:head+size]...)
		}
		left = left[head+size:]
	}
	if err := proto.Unmarshal(rest, v.(proto.Message)); err != nil {
		return err
	}
	*batch = whole[:len(whole):len(whole)]
	return nil
}

// joined is a message in one piece of memory that is nobody else's. It is not cleared before, as a copy by hand would be.
func joined(data mem.BufferSlice) []byte {
	pieces := make([][]byte, len(data))
	for i, b := range data {
		pieces[i] = b.ReadOnlyData()
	}
	return bytes.Join(pieces, nil)
}
