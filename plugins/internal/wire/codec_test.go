package wire

import (
	"bytes"
	"errors"
	"testing"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow/memory"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"

	"github.com/winnow-stream/winnow/plugins/internal/region"
	plugin "github.com/winnow-stream/winnow/plugins/proto"
)

// carriers are a message of each kind that has a batch, and one that has none.
func carriers(batch []byte) []proto.Message {
	return []proto.Message{
		&plugin.ClassifyRequest{Seq: 7, Batch: batch},
		&plugin.ClassifyResponse{Seq: 7, Batch: batch, Rows: []*plugin.RowError{{Row: 3, Message: "no", Code: "record.type"}}},
		&plugin.ReadResponse{First: 1, Next: &plugin.Position{Offset: 9, Byte: -1}, Batch: batch, High: 12},
		&plugin.WriteRequest{Seq: 7, Split: "a", First: 1, Next: 9, Batch: batch},
		&plugin.PrepareResponse{Receipt: batch},
	}
}

// TestSameBytes has gRPC's own codec on the other side, which is what plugins in other languages have.
func TestSameBytes(t *testing.T) {
	own := newCodec(new(region.Region))
	for _, batch := range [][]byte{nil, []byte("few"), bytes.Repeat([]byte("many "), 100_000)} {
		for _, m := range carriers(batch) {
			for _, c := range []struct {
				name    string
				out, in interface {
					Marshal(any) (mem.BufferSlice, error)
					Unmarshal(mem.BufferSlice, any) error
				}
			}{{"to gRPC's", own, own.CodecV2}, {"from gRPC's", own.CodecV2, own}, {"both", own, own}} {
				before := proto.Clone(m)
				data, err := c.out.Marshal(m)
				if err != nil {
					t.Fatal(err)
				}
				got := m.ProtoReflect().New().Interface()
				if err := c.in.Unmarshal(pieces(data), got); err != nil {
					t.Fatal(err)
				}
				data.Free()
				if at, _, _ := batchOf(got); at != nil && len(*at) > 1000 && c.in == own && uintptr(unsafe.Pointer(&(*at)[0]))%alignment != 0 {
					t.Errorf("%s: the batch of %T is not aligned", c.name, m)
				}
				if !proto.Equal(got, before) || !proto.Equal(m, before) {
					t.Errorf("%s: %T of %d bytes is another one", c.name, m, len(batch))
				}
			}
		}
	}
}

// TestReceived has the batch lie in an allocator's memory, which is given back.
func TestReceived(t *testing.T) {
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	batch := bytes.Repeat([]byte("many "), 100_000)
	for _, want := range [][]byte{nil, batch} {
		data, err := newCodec(new(region.Region)).Marshal(&plugin.ReadResponse{First: 1, Batch: want})
		if err != nil {
			t.Fatal(err)
		}
		got := &plugin.ReadResponse{}
		r := &Received{Message: got, Alloc: alloc}
		if err := newCodec(new(region.Region)).Unmarshal(pieces(data), r); err != nil {
			t.Fatal(err)
		}
		data.Free()
		if want == nil {
			if r.Batch != nil {
				t.Error("a batch where there is none")
			}
			continue
		}
		if got.GetFirst() != 1 || got.Batch != nil || !bytes.Equal(r.Batch.Bytes(), want) {
			t.Errorf("got %v and %d bytes", got, r.Batch.Len())
		}
		r.Batch.Release()
	}
}

// pieces are a message as gRPC has read it, in frames.
func pieces(data mem.BufferSlice) (cut mem.BufferSlice) {
	whole := data.Materialize()
	for len(whole) > 0 {
		n := min(len(whole), 16<<10)
		cut, whole = append(cut, mem.SliceBuffer(whole[:n])), whole[n:]
	}
	return cut
}

// FuzzUnmarshal looks for bytes that mean something else to proto.
func FuzzUnmarshal(f *testing.F) {
	own := newCodec(new(region.Region))
	for _, m := range carriers([]byte("batch")) {
		data, err := own.Marshal(m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data.Materialize())
	}
	f.Fuzz(func(t *testing.T, message []byte) {
		for _, m := range carriers(nil) {
			want, got := m.ProtoReflect().New().Interface(), m.ProtoReflect().New().Interface()
			wantErr, gotErr := proto.Unmarshal(message, want), own.Unmarshal(mem.BufferSlice{mem.SliceBuffer(message)}, got)
			if _, _, shared := batchOf(want); wantErr == nil && shared != nil && *shared != nil { // there is no memory
				wantErr = errors.New("a batch is said to lie in it")
			}
			if (wantErr == nil) != (gotErr == nil) {
				t.Fatalf("%T: proto says %v, the codec %v", m, wantErr, gotErr)
			}
			if wantErr == nil && !proto.Equal(want, got) {
				t.Errorf("%T: proto reads %v, the codec %v", m, want, got)
			}
		}
	})
}
