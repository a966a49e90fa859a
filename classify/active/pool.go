package active

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"unicode"

	"github.com/cespare/xxhash/v2"
)

// pool is a weighted sample of texts in bounded memory: the rows with the smallest keys, a row's key being exponentially
// distributed with its weight as the rate (Efraimidis and Spirakis, "Weighted random sampling with a reservoir", 2006). The
// key's randomness is a hash of the text, so that a sample depends on the texts and the seed, not on their order, and of
// equal texts one is kept.
type pool struct {
	seed        uint64
	most, bytes int             // rows and bytes of texts that are kept
	taken       map[uint64]bool // fingerprints of texts that are not wanted
	rows        []row           // up to twice as many as are kept
	size        int             // bytes of their texts
	last        float64         // the key from which on nothing is kept
}

// row is a candidate in the pool.
type row struct {
	Candidate
	hash   uint64 // of the text
	weight float64
	key    float64
}

func newPool(seed uint64, most, bytes int) *pool {
	return &pool{seed: seed, most: most, bytes: bytes, taken: map[uint64]bool{}, last: math.Inf(1)}
}

// take leaves a text out of what comes.
func (p *pool) take(text string) { p.taken[fingerprint(p.seed, text)] = true }

// add considers a candidate of a weight above 0; false when its text is not wanted. It keeps copies.
func (p *pool) add(c *Candidate, weight float64) bool {
	hash := fingerprint(p.seed, c.Text)
	if p.taken[hash] {
		return false
	}
	uniform := (float64(hash>>11) + 0.5) / (1 << 53)
	key := -math.Log(uniform) / weight
	if key >= p.last {
		return true
	}
	r := row{Candidate: *c, hash: hash, weight: weight, key: key}
	r.Text, r.Place.File, r.Scores = strings.Clone(c.Text), strings.Clone(c.Place.File), slices.Clone(c.Scores)
	p.rows = append(p.rows, r)
	if p.size += len(c.Text); len(p.rows) >= 2*p.most || p.size > 2*p.bytes {
		p.settle()
	}
	return true
}

// settle sorts the rows by their keys, takes equal texts for one, and gives up what is above the bounds.
func (p *pool) settle() {
	slices.SortFunc(p.rows, func(a, b row) int {
		return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.hash, b.hash),
			cmp.Compare(a.Place.File, b.Place.File), cmp.Compare(a.Place.Row, b.Place.Row))
	})
	p.rows = slices.CompactFunc(p.rows, func(a, b row) bool { return a.hash == b.hash })
	keep := 0
	p.size = 0
	for keep < min(len(p.rows), p.most) && p.size+len(p.rows[keep].Text) <= p.bytes {
		p.size += len(p.rows[keep].Text)
		keep++
	}
	if keep < len(p.rows) {
		p.last = p.rows[keep].key
		clear(p.rows[keep:]) // their texts
		p.rows = p.rows[:keep]
	}
}

// fingerprint is a hash of a text's words in lower case.
func fingerprint(seed uint64, text string) uint64 {
	var h xxhash.Digest
	h.Reset()
	_, _ = h.Write(binary.LittleEndian.AppendUint64(nil, seed))
	for word := range strings.FieldsFuncSeq(text, unicode.IsSpace) {
		_, _ = h.WriteString(strings.ToLower(word))
		_, _ = h.Write([]byte{0})
	}
	return h.Sum64()
}
