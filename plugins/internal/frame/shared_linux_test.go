package frame_test

import (
	"bytes"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/memory"
	"golang.org/x/sys/unix"

	"github.com/winnow-stream/winnow/plugins/internal/frame"
	"github.com/winnow-stream/winnow/plugins/internal/region"
)

// TestShared sends batches through a region: small ones, large ones that have no room there, and more than it has slots.
func TestShared(t *testing.T) {
	host, err := region.New()
	if err != nil {
		t.Fatal(err)
	}
	defer host.Close()
	fd, err := unix.Dup(int(host.File().Fd()))
	if err != nil {
		t.Fatal(err)
	}
	process := new(region.Region)
	if !process.Join(host.Memory(fd)) {
		t.Fatal("the region can't be joined")
	}
	defer process.Close()
	out := frame.NewEncoder(numbers, memory.DefaultAllocator, host)
	in := frame.NewDecoder(numbers, memory.DefaultAllocator)
	defer in.Close()
	slots := int(host.Memory(0).GetSlots())
	large := make([]int64, host.Memory(0).GetSize()/8)
	for i, tt := range []struct {
		values []int64
		shared bool
	}{{[]int64{1, 2}, true}, {large, false}, {large, false}, {[]int64{3}, false}, {[]int64{4}, true}} { // a batch is expected to be like the last one
		message, at, err := out.Encode(batch(memory.DefaultAllocator, tt.values...))
		if err != nil {
			t.Fatal(err)
		}
		if (at != nil) != tt.shared || (len(message) == 0) != tt.shared {
			t.Errorf("message %d: %d bytes in it, %v in shared memory", i, len(message), at)
		}
		if at != nil {
			err = process.Receive(at, func(shared []byte) { message = bytes.Clone(shared) })
		} else {
			message = bytes.Clone(message)
		}
		if err != nil {
			t.Fatal(err)
		}
		if got, err := in.Decode(message); err != nil || int(got.NumRows()) != len(tt.values) {
			t.Errorf("message %d: %v", i, err)
		}
	}
	for range slots {
		if _, at, err := out.Encode(batch(memory.DefaultAllocator, 5)); at == nil || err != nil {
			t.Fatalf("a slot is free: %v", err)
		}
	}
	if message, at, err := out.Encode(batch(memory.DefaultAllocator, 6)); at != nil || len(message) == 0 || err != nil {
		t.Errorf("without a slot: %d bytes, %v, %v", len(message), at, err)
	}
	if n := out.Unread(); n != slots {
		t.Errorf("%d are unread, want %d", n, slots)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	slot := host.Take(0)
	if slot == nil {
		t.Fatal("a stream that ended keeps its slots")
	}
	slot.Drop()
}
