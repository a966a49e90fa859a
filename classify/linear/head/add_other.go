//go:build !amd64

package head

// addRow adds f·x to w, which is as long: a multiple of lanes.
func addRow(w, x []float32, f float32) { addRowGo(w, x[:len(w)], f) }

// addBytes adds x·w to sums, which is as long: a multiple of blockLabels.
func addBytes(sums []int32, w []int8, x int32) { addBytesGo(sums, w[:len(sums)], x) }
