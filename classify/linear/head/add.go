package head

// addRowGo adds f·x to w, which is as long: a multiple of lanes. Products are rounded by themselves, so that the
// assembly, which does the same lane by lane, gives the same bits.
func addRowGo(w, x []float32, f float32) {
	for len(w) >= lanes && len(x) >= lanes {
		a, b := (*[lanes]float32)(w), (*[lanes]float32)(x)
		a[0] += float32(f * b[0])
		a[1] += float32(f * b[1])
		a[2] += float32(f * b[2])
		a[3] += float32(f * b[3])
		a[4] += float32(f * b[4])
		a[5] += float32(f * b[5])
		a[6] += float32(f * b[6])
		a[7] += float32(f * b[7])
		w, x = w[lanes:], x[lanes:]
	}
}

// gatherGo sets out to base and the sum of by[i] times row at[i] of table. A row is as long as out and base: a multiple of lanes.
// out is none of the others.
func gatherGo(out, base, table []float32, at []uint32, by []float32) {
	copy(out, base)
	for i, row := range at {
		addRowGo(out, table[int(row)*len(out):][:len(out)], by[i])
	}
}

// scatterGo adds by[i] times x to row at[i] of table.
func scatterGo(table []float32, at []uint32, by, x []float32) {
	for i, row := range at {
		addRowGo(table[int(row)*len(x):][:len(x)], x, by[i])
	}
}

// addBytesGo adds x·w to sums, which is as long: a multiple of blockLabels.
func addBytesGo(sums []int32, w []int8, x int32) {
	for len(sums) >= lanes && len(w) >= lanes {
		a, b := (*[lanes]int32)(sums), (*[lanes]int8)(w)
		a[0] += x * int32(b[0])
		a[1] += x * int32(b[1])
		a[2] += x * int32(b[2])
		a[3] += x * int32(b[3])
		a[4] += x * int32(b[4])
		a[5] += x * int32(b[5])
		a[6] += x * int32(b[6])
		a[7] += x * int32(b[7])
		sums, w = sums[lanes:], w[lanes:]
	}
}

// blockLabels is what the number of labels is rounded up to in full rows of weights.
const blockLabels = 16

func roundUp(labels int) int { return (labels + blockLabels - 1) / blockLabels * blockLabels }
