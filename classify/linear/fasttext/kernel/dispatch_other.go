//go:build !amd64

package kernel

// Shared says whether several goroutines may run Descend and Add over the same rows at once: not in Go.
func Shared() bool { return false }

func average(acc, table []float32, ids []int32, scale float32) { averageGo(acc, table, ids, scale) }
func prefetch([]float32, []int32, int)                         {}
func scores(out, x, block []float32)                           { scoresGo(out, x, block) }
func dots(out, x, rows []float32)                              { dotsGo(out, x, rows) }
func softmax(x []float32) float32                              { return softmaxGo(x) }
func descend(grad, x, rows, steps []float32)                   { descendGo(grad, x, rows, steps) }
func add(table []float32, ids []int32, x []float32)            { addGo(table, ids, x) }
