//go:build !amd64

package head

// gather sets out to base and the sum of by[i] times row at[i] of table. A row is as long as out and base: a multiple of lanes.
// out is none of the others.
func gather(out, base, table []float32, at []uint32, by []float32) {
	gatherGo(out, base, table, at, by)
}

// scatter adds by[i] times x to row at[i] of table.
func scatter(table []float32, at []uint32, by, x []float32) { scatterGo(table, at, by, x) }

// addBytes adds x·w to sums, which is as long: a multiple of blockLabels.
func addBytes(sums []int32, w []int8, x int32) { addBytesGo(sums, w[:len(sums)], x) }
