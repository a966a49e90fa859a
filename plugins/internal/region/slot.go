package region

import "github.com/winnow-stream/winnow/plugins/proto"

// Slot is a place that one batch is written to. It ends with Send or Drop; until then the region is not closed.
type Slot struct {
	region *Region
	slot   int
	number uint64 // its word without what it is
	room   []byte
	length int
}

// Take finds a free slot for about so many bytes; nil where there is none. The same few are used as long as they will do, so that the
// memory stays small, and near.
func (r *Region) Take(length int) *Slot {
	r.mu.RLock()
	if r.memory != nil && length <= r.size {
		for slot := range r.slots {
			own := r.out + slot
			word := r.word(own).Load()
			number := word - word%states + states
			if word%states == free && r.word(own).CompareAndSwap(word, number+writing) {
				return &Slot{region: r, slot: slot, number: number, room: r.bytes(own)}
			}
		}
	}
	r.mu.RUnlock()
	return nil
}

// Append writes on, and tells whether there was room.
func (s *Slot) Append(p []byte) bool {
	if len(p) > len(s.room)-s.length {
		return false
	}
	s.length += copy(s.room[s.length:], p)
	return true
}

// Bytes are what was written, until the slot's end.
func (s *Slot) Bytes() []byte { return s.room[:s.length] }

// Send makes the batch the other side's, to which the result is to be sent.
func (s *Slot) Send() *proto.Shared {
	defer s.region.mu.RUnlock()
	s.region.word(s.region.out + s.slot).Store(s.number + full)
	return &proto.Shared{Slot: uint32(s.slot), Word: s.number + full, Length: uint32(s.length)}
}

// Drop gives the slot back.
func (s *Slot) Drop() {
	defer s.region.mu.RUnlock()
	s.region.word(s.region.out + s.slot).Store(s.number + free)
}

// Sent tells whether a batch that was sent has not been received yet.
func (r *Region) Sent(at *proto.Shared) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.memory != nil && r.word(r.out+int(at.GetSlot())).Load() == at.GetWord()
}

// Reclaim gives the slot of a batch back that nobody is going to receive any more. One that was received, or is just now, is left alone.
func (r *Region) Reclaim(at *proto.Shared) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.memory != nil {
		r.word(r.out+int(at.GetSlot())).CompareAndSwap(at.GetWord(), at.GetWord()-full+free)
	}
}
