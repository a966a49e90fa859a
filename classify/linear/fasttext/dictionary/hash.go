package dictionary

// FNV-1a over 32 bits.
const (
	offset = 2166136261
	prime  = 16777619
)

// Hash is fastText's hash of a word: FNV-1a, but each byte is taken for a signed number and extended to 32 bits.
func Hash[T string | []byte](word T) uint32 {
	h := uint32(offset)
	for i := range len(word) {
		h = step(h, word[i])
	}
	return h
}

func step(h uint32, c byte) uint32 { return (h ^ uint32(int8(c))) * prime }
