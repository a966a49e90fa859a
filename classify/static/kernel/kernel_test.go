package kernel

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// random makes a table and the ids of a text.
func random(r *rand.Rand, dim, size, tokens int) (*Table, []uint32) {
	rows, weights, ids := make([]byte, dim*size), make([]int16, size), make([]uint32, tokens)
	for i := range rows {
		rows[i] = byte(int8(r.IntN(255) - 127))
	}
	for i := range weights {
		weights[i] = int16(r.IntN(math.MaxInt16 + 1))
	}
	for i := range ids {
		ids[i] = uint32(r.IntN(size))
	}
	t, err := NewTable(dim, rows, weights)
	if err != nil {
		panic(err)
	}
	return t, ids
}

// forms are the implementations that this machine can run.
type form struct {
	name    string
	sum     func(acc []int32, t *Table, ids []uint32)
	squares func(acc []int32) float32
	round   func(x []int16, acc []int32, factor float32)
	dots    func(out []int32, x, rows []int16)
}

// agree compares a form with the Go form, bit for bit.
func agree(t *testing.T, f form, r *rand.Rand, dim, labels, tokens int) {
	t.Helper()
	table, ids := random(r, dim, 1+r.IntN(300), tokens)
	want, got := make([]int32, dim), make([]int32, dim)
	sumGo(want, table, ids)
	f.sum(got, table, ids)
	if !slices.Equal(want, got) {
		t.Fatalf("%s: sum of %d rows of %d differs", f.name, tokens, dim)
	}
	s := squaresGo(want)
	if g := f.squares(want); math.Float32bits(g) != math.Float32bits(s) {
		t.Fatalf("%s: squares %v, want %v", f.name, g, s)
	}
	if s == 0 {
		return
	}
	factor := Unit / float32(math.Sqrt(float64(s)))
	x, y := make([]int16, dim), make([]int16, dim)
	roundGo(x, want, factor)
	f.round(y, want, factor)
	if !slices.Equal(x, y) {
		t.Fatalf("%s: rounding differs", f.name)
	}
	rows := make([]int16, dim*labels)
	for j := range labels {
		other := make([]int32, dim)
		for d := range other {
			other[d] = int32(r.Uint32()) >> 4
		}
		roundGo(rows[j*dim:][:dim], other, Unit/float32(math.Sqrt(float64(squaresGo(other)))))
	}
	copy(rows, x) // the largest dot product there is
	dWant, dGot := make([]int32, labels), make([]int32, labels)
	dotsGo(dWant, x, rows)
	f.dots(dGot, x, rows)
	if !slices.Equal(dWant, dGot) {
		t.Fatalf("%s: dot products of %d labels and %d dimensions differ", f.name, labels, dim)
	}
	if cos := float64(dWant[0]) / (Unit * Unit); math.Abs(cos-1) > 1e-3 {
		t.Fatalf("a unit vector's product with itself is %v", cos)
	}
}

func TestFormsAgree(t *testing.T) {
	for _, f := range forms() {
		t.Run(f.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 2))
			for _, dim := range []int{64, 128, 192, 256, 320, 1024} {
				for _, tokens := range []int{0, 1, 2, 3, 12, 77, MaxTokens - 1, MaxTokens} {
					agree(t, f, r, dim, Block*(1+r.IntN(20)), tokens)
				}
			}
		})
	}
}

// TestExtremes adds up the largest rows that there can be, in both directions.
func TestExtremes(t *testing.T) {
	for _, v := range []int8{127, -128} {
		rows, weights := make([]byte, 256), []int16{math.MaxInt16}
		for i := range rows {
			rows[i] = byte(v)
		}
		table, err := NewTable(256, rows, weights)
		if err != nil {
			t.Fatal(err)
		}
		ids := make([]uint32, MaxTokens)
		want := make([]int32, 256)
		sumGo(want, table, ids)
		if math.Signbit(float64(want[0])) != (v < 0) {
			t.Fatalf("the sum of %d rows of %d overflows", MaxTokens, v)
		}
		for _, f := range forms() {
			got := make([]int32, 256)
			f.sum(got, table, ids)
			if !slices.Equal(want, got) {
				t.Errorf("%s: sum of extremes differs", f.name)
			}
		}
	}
}

func FuzzForms(f *testing.F) {
	f.Add(uint64(1), uint16(12), uint8(0), uint8(3))
	f.Fuzz(func(t *testing.T, seed uint64, tokens uint16, dims, labels uint8) {
		for _, form := range forms() {
			r := rand.New(rand.NewPCG(seed, 0))
			agree(t, form, r, Lanes*(1+int(dims%8)), Block*(1+int(labels%60)), int(tokens)%(MaxTokens+1))
		}
	})
}

func TestMisuse(t *testing.T) {
	for name, f := range map[string]func() error{
		"dimensions": func() error { _, err := NewTable(100, make([]byte, 100), make([]int16, 1)); return err },
		"no rows":    func() error { _, err := NewTable(64, nil, nil); return err },
		"length":     func() error { _, err := NewTable(64, make([]byte, 65), make([]int16, 1)); return err },
		"negative":   func() error { _, err := NewTable(64, make([]byte, 64), []int16{-1}); return err },
	} {
		if f() == nil {
			t.Errorf("%s: no error", name)
		}
	}
	table, _ := NewTable(64, make([]byte, 64), []int16{1})
	for name, f := range map[string]func(){
		"acc":  func() { table.Sum(make([]int32, 63), nil) },
		"ids":  func() { table.Sum(make([]int32, 64), make([]uint32, MaxTokens+1)) },
		"x":    func() { Scale(make([]int16, 64), make([]int32, 128)) },
		"rows": func() { Dots(make([]int32, 3), make([]int16, 64), make([]int16, 3*64)) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			f()
		}()
	}
	acc, x := make([]int32, 64), make([]int16, 64)
	table.Sum(acc, []uint32{0})
	if Scale(x, acc) {
		t.Error("zero has a direction")
	}
}

func BenchmarkForms(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	table, ids := random(r, 256, 30522, 12)
	acc, x, out := make([]int32, 256), make([]int16, 256), make([]int32, 80)
	rows := make([]int16, 80*256)
	for _, f := range forms() {
		b.Run(f.name+"/sum12", func(b *testing.B) {
			for b.Loop() {
				f.sum(acc, table, ids)
			}
		})
		b.Run(f.name+"/scale", func(b *testing.B) {
			for b.Loop() {
				f.round(x, acc, Unit/f.squares(acc))
			}
		})
		b.Run(f.name+"/dots80", func(b *testing.B) {
			for b.Loop() {
				f.dots(out, x, rows)
			}
		})
	}
}
