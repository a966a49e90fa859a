package wordpiece

import "unicode/utf8"

// cached is a word that is no vocabulary entry, with the pieces it is cut into.
type cached struct {
	lo, hi uint64 // the word's bytes, little endian, zero-padded; lo is 0 in an empty entry
	n      uint32
	ids    [6]uint32
}

// cacheSize entries of 48 bytes: 96 KiB a goroutine, which hold the compound words and names that a stream repeats.
const cacheSize = 2048

// whole appends the id of a lower-case word of n bytes, at most 16, or those of its pieces.
func (t *Tokenizer) whole(dst []uint32, lo, hi uint64, n int, s *Scratch) []uint32 {
	if n <= shortWord {
		e := &s.recent[mix(lo, hi)>>(64-recentBits)]
		if e.lo == lo && e.hi == uint32(hi) {
			return append(dst, e.id)
		}
		if id, ok := t.words.short(lo, uint32(hi)); ok {
			*e = slot{lo, uint32(hi), id}
			return append(dst, id)
		}
	}
	return t.cut(dst, lo, hi, n, s)
}

// cut appends the pieces of a lower-case word of at most 16 bytes that is no vocabulary entry, from the cache where it
// can.
func (t *Tokenizer) cut(dst []uint32, lo, hi uint64, n int, s *Scratch) []uint32 {
	e := &s.cache[mix(lo, hi)>>(64-11)]
	if e.lo == lo && e.hi == hi {
		return append(dst, e.ids[:e.n]...)
	}
	var word [16]byte
	for i := range 8 {
		word[i], word[i+8] = byte(lo>>(8*i)), byte(hi>>(8*i))
	}
	before := len(dst)
	dst = t.wordPiece(dst, word[:n], s)
	if added := dst[before:]; len(added) <= len(e.ids) {
		e.lo, e.hi, e.n = lo, hi, uint32(len(added))
		copy(e.ids[:], added)
	}
	return dst
}

// wordPiece appends the ids of a normalized word: the longest entry that begins it, then the longest continuation of
// what is left, and so on; the unknown token alone when some part has no entry or the word is too long.
func (t *Tokenizer) wordPiece(dst []uint32, word []byte, s *Scratch) []uint32 {
	if len(word) > t.maxRunes && utf8.RuneCount(word) > t.maxRunes {
		return append(dst, t.unknown)
	}
	// Zeros behind the word let each key be read as two words of 8 bytes.
	s.word = append(append(s.word[:0], word...), make([]byte, 16)...)
	before := len(dst)
	x := &t.words
	for start := 0; start < len(word); {
		id, size := x.longest(s.word[start:], len(word)-start)
		if size == 0 {
			return append(dst[:before], t.unknown)
		}
		dst = append(dst, id)
		start += size
		x = &t.pieces
	}
	return dst
}

// longest finds the longest entry that begins the first n bytes of word, behind which 16 more can be read.
func (x *index) longest(word []byte, n int) (id uint32, size int) {
	size = min(n, x.maxLen)
	for ; size > shortWord; size-- {
		if id, ok := x.long[string(word[:size])]; ok {
			return id, size
		}
	}
	lo, hi := load64(word), load64(word[8:])
	for ; size > 8; size-- {
		if id, ok := x.short(lo, uint32(hi)&uint32(first(size-8))); ok {
			return id, size
		}
	}
	for ; size > 0; size-- {
		if id, ok := x.short(lo&first(size), 0); ok {
			return id, size
		}
	}
	return 0, 0
}

// first masks the first n bytes of 8, n from 0 to 8.
func first(n int) uint64 { return 1<<(8*uint(n)) - 1 }
