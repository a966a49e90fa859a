package head

import "github.com/winnow-stream/winnow/classify/cpu"

//go:noescape
func gatherAVX2(out, base, table *float32, width int, at *uint32, by *float32, n int)

// gather sets out to base and the sum of by[i] times row at[i] of table. A row is as long as out and base: a multiple of lanes.
// out is none of the others.
func gather(out, base, table []float32, at []uint32, by []float32) {
	if !cpu.AVX2 || len(at) == 0 || len(out) == 0 {
		gatherGo(out, base, table, at, by)
		return
	}
	check(table, at, by, len(out))
	gatherAVX2(&out[0], &base[:len(out)][0], &table[0], len(out), &at[0], &by[0], len(at))
}

//go:noescape
func scatterAVX2(table *float32, width int, at *uint32, by *float32, n int, x *float32)

// scatter adds by[i] times x to row at[i] of table.
func scatter(table []float32, at []uint32, by, x []float32) {
	if !cpu.AVX2 || len(at) == 0 || len(x) == 0 {
		scatterGo(table, at, by, x)
		return
	}
	check(table, at, by, len(x))
	scatterAVX2(&table[0], len(x), &at[0], &by[0], len(at), &x[0])
}

// check panics where a row isn't one of the table's, as Go itself would.
func check(table []float32, at []uint32, by []float32, width int) {
	_ = by[len(at)-1]
	rows := uint32(len(table) / width)
	for _, row := range at {
		if row >= rows {
			panic("head: a row behind the table's last")
		}
	}
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
