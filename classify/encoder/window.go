package encoder

// room is how many of a text's tokens a sequence has room for.
func (m *Model) room() int { return m.window - 2 - len(m.prefix) }

// stride is how many tokens a window begins behind the one before: they overlap by a quarter, so that no sentence is seen
// in two halves only.
func (m *Model) stride() int { return min(m.window*3/4, m.room()) }

// windows calls add for each window of a text's tokens, in order, with its share of them all. The shares sum to 1; a text
// that fits has one window, and so has an empty one.
func (m *Model) windows(ids []uint32, add func(ids []uint32, share float32) error) error {
	room, stride := m.room(), m.stride()
	if len(ids) <= room {
		return add(ids, 1)
	}
	n := (len(ids)-room+stride-1)/stride + 1
	total := len(ids) + (n-1)*(room-stride) // every window but the last is full
	for start := 0; ; start += stride {
		part := ids[start:min(start+room, len(ids))]
		if err := add(part, float32(len(part))/float32(total)); err != nil || start+room >= len(ids) {
			return err
		}
	}
}
