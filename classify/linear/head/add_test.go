package head

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// agree holds the loops that this machine uses against those in Go.
func agree(t *testing.T, r *rand.Rand, n int) {
	t.Helper()
	n = roundUp(n)
	sums, bytes := make([]int32, n), make([]int8, n)
	for i := range n {
		sums[i], bytes[i] = int32(r.Uint32())>>4, int8(r.Uint32())
	}
	k := int32(r.Uint32()) >> 18
	for _, width := range []int{n, n - lanes} {
		agreeOnRows(t, r, width)
	}
	got, want := slices.Clone(sums), slices.Clone(sums)
	addBytes(got, bytes, k)
	addBytesGo(want, bytes, k)
	if !slices.Equal(got, want) {
		t.Fatalf("addBytes of %d: %v, want %v", n, got, want)
	}
}

// agreeOnRows does so for rows of a table, some of which come twice.
func agreeOnRows(t *testing.T, r *rand.Rand, width int) {
	t.Helper()
	const rows = 5
	normal := func(n int) []float32 {
		x := make([]float32, n)
		for i := range x {
			x[i] = float32(r.NormFloat64())
		}
		return x
	}
	table, base, by := normal(rows*width), normal(width), normal(r.IntN(9))
	at := make([]uint32, len(by))
	for i := range at {
		at[i] = uint32(r.IntN(rows))
	}
	got, want := normal(width), normal(width)
	gather(got, base, table, at, by)
	gatherGo(want, base, table, at, by)
	if !slices.EqualFunc(got, want, sameBits) {
		t.Fatalf("gather of %d rows of %d: %v, want %v", len(at), width, got, want)
	}
	got, want = slices.Clone(table), slices.Clone(table)
	scatter(got, at, by, base)
	scatterGo(want, at, by, base)
	if !slices.EqualFunc(got, want, sameBits) {
		t.Fatalf("scatter to %d rows of %d: %v, want %v", len(at), width, got, want)
	}
}

func sameBits(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) }

func TestLoopsAgree(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for n := 1; n < 200; n += 7 {
		agree(t, r, n)
	}
}

func FuzzLoops(f *testing.F) {
	f.Add(uint64(1), uint16(77))
	f.Fuzz(func(t *testing.T, seed uint64, n uint16) {
		agree(t, rand.New(rand.NewPCG(seed, 0)), int(n%2000)+1)
	})
}
