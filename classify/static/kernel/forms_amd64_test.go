package kernel

import "github.com/winnow-stream/winnow/classify/cpu"

func forms() []form {
	all := []form{{"go", sumGo, squaresGo, roundGo, dotsGo}}
	if cpu.AVX2 {
		all = append(all, form{
			"avx2",
			func(acc []int32, t *Table, ids []uint32) {
				if len(ids) == 0 {
					sumGo(acc, t, ids)
					return
				}
				sumAVX2(&acc[0], &t.rows[0], &t.weights[0], &ids[0], len(ids), t.dim)
			},
			func(acc []int32) float32 { return squaresAVX2(&acc[0], len(acc)) },
			func(x []int16, acc []int32, factor float32) { roundAVX2(&x[0], &acc[0], len(acc), factor) },
			func(out []int32, x, rows []int16) { dotsAVX2(&out[0], &x[0], &rows[0], len(out), len(x)) },
		})
	}
	return append(all, form{"dispatched", sum, squares, round, dots})
}
