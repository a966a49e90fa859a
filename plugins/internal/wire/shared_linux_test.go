package wire

import (
	"bytes"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/memory"
	"golang.org/x/sys/unix"
	"google.golang.org/protobuf/proto"

	"github.com/winnow-stream/winnow/plugins/internal/region"
	plugin "github.com/winnow-stream/winnow/plugins/proto"
)

// TestShared has batches lie in shared memory. The receiver finds them in the message, or in an allocator's memory.
func TestShared(t *testing.T) {
	host, err := region.New()
	if err != nil {
		t.Fatal(err)
	}
	defer host.Close()
	process := new(region.Region)
	fd, err := unix.Dup(int(host.File().Fd()))
	if err != nil {
		t.Fatal(err)
	}
	if !process.Join(host.Memory(fd)) {
		t.Fatal("the region can't be joined")
	}
	defer process.Close()
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	batch := bytes.Repeat([]byte("many "), 100_000)
	for _, want := range carriers(batch) {
		if at, _, _ := batchOf(want); at == nil {
			continue
		}
		for _, pooled := range []bool{false, true} {
			sent, got := proto.Clone(want), want.ProtoReflect().New().Interface()
			at, _, shared := batchOf(sent)
			slot := process.Take(len(batch))
			slot.Append(*at)
			*at, *shared = nil, slot.Send()
			data, err := newCodec(process).Marshal(sent)
			if err != nil {
				t.Fatal(err)
			}
			if data.Len() > 1000 {
				t.Errorf("%T: %d bytes go through the socket", sent, data.Len())
			}
			into := any(got)
			if pooled {
				into = &Received{Message: got, Alloc: alloc}
			}
			if err := newCodec(host).Unmarshal(pieces(data), into); err != nil {
				t.Fatal(err)
			}
			if r, ok := into.(*Received); ok {
				at, _, _ := batchOf(got)
				*at = bytes.Clone(r.Batch.Bytes())
				r.Batch.Release()
			}
			if !proto.Equal(got, want) {
				t.Errorf("%T is another one", want)
			}
			if err := newCodec(host).Unmarshal(pieces(data), into); err == nil {
				t.Errorf("%T: a batch came twice", want)
			}
			data.Free()
		}
	}
	both := &plugin.ReadResponse{Batch: batch, Shared: &plugin.Shared{Length: 1}}
	data, err := newCodec(process).Marshal(both)
	if err == nil {
		err = newCodec(host).Unmarshal(pieces(data), new(plugin.ReadResponse))
	}
	if err == nil {
		t.Error("a batch in a message, and elsewhere as well")
	}
}
