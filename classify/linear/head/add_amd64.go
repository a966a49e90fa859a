package head

import "github.com/winnow-stream/winnow/classify/cpu"

//go:noescape
func addRowAVX2(w, x *float32, n int, f float32)

// addRow adds f·x to w, which is as long: a multiple of lanes.
func addRow(w, x []float32, f float32) {
	if !cpu.AVX2 || len(w) == 0 {
		addRowGo(w, x, f)
		return
	}
	addRowAVX2(&w[0], &x[:len(w)][0], len(w), f)
}

//go:noescape
func addBytesAVX2(sums *int32, w *int8, n int, x int32)

// addBytes adds x·w to sums, which is as long: a multiple of blockLabels.
func addBytes(sums []int32, w []int8, x int32) {
	if !cpu.AVX2 || len(sums) == 0 {
		addBytesGo(sums, w, x)
		return
	}
	addBytesAVX2(&sums[0], &w[:len(sums)][0], len(sums), x)
}
