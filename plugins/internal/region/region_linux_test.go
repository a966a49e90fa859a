package region_test

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"
	"google.golang.org/protobuf/proto"

	"github.com/winnow-stream/winnow/plugins/internal/region"
	plugin "github.com/winnow-stream/winnow/plugins/proto"
)

// pair is a region as its two processes have it.
func pair(t testing.TB) (host, process *region.Region) {
	t.Helper()
	host, err := region.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(host.Close)
	process = new(region.Region)
	if !process.Join(host.Memory(duplicate(t, host.File()))) {
		t.Fatal("the region that was made can't be joined")
	}
	t.Cleanup(process.Close)
	return host, process
}

// duplicate is another descriptor of a file, as a process has it that inherits the file.
func duplicate(t testing.TB, file *os.File) int {
	t.Helper()
	fd, err := unix.Dup(int(file.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	return fd
}

// send sends a batch; nil where there is no slot.
func send(t testing.TB, from *region.Region, batch []byte) *plugin.Shared {
	t.Helper()
	slot := from.Take(len(batch))
	if slot == nil {
		return nil
	}
	if !slot.Append(batch[:len(batch)/2]) || !slot.Append(batch[len(batch)/2:]) {
		t.Fatalf("no room for %d bytes", len(batch))
	}
	return slot.Send()
}

func receive(to *region.Region, at *plugin.Shared) (batch []byte, err error) {
	err = to.Receive(at, func(shared []byte) { batch = bytes.Clone(shared) })
	return batch, err
}

func TestBothWays(t *testing.T) {
	host, process := pair(t)
	for i, way := range [][2]*region.Region{{host, process}, {process, host}, {host, process}} {
		want := bytes.Repeat([]byte{byte(i + 1)}, 100_000)
		at := send(t, way[0], want)
		if got, err := receive(way[1], at); err != nil || !bytes.Equal(got, want) {
			t.Errorf("got %d bytes: %v", len(got), err)
		}
		if at.GetSlot() != 0 {
			t.Errorf("the slot %d, though the first one is free", at.GetSlot())
		}
	}
	if held := host.Held(); held < 200_000 || held > 300_000 {
		t.Errorf("%d bytes are held for two times 100,000", held)
	}
}

// TestFull takes all slots, and gives them back in each way there is.
func TestFull(t *testing.T) {
	host, process := pair(t)
	var sent []*plugin.Shared
	for at := send(t, host, []byte("batch")); at != nil; at = send(t, host, []byte("batch")) {
		sent = append(sent, at)
	}
	if n := host.Memory(0).GetSlots(); len(sent) != int(n) {
		t.Fatalf("%d batches in %d slots", len(sent), n)
	}
	if send(t, process, []byte("batch")) == nil {
		t.Error("one direction takes the other's slots")
	}
	if _, err := receive(process, sent[3]); err != nil {
		t.Fatal(err)
	}
	host.Reclaim(sent[5])
	host.Reclaim(sent[3]) // which was received, and is free
	for _, want := range []uint32{3, 5} {
		slot := host.Take(0)
		if slot == nil {
			t.Fatal("no slot is free")
		}
		if at := slot.Send(); at.GetSlot() != want {
			t.Errorf("the slot %d, want %d", at.GetSlot(), want)
		}
	}
	host.Reclaim(sent[3]) // another batch lies there now
	if host.Take(0) != nil {
		t.Error("a slot was given back that another batch has")
	}
	if host.Sent(sent[3]) || !host.Sent(sent[4]) {
		t.Error("what was received counts as on its way, or the other way round")
	}
}

func TestLarge(t *testing.T) {
	host, _ := pair(t)
	size := int(host.Memory(0).GetSize())
	if host.Take(size+1) != nil {
		t.Error("a slot for more than it holds")
	}
	slot := host.Take(size)
	if !slot.Append(make([]byte, size)) || slot.Append([]byte{1}) || len(slot.Bytes()) != size {
		t.Errorf("%d bytes in a slot of %d", len(slot.Bytes()), size)
	}
	slot.Drop()
	if at := send(t, host, []byte("batch")); at.GetSlot() != 0 {
		t.Errorf("the slot %d, though the first one was dropped", at.GetSlot())
	}
}

// TestLies has references that don't hold.
func TestLies(t *testing.T) {
	host, process := pair(t)
	at, read := send(t, process, []byte("batch")), send(t, process, []byte("read"))
	if _, err := receive(host, read); err != nil {
		t.Fatal(err)
	}
	with := func(change func(*plugin.Shared)) *plugin.Shared {
		lie := proto.CloneOf(at)
		change(lie)
		return lie
	}
	size := host.Memory(0).GetSize()
	for name, tt := range map[string]struct {
		at   *plugin.Shared
		want string
	}{
		"nothing":  {nil, "0 bytes in slot 0"},
		"slot":     {with(func(s *plugin.Shared) { s.Slot = 32 }), "slot 32 of shared memory, which has 32 slots"},
		"far slot": {with(func(s *plugin.Shared) { s.Slot = math.MaxUint32 }), "slot 4294967295 of shared memory"},
		"empty":    {with(func(s *plugin.Shared) { s.Length = 0 }), "0 bytes"},
		"long":     {with(func(s *plugin.Shared) { s.Length = size + 1 }), "4194305 bytes"},
		"longer":   {with(func(s *plugin.Shared) { s.Length = math.MaxUint32 }), "4294967295 bytes"},
		"word":     {with(func(s *plugin.Shared) { s.Word += 4 }), "where it is not"},
		"free":     {with(func(s *plugin.Shared) { s.Slot, s.Word = 7, 0 }), "where it is not"},
		"twice":    {read, "where it is not"},
	} {
		if _, err := receive(host, tt.at); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %q in it", name, err, tt.want)
		}
	}
	if got, err := receive(host, at); err != nil || string(got) != "batch" {
		t.Errorf("after the lies: %q, %v", got, err)
	}
	if _, err := receive(new(region.Region), at); err == nil || !strings.Contains(err.Error(), "there is none") {
		t.Errorf("without memory: %v", err)
	}
}

// TestJoin refuses files that are not the host's.
func TestJoin(t *testing.T) {
	host, _ := pair(t)
	file, err := os.Create(filepath.Join(t.TempDir(), "file"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	right := host.Memory(0)
	size := int64(4<<10) + 2*int64(right.GetSlots())*int64(right.GetSize())
	if err := file.Truncate(size); err != nil {
		t.Fatal(err)
	}
	sealable, err := unix.MemfdCreate("unsealed", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err == nil {
		err = unix.Ftruncate(sealable, size)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(sealable)
	own := uint32(duplicate(t, host.File()))
	defer unix.Close(int(own))
	for name, m := range map[string]*plugin.Memory{
		"none":        nil,
		"closed":      {File: 1 << 20, Slots: right.Slots, Size: right.Size},
		"on disk":     {File: uint32(file.Fd()), Slots: right.Slots, Size: right.Size},
		"not sealed":  {File: uint32(sealable), Slots: right.Slots, Size: right.Size},
		"other size":  {File: own, Slots: right.Slots, Size: 2 * right.Size},
		"no slots":    {File: own, Size: right.Size},
		"many slots":  {File: own, Slots: math.MaxUint32, Size: right.Size},
		"no size":     {File: own, Slots: right.Slots},
		"uneven size": {File: own, Slots: right.Slots, Size: right.Size + 1},
		"large size":  {File: own, Slots: 1, Size: math.MaxUint32 &^ 4095},
	} {
		r := new(region.Region)
		if r.Join(m) || r.Take(0) != nil {
			t.Errorf("%s: it was joined", name)
		}
	}
	if err := unix.Ftruncate(int(own), 0); err == nil {
		t.Error("the file can be made shorter")
	}
}

// TestClose ends a region while it is in use.
func TestClose(t *testing.T) {
	host, process := pair(t)
	at := send(t, process, []byte("batch"))
	host.Close()
	host.Close()
	if host.Take(0) != nil || host.Memory(3) != nil || host.File() != nil || host.Held() != 0 {
		t.Error("there is memory after Close")
	}
	if _, err := receive(host, at); err == nil {
		t.Error("something comes out of it after Close")
	}
	host.Reclaim(at)
}

// TestSideBySide sends batches from several goroutines, closes streams that were not read to their end, and ends in the middle.
func TestSideBySide(t *testing.T) {
	host, process := pair(t)
	var closed atomic.Bool
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			from, to := host, process
			if worker%2 == 0 {
				from, to = process, host
			}
			for i := range 2_000 {
				want := bytes.Repeat([]byte{byte(worker), byte(i)}, 500)
				at := send(t, from, want)
				if at == nil {
					return // closed
				}
				if i%3 == 0 {
					from.Reclaim(at)
					continue
				}
				if got, err := receive(to, at); err == nil && !bytes.Equal(got, want) {
					t.Error("another batch")
				} else if err != nil && !closed.Load() {
					t.Error(err)
				}
				if worker == 0 && i == 1_500 {
					closed.Store(true)
					host.Close()
				}
			}
		})
	}
	all.Wait()
}

// FuzzReceive looks for a message that takes the process along, or gets another batch.
func FuzzReceive(f *testing.F) {
	host, process := pair(f)
	f.Add(uint32(0), uint64(6), uint32(5), uint64(6))
	f.Add(uint32(31), uint64(6), uint32(4<<20), uint64(0))
	f.Add(uint32(32), uint64(math.MaxUint64), uint32(math.MaxUint32), uint64(2))
	f.Fuzz(func(t *testing.T, slot uint32, word uint64, length uint32, add uint64) {
		at := send(t, process, []byte("batch"))
		lie := &plugin.Shared{Slot: slot, Word: word, Length: length}
		if add%2 == 0 {
			lie.Word = at.GetWord() + add
		}
		got, err := receive(host, lie)
		if err == nil && (lie.GetSlot() != at.GetSlot() || lie.GetWord() != at.GetWord() || len(got) != int(length)) {
			t.Fatalf("%v is taken for %v", lie, at)
		}
		process.Reclaim(at)
	})
}
