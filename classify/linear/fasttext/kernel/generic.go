package kernel

import "math"

func averageGo(acc, table []float32, ids []int32, scale float32) {
	clear(acc)
	for _, id := range ids {
		row := table[int(id)*len(acc):][:len(acc)]
		for d, v := range row {
			acc[d] += v
		}
	}
	for d := range acc {
		acc[d] *= scale
	}
}

func scoresGo(out, x, block []float32) {
	clear(out)
	for d, v := range x {
		row := block[d*len(out):][:len(out)]
		for j, w := range row {
			out[j] += float32(v * w)
		}
	}
}

func dotsGo(out, x, rows []float32) {
	for j := range out {
		row := rows[j*len(x):][:len(x)]
		var lanes [Lanes]float32
		for i := 0; i < len(x); i += Lanes {
			for k := range Lanes {
				lanes[k] += float32(x[i+k] * row[i+k])
			}
		}
		out[j] = pairwise(&lanes)
	}
}

func pairwise(lanes *[Lanes]float32) float32 {
	for n := Lanes / 2; n > 0; n /= 2 {
		for k := range n {
			lanes[k] += lanes[k+n]
		}
	}
	return lanes[0]
}

// The exponential function is Cephes' expf: x = n·ln 2 + r, and a polynomial for e^r. Its error is below 2 ulp.
const (
	log2e = 1.44269504088896341
	ln2Hi = 0.693359375
	ln2Lo = -2.12194440e-4
	expP0 = 1.9875691500e-4
	expP1 = 1.3981999507e-3
	expP2 = 8.3334519073e-3
	expP3 = 4.1665795894e-2
	expP4 = 1.6666665459e-1
	expP5 = 5.0000001201e-1
	// expMin is where results would leave the normal numbers: below it they are 0.
	expMin = -87
)

func expGo(x float32) float32 {
	if !(x >= expMin) {
		return 0
	}
	n := float32(math.RoundToEven(float64(float32(x * log2e))))
	r := x - float32(n*ln2Hi)
	r -= float32(n * ln2Lo)
	p := float32(r*expP0) + expP1
	p = float32(p*r) + expP2
	p = float32(p*r) + expP3
	p = float32(p*r) + expP4
	p = float32(p*r) + expP5
	p = float32(float32(p*r)*r) + r
	return (p + 1) * math.Float32frombits(uint32(int32(n)+127)<<23)
}

func softmaxGo(x []float32) float32 {
	top := x[0]
	for _, v := range x {
		top = max(top, v)
	}
	var lanes [Lanes]float32
	for i := 0; i < len(x); i += Lanes {
		for k := range Lanes {
			e := expGo(x[i+k] - top)
			x[i+k] = e
			lanes[k] += e
		}
	}
	return pairwise(&lanes)
}

func descendGo(grad, x, rows, steps []float32) {
	for j, a := range steps {
		row := rows[j*len(x):][:len(x)]
		for d, v := range row {
			grad[d] += float32(a * v)
			row[d] = v + float32(a*x[d])
		}
	}
}

func addGo(table []float32, ids []int32, x []float32) {
	for _, id := range ids {
		row := table[int(id)*len(x):][:len(x)]
		for d, v := range x {
			row[d] += v
		}
	}
}
