package kernel

import "github.com/winnow-stream/winnow/classify/cpu"

// Shared says whether several goroutines may run Descend and Add over the same rows at once. In the AVX2 forms each
// component is loaded and stored by itself as an aligned word, which amd64 does at once (AMD64 Architecture
// Programmer's Manual 2, 7.3.2): a concurrent step may be lost, but no component is ever torn. That is what Hogwild
// asks for (Niu et al., 2011). The Go forms promise nothing of the kind.
func Shared() bool { return cpu.AVX2 }

//go:noescape
func averageAVX2(acc, table *float32, ids *int32, n, dim int, scale float32)

//go:noescape
func prefetchRows(table *float32, ids *int32, n, stride int)

//go:noescape
func scoresAVX2(out, x, block *float32, dim, width int)

//go:noescape
func dotsAVX2(out, x, rows *float32, n, dim int)

//go:noescape
func softmaxAVX2(x *float32, n int) float32

//go:noescape
func descendAVX2(grad, x, rows, steps *float32, n, dim int)

//go:noescape
func addAVX2(table *float32, ids *int32, n int, x *float32, dim int)

func average(acc, table []float32, ids []int32, scale float32) {
	if !cpu.AVX2 || len(ids) == 0 {
		averageGo(acc, table, ids, scale)
		return
	}
	averageAVX2(&acc[0], &table[0], &ids[0], len(ids), len(acc), scale)
}

func prefetch(table []float32, ids []int32, stride int) {
	if len(ids) > 0 {
		prefetchRows(&table[0], &ids[0], len(ids), stride)
	}
}

func scores(out, x, block []float32) {
	if !cpu.AVX2 {
		scoresGo(out, x, block)
		return
	}
	scoresAVX2(&out[0], &x[0], &block[0], len(x), len(out))
}

func dots(out, x, rows []float32) {
	if !cpu.AVX2 {
		dotsGo(out, x, rows)
		return
	}
	dotsAVX2(&out[0], &x[0], &rows[0], len(out), len(x))
}

func softmax(x []float32) float32 {
	if !cpu.AVX2 {
		return softmaxGo(x)
	}
	return softmaxAVX2(&x[0], len(x))
}

func descend(grad, x, rows, steps []float32) {
	if !cpu.AVX2 {
		descendGo(grad, x, rows, steps)
		return
	}
	descendAVX2(&grad[0], &x[0], &rows[0], &steps[0], len(steps), len(x))
}

func add(table []float32, ids []int32, x []float32) {
	if !cpu.AVX2 || len(ids) == 0 {
		addGo(table, ids, x)
		return
	}
	addAVX2(&table[0], &ids[0], len(ids), &x[0], len(x))
}
