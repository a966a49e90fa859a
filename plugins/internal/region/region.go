package region

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/winnow-stream/winnow/plugins/proto"
)

// Region is the memory of one connection. The zero Region has none: nothing can be sent through it. It is safe for concurrent use.
type Region struct {
	// mu is held for reading while bytes are written or copied, and for writing to take the memory over or give it up.
	mu      sync.RWMutex
	memory  []byte   // guarded by mu; nil where there is none
	file    *os.File // guarded by mu; of the side that made it
	slots   int      // guarded by mu; in each direction
	size    int      // guarded by mu; of a slot, in bytes
	out, in int      // guarded by mu; the first slots that this side writes and reads
}

const (
	// slots are how many batches may be on their way in each direction: a sink has 17 at most, a source two of each split that is read.
	slots = 32
	// size is how long a batch may be: one of the usual size is an eighth of that. Memory that nobody has written to takes none.
	size = 4 << 20

	// header is the page that the words lie in.
	header   = 4 << 10
	maxSlots = header / wordBytes / 2

	wordBytes = 8
)

// What a slot is: the last bits of its word. Those before count its batches.
const (
	free = iota
	writing
	full
	reading

	states = 4
)

// New makes a region for a process that is going to be started. It fails where the system has no such memory.
func New() (*Region, error) {
	file, err := create(header + 2*slots*size)
	if err != nil {
		return nil, err
	}
	r := &Region{}
	if err := r.take(file, slots, size, 0); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	r.file = file
	return r, nil
}

// File is what the process is to inherit; nil without memory.
func (r *Region) File() *os.File {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.file
}

// Memory is what the process is told, which has the file as a descriptor; nil without memory.
func (r *Region) Memory(file int) *proto.Memory {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.memory == nil {
		return nil
	}
	return &proto.Memory{File: uint32(file), Slots: uint32(r.slots), Size: uint32(r.size)}
}

// Join takes over the memory that the process has inherited. It tells whether there is any: a process may have been started by another
// one, which has closed the descriptor, or given it to a file of its own.
func (r *Region) Join(m *proto.Memory) bool {
	slots, size := int(m.GetSlots()), int(m.GetSize())
	if slots < 1 || slots > maxSlots || size < header || size%header != 0 || size > proto.MaxMessage {
		return false
	}
	file, err := inherited(uintptr(m.GetFile()), int64(header+2*slots*size))
	if err != nil {
		return false
	}
	defer file.Close() // the memory stays
	return r.take(file, slots, size, slots) == nil
}

// take maps a file, of which this side writes the slots from out on.
func (r *Region) take(file *os.File, slots, size, out int) error {
	memory, err := mapped(file, header+2*slots*size)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.memory, r.slots, r.size, r.out, r.in = memory, slots, size, out, slots-out
	return nil
}

// Held is how many bytes of memory the region takes, of both processes together.
func (r *Region) Held() int64 {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return held(r.file)
}

// Close gives the memory up, when nobody is at it. It may come more than once.
func (r *Region) Close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.memory == nil {
		return
	}
	unmap(r.memory)
	if r.file != nil {
		r.file.Close()
	}
	r.memory, r.file = nil, nil
}

// word is a slot's. Callers hold mu.
func (r *Region) word(slot int) *atomic.Uint64 {
	// The page lies at a page's start, and the word in it at a multiple of its size. It is never taken out of the address space
	// while mu is held.
	return (*atomic.Uint64)(unsafe.Pointer(&r.memory[slot*wordBytes]))
}

// bytes are a slot's. Callers hold mu.
func (r *Region) bytes(slot int) []byte {
	at := header + slot*r.size
	return r.memory[at : at+r.size : at+r.size]
}

// Receive has the batch copied that a message is about, and gives its slot back. Nothing of the message is believed. The bytes are the
// other side's, which may change them meanwhile: they are to be looked at in the copy alone.
func (r *Region) Receive(at *proto.Shared, copied func(shared []byte)) error {
	r.mu.RLock()
	defer r.mu.RUnlock()
	slot, word, length := at.GetSlot(), at.GetWord(), at.GetLength()
	switch {
	case r.memory == nil:
		return errors.New("a batch is said to lie in shared memory, and there is none")
	case uint64(slot) >= uint64(r.slots) || length == 0 || uint64(length) > uint64(r.size):
		return fmt.Errorf("a batch is said to be %d bytes in slot %d of shared memory, which has %d slots of %d bytes", length, slot, r.slots, r.size)
	}
	own := r.in + int(slot)
	if word%states != full || !r.word(own).CompareAndSwap(word, word-full+reading) {
		return fmt.Errorf("a batch is said to lie in slot %d of shared memory, where it is not", slot)
	}
	copied(r.bytes(own)[:length:length])
	r.word(own).Store(word - full + free)
	return nil
}
