package kernel

import "math"

func sumGo(acc []int32, t *Table, ids []uint32) {
	clear(acc)
	for _, id := range ids {
		w := int32(t.weights[id])
		row := t.rows[int(id)*t.dim:][:len(acc)]
		for d, v := range row {
			acc[d] += w * int32(int8(v))
		}
	}
}

// squaresGo adds up squares in 64 lanes, which are then added pairwise. Each product and each sum is rounded to
// float32 by itself: the conversions forbid fused operations.
func squaresGo(acc []int32) float32 {
	var lanes [Lanes]float32
	for i := 0; i < len(acc); i += Lanes {
		for k, v := range acc[i : i+Lanes] {
			f := float32(v)
			lanes[k] += float32(f * f)
		}
	}
	for n := Lanes / 2; n > 0; n /= 2 {
		for k := range n {
			lanes[k] += lanes[k+n]
		}
	}
	return lanes[0]
}

func roundGo(x []int16, acc []int32, factor float32) {
	for d, v := range acc {
		x[d] = int16(math.RoundToEven(float64(float32(float32(v) * factor))))
	}
}

func dotsGo(out []int32, x, rows []int16) {
	for j := range out {
		row := rows[j*len(x):][:len(x)]
		var s int32
		for d, v := range x {
			s += int32(v) * int32(row[d])
		}
		out[j] = s
	}
}
