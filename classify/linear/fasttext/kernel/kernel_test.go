package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// form is one implementation that this machine can run.
type form struct {
	name    string
	average func(acc, table []float32, ids []int32, scale float32)
	scores  func(out, x, block []float32)
	dots    func(out, x, rows []float32)
	softmax func(x []float32) float32
	descend func(grad, x, rows, steps []float32)
	add     func(table []float32, ids []int32, x []float32)
}

func random(r *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return x
}

// same compares bits.
func same(t *testing.T, f form, what string, want, got []float32) {
	t.Helper()
	if !slices.EqualFunc(want, got, func(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) }) {
		t.Fatalf("%s: %s differ: %v, want %v", f.name, what, got, want)
	}
}

// agree compares a form with the Go form, bit for bit.
func agree(t *testing.T, f form, r *rand.Rand, dim, size, n int) {
	t.Helper()
	table, x := random(r, dim*size), random(r, dim)
	ids := make([]int32, n)
	for i := range ids {
		ids[i] = int32(r.IntN(size))
	}
	want, got := make([]float32, dim), random(r, dim)
	averageGo(want, table, ids, 1/float32(max(n, 1)))
	f.average(got, table, ids, 1/float32(max(n, 1)))
	same(t, f, fmt.Sprint("averages of ", n, " rows of ", dim), want, got)

	for _, width := range []int{Narrow, 2 * Narrow, Width} {
		block := random(r, (dim-1)*width)
		want, got := make([]float32, width), random(r, width)
		scoresGo(want, x[:dim-1], block)
		f.scores(got, x[:dim-1], block)
		same(t, f, "scores", want, got)
	}

	want, got = make([]float32, size), random(r, size)
	dotsGo(want, x, table)
	f.dots(got, x, table)
	same(t, f, "dot products", want, got)

	want = random(r, dim)
	for i := range want {
		want[i] *= 40
	}
	got = slices.Clone(want)
	a, b := softmaxGo(want), f.softmax(got)
	same(t, f, "exponentials", want, got)
	same(t, f, "sums of exponentials", []float32{a}, []float32{b})

	grad, steps := random(r, dim), random(r, size)
	wantGrad, wantRows, gotGrad, gotRows := slices.Clone(grad), slices.Clone(table), slices.Clone(grad), slices.Clone(table)
	descendGo(wantGrad, x, wantRows, steps)
	f.descend(gotGrad, x, gotRows, steps)
	same(t, f, "gradients", wantGrad, gotGrad)
	same(t, f, "rows", wantRows, gotRows)
	addGo(wantRows, ids, x)
	f.add(gotRows, ids, x)
	same(t, f, "rows after an addition", wantRows, gotRows)
}

func TestFormsAgree(t *testing.T) {
	for _, f := range forms() {
		t.Run(f.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 2))
			for _, dim := range []int{8, 16, 24, 32, 40, 64, 96, 104, 112, 128, 136, 200, 256, 304, 512} {
				for _, n := range []int{0, 1, 2, 3, 17, 100} {
					agree(t, f, r, dim, 1+r.IntN(30), n)
				}
			}
		})
	}
}

func FuzzForms(f *testing.F) {
	f.Add(uint64(1), uint8(12), uint8(3), uint8(9))
	f.Fuzz(func(t *testing.T, seed uint64, dim, size, n uint8) {
		for _, form := range forms() {
			agree(t, form, rand.New(rand.NewPCG(seed, 0)), Lanes*(1+int(dim%40)), 1+int(size), int(n))
		}
	})
}

func TestExp(t *testing.T) {
	for x := -100.0; x <= 0; x += 0.00137 {
		got, want := float64(expGo(float32(x))), math.Exp(float64(float32(x)))
		if x > expMin && math.Abs(got-want) > 2.5e-7*want || x < expMin && got != 0 {
			t.Fatalf("e^%v is %v, want %v", x, got, want)
		}
	}
	x := []float32{3, 1, Nothing, Nothing, Nothing, Nothing, Nothing, Nothing}
	if sum := Softmax(x); x[0] != 1 || x[2] != 0 || math.Abs(float64(sum)-1-math.Exp(-2)) > 1e-6 {
		t.Errorf("softmax of 3 and 1: %v, sum %v", x, sum)
	}
}

func TestMisuse(t *testing.T) {
	x := make([]float32, 8)
	for name, f := range map[string]func(){
		"length":   func() { Softmax(x[:7]) },
		"id":       func() { Average(x, x, []int32{1}, 1) },
		"negative": func() { Add(x, []int32{-1}, x) },
		"block":    func() { Scores(x, x, x) },
		"dots":     func() { Dots(x, x, x) },
		"steps":    func() { Descend(x, x, x, x) },
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
}

func BenchmarkForms(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	const dim, labels = 104, 80
	table, x, block, ids := random(r, dim*1000), random(r, dim), random(r, dim*Width), make([]int32, 12)
	for i := range ids {
		ids[i] = int32(r.IntN(1000))
	}
	out, steps := make([]float32, Width), random(r, labels)
	for i := range steps {
		steps[i] *= 1e-20
	}
	for _, f := range forms() {
		b.Run(f.name+"/average12", func(b *testing.B) {
			for b.Loop() {
				f.average(x, table, ids, 0.1)
			}
		})
		b.Run(f.name+"/scores96", func(b *testing.B) {
			for b.Loop() {
				f.scores(out, x[:100], block)
			}
		})
		b.Run(f.name+"/dots80", func(b *testing.B) {
			for b.Loop() {
				f.dots(out[:labels], x, table)
			}
		})
		b.Run(f.name+"/softmax80", func(b *testing.B) {
			for b.Loop() {
				f.softmax(out[:labels])
			}
		})
		b.Run(f.name+"/descend80", func(b *testing.B) {
			for b.Loop() {
				f.descend(x, x, table, steps)
			}
		})
		b.Run(f.name+"/add12", func(b *testing.B) {
			for b.Loop() {
				f.add(table, ids, x)
			}
		})
	}
}
