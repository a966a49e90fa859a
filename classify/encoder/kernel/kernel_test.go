package kernel

import (
	"math"
	"math/rand/v2"
	"slices"
	"syscall"
	"testing"
	"time"
)

// form is one implementation of the loops.
type form struct {
	name               string
	mulInt8            func(c []int32, a []uint8, panel []int8, rows, in, stride int)
	mulExact, mulFused func(c, a, b []float32, s shape)
	extremes           func(x []float32) (low, high float32)
	quantize           func(q []uint8, x []float32, inverse float32, zero int32)
	dequantize         func(y []float32, sums, columns []int32, scales, bias []float32, scale float32, zero int32)
	gelu               func(x []float32)
	addNorm            func(x, y, gain, bias []float32, epsilon float32)
	add                func(x, y []float32)
}

var goForm = form{"go", mulInt8Go, mulExactGo, mulExactGo, extremesGo, quantizeGo, dequantizeGo, geluGo, addNormGo, addGo}

// draw makes n numbers as activations have them: mostly small, some large.
func draw(r *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.NormFloat64())
		if r.IntN(50) == 0 {
			x[i] *= 30
		}
	}
	return x
}

// same says whether two vectors have the same bits.
func same(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) })
}

// agree compares a form with the Go form: rows × in by in × Columns, and rows of out numbers.
func agree(t *testing.T, f form, r *rand.Rand, rows, in, out int) {
	t.Helper()
	agreeInt8(t, f, r, rows, in)
	agreeFloat(t, f, r, rows, in)
	agreeRows(t, f, r, out)
}

func agreeInt8(t *testing.T, f form, r *rand.Rand, rows, in int) {
	t.Helper()
	a, panel := make([]uint8, rows*in), make([]int8, in*Columns)
	extreme := r.IntN(4) == 0
	for i := range a {
		a[i] = uint8(r.IntN(Most + 1))
		if extreme {
			a[i] = Most
		}
	}
	for i := range panel {
		panel[i] = int8(r.IntN(2*Most+1) - Most)
		if extreme {
			panel[i] = int8(Most - 2*Most*r.IntN(2))
		}
	}
	stride := Columns * (1 + r.IntN(2))
	want, got := make([]int32, rows*stride), make([]int32, rows*stride)
	mulInt8Go(want, a, panel, rows, in, stride)
	f.mulInt8(got, a, panel, rows, in, stride)
	if !slices.Equal(want, got) {
		t.Fatalf("%s: int8 product of %d × %d differs", f.name, rows, in)
	}
}

func agreeFloat(t *testing.T, f form, r *rand.Rand, rows, depth int) {
	t.Helper()
	s := shape{rows, depth, depth + r.IntN(3), Columns + r.IntN(3), Columns + r.IntN(3)}
	a, b := draw(r, rows*s.a), draw(r, depth*s.b)
	want, got := make([]float32, rows*s.c), make([]float32, rows*s.c)
	mulExactGo(want, a, b, s)
	f.mulExact(got, a, b, s)
	if !same(want, got) {
		t.Fatalf("%s: exact product of %+v differs", f.name, s)
	}
	f.mulFused(got, a, b, s)
	for i := range rows {
		alone := make([]float32, Columns)
		f.mulFused(alone, a[i*s.a:], b, shape{1, depth, s.a, s.b, s.c})
		if !same(alone, got[i*s.c:][:Columns]) {
			t.Fatalf("%s: row %d of a fused product of %+v differs from the same row alone", f.name, i, s)
		}
		for j := range Columns {
			sum, size := 0.0, 0.0
			for d := range depth {
				p := float64(a[i*s.a+d]) * float64(b[d*s.b+j])
				sum, size = sum+p, size+math.Abs(p)
			}
			if off := math.Abs(float64(got[i*s.c+j]) - sum); off > 1e-5*size {
				t.Fatalf("%s: fused product of %+v is off by %g of %g", f.name, s, off, size)
			}
		}
	}
}

func agreeRows(t *testing.T, f form, r *rand.Rand, n int) {
	t.Helper()
	x := draw(r, n)
	low, high := extremesGo(x)
	if l, h := f.extremes(x); l != low || h != high {
		t.Fatalf("%s: extremes %v and %v, want %v and %v", f.name, l, h, low, high)
	}
	inverse, zero := Most/(high-low), int32(r.IntN(Most))
	q, p := make([]uint8, n), make([]uint8, n)
	quantizeGo(q, x, inverse, zero)
	f.quantize(p, x, inverse, zero)
	if !slices.Equal(q, p) {
		t.Fatalf("%s: quantized rows of %d differ", f.name, n)
	}
	sums, columns := make([]int32, n), make([]int32, n)
	for i := range sums {
		sums[i], columns[i] = int32(r.Uint32())>>4, int32(r.Uint32())>>12
	}
	scales, bias := draw(r, n), draw(r, n)
	want, got := make([]float32, n), make([]float32, n)
	dequantizeGo(want, sums, columns, scales, bias, 0.01, zero)
	f.dequantize(got, sums, columns, scales, bias, 0.01, zero)
	if !same(want, got) {
		t.Fatalf("%s: dequantized rows of %d differ", f.name, n)
	}
	want, got = slices.Clone(x), slices.Clone(x)
	geluGo(want)
	f.gelu(got)
	if !same(want, got) {
		t.Fatalf("%s: GELU of %d differs", f.name, n)
	}
	want, got = slices.Clone(x), slices.Clone(x)
	addNormGo(want, bias, scales, bias, 1e-12)
	f.addNorm(got, bias, scales, bias, 1e-12)
	if !same(want, got) {
		t.Fatalf("%s: norms of %d differ", f.name, n)
	}
	want, got = slices.Clone(x), slices.Clone(x)
	addGo(want, bias)
	f.add(got, bias)
	if !same(want, got) {
		t.Fatalf("%s: sums of %d differ", f.name, n)
	}
}

func TestFormsAgree(t *testing.T) {
	for _, f := range forms() {
		t.Run(f.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 2))
			for _, in := range []int{Group, 32, 64, 384, 1536} {
				for rows := 1; rows < 20; rows++ {
					agree(t, f, r, rows, in, Columns*(1+r.IntN(30)))
				}
			}
		})
	}
}

func FuzzForms(f *testing.F) {
	f.Add(uint64(1), uint8(12), uint8(95), uint8(3))
	f.Fuzz(func(t *testing.T, seed uint64, rows, groups, panels uint8) {
		for _, form := range forms() {
			r := rand.New(rand.NewPCG(seed, 0))
			agree(t, form, r, 1+int(rows%40), Group*(1+int(groups)), Columns*(1+int(panels)))
		}
	})
}

// TestProducts multiplies packed matrices and compares with the definition.
func TestProducts(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	const rows, in, out = 7, 24, 48
	weights, floats := make([]int8, in*out), make([]float32, in*out)
	for i := range weights {
		weights[i] = int8(r.IntN(255) - 127)
		floats[i] = float32(weights[i])
	}
	a, x := make([]uint8, rows*in), make([]float32, rows*in)
	for i := range a {
		a[i] = uint8(r.IntN(Most + 1))
		x[i] = float32(a[i])
	}
	ints, c := make([]int32, rows*out), make([]float32, rows*out)
	MulInt8(ints, a, PackInt8(weights, in, out), rows, in, out)
	MulFloat(c, x, PackFloat(floats, in, out), rows, in, out)
	for i := range rows {
		for j := range out {
			var want int32
			for d := range in {
				want += int32(a[i*in+d]) * int32(weights[j*in+d])
			}
			if got := ints[i*out+j]; got != want || c[i*out+j] != float32(want) {
				t.Fatalf("row %d, column %d: %d and %v, want %d", i, j, got, c[i*out+j], want)
			}
		}
	}
}

func TestQuantize(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for name, x := range map[string][]float32{
		"both signs": draw(r, 64),
		"positive":   {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16},
		"negative":   {-1, -2, -3, -4, -5, -6, -7, -8, -9, -10, -11, -12, -13, -14, -15, -16},
		"zero":       make([]float32, 16),
		"tiny":       {1e-44, -1e-44, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
		"huge":       {math.MaxFloat32, -math.MaxFloat32, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
	} {
		q := make([]uint8, len(x))
		scale, zero := Quantize(q, x)
		for i, v := range x {
			if scale == 0 {
				if q[i] != 0 {
					t.Errorf("%s: %v became %d", name, v, q[i])
				}
				continue
			}
			if back := scale * float32(int32(q[i])-zero); math.Abs(float64(back-v)) > float64(scale)*1.001 {
				t.Errorf("%s: %v came back as %v, with steps of %v", name, v, back, scale)
			}
		}
	}
}

func TestGELU(t *testing.T) {
	x := make([]float32, 1<<14)
	for i := range x {
		x[i] = float32(i-len(x)/2) / 512
	}
	y := slices.Clone(x)
	GELU(y)
	for i, v := range x {
		want := float64(v) * 0.5 * (1 + math.Erf(float64(v)/math.Sqrt2))
		if off := math.Abs(float64(y[i]) - want); off > 1e-6*max(1, math.Abs(float64(v))) {
			t.Fatalf("GELU(%v) = %v, want %v", v, y[i], want)
		}
	}
}

func TestMisuse(t *testing.T) {
	row := make([]float32, 16)
	for name, f := range map[string]func(){
		"int8 depth": func() { MulInt8(make([]int32, 16), make([]uint8, 6), make([]int8, 96), 1, 6, 16) },
		"int8 width": func() { MulInt8(make([]int32, 16), make([]uint8, 4), make([]int8, 60), 1, 4, 15) },
		"int8 rows":  func() { MulInt8(make([]int32, 16), make([]uint8, 4), make([]int8, 64), 2, 4, 16) },
		"floats":     func() { MulFloat(make([]float32, 16), row[:3], make([]float32, 64), 1, 4, 16) },
		"panel":      func() { MulPanel(Matrix{row, 16}, Matrix{row, 16}, Matrix{row, 16}, 1, 2) },
		"quantize":   func() { Quantize(make([]uint8, 15), row) },
		"dequantize": func() { Dequantize(row, make([]int32, 15), make([]int32, 16), row, row, 1, 0) },
		"gelu":       func() { GELU(row[:8]) },
		"norm":       func() { AddNorm(row, row[:8], row, row, 1) },
		"add":        func() { Add(row, row[:8]) },
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
	const rows, in = 64, 384
	a, panel, c := make([]uint8, rows*in), make([]int8, in*Columns), make([]int32, rows*Columns)
	for i := range a {
		a[i] = uint8(r.IntN(Most + 1))
	}
	for i := range panel {
		panel[i] = int8(r.IntN(255) - 127)
	}
	x, w, y := draw(r, rows*in), draw(r, in*Columns), draw(r, rows*Columns)
	s := shape{rows, in, in, Columns, Columns}
	// measure runs f and reports how much of its work, in operations, a second of CPU time does.
	measure := func(b *testing.B, work float64, unit string, f func()) {
		before := cpuTime()
		for b.Loop() {
			f()
		}
		b.ReportMetric(work*float64(b.N)/(cpuTime()-before).Seconds()/1e9, unit)
	}
	const work = rows * in * Columns
	for _, f := range forms() {
		b.Run(f.name+"/int8", func(b *testing.B) {
			measure(b, work, "GMAC/cpu-s", func() { f.mulInt8(c, a, panel, rows, in, Columns) })
		})
		b.Run(f.name+"/fused", func(b *testing.B) {
			measure(b, work, "GMAC/cpu-s", func() { f.mulFused(y, x, w, s) })
		})
		b.Run(f.name+"/exact", func(b *testing.B) {
			measure(b, work, "GMAC/cpu-s", func() { f.mulExact(y, x, w, s) })
		})
		b.Run(f.name+"/gelu", func(b *testing.B) {
			measure(b, rows*in, "G/cpu-s", func() { f.gelu(x) })
		})
	}
}

// cpuTime is what the process has used.
func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
