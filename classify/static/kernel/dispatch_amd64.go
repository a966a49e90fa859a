package kernel

import "github.com/winnow-stream/winnow/classify/cpu"

//go:noescape
func sumAVX2(acc *int32, rows *byte, weights *int16, ids *uint32, n, dim int)

//go:noescape
func sum256AVX512(acc *int32, rows *byte, weights *int16, ids *uint32, n int)

//go:noescape
func squaresAVX2(acc *int32, n int) float32

//go:noescape
func roundAVX2(x *int16, acc *int32, n int, factor float32)

//go:noescape
func dotsAVX2(out *int32, x, rows *int16, n, dim int)

//go:noescape
func dotsAVX512(out *int32, x, rows *int16, n, dim int)

//go:noescape
func prefetchRows(rows *byte, ids *uint32, n, dim int)

func prefetch(t *Table, ids []uint32) {
	if len(ids) > 0 {
		prefetchRows(&t.rows[0], &ids[0], len(ids), t.dim)
	}
}

func sum(acc []int32, t *Table, ids []uint32) {
	switch {
	case len(ids) == 0 || !cpu.AVX2:
		sumGo(acc, t, ids)
	case cpu.VNNI && t.dim == 256:
		sum256AVX512(&acc[0], &t.rows[0], &t.weights[0], &ids[0], len(ids))
	default:
		sumAVX2(&acc[0], &t.rows[0], &t.weights[0], &ids[0], len(ids), t.dim)
	}
}

func squares(acc []int32) float32 {
	if !cpu.AVX2 {
		return squaresGo(acc)
	}
	return squaresAVX2(&acc[0], len(acc))
}

func round(x []int16, acc []int32, factor float32) {
	if !cpu.AVX2 {
		roundGo(x, acc, factor)
		return
	}
	roundAVX2(&x[0], &acc[0], len(acc), factor)
}

func dots(out []int32, x, rows []int16) {
	switch {
	case !cpu.AVX2:
		dotsGo(out, x, rows)
	case cpu.VNNI:
		dotsAVX512(&out[0], &x[0], &rows[0], len(out), len(x))
	default:
		dotsAVX2(&out[0], &x[0], &rows[0], len(out), len(x))
	}
}
