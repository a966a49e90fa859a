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
	w, x := make([]float32, n), make([]float32, n)
	sums, bytes := make([]int32, n), make([]int8, n)
	for i := range n {
		w[i], x[i] = float32(r.NormFloat64()), float32(r.NormFloat64())
		sums[i], bytes[i] = int32(r.Uint32())>>4, int8(r.Uint32())
	}
	f, k := float32(r.NormFloat64()), int32(r.Uint32())>>18
	for _, size := range []int{n, n - lanes} {
		got, want := slices.Clone(w), slices.Clone(w)
		addRow(got[:size], x[:size], f)
		addRowGo(want[:size], x[:size], f)
		for i := range got {
			if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
				t.Fatalf("addRow of %d: component %d is %v, want %v", size, i, got[i], want[i])
			}
		}
	}
	got, want := slices.Clone(sums), slices.Clone(sums)
	addBytes(got, bytes, k)
	addBytesGo(want, bytes, k)
	if !slices.Equal(got, want) {
		t.Fatalf("addBytes of %d: %v, want %v", n, got, want)
	}
}

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
