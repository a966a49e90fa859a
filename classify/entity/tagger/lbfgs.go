package tagger

import (
	"context"
	"math"
)

// minimizer is L-BFGS (Liu and Nocedal 1989) with a backtracking line search that asks for the weak Wolfe conditions.
type minimizer struct {
	memory     int     // pairs of steps kept
	iterations int     // at most
	enough     float64 // it ends when the value fell by less than this part over the last 10 iterations
	sums       func(a, b []float64) float64
	progress   func(iteration int, value float64)
}

// objective sets gradient at x and returns the value there.
type objective func(x, gradient []float64) float64

// minimize moves x to a minimum of f and returns the value there and the number of iterations.
func (m *minimizer) minimize(ctx context.Context, x []float64, f objective) (value float64, iterations int, err error) {
	n := len(x)
	g, nextX, nextG, d := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	var steps, changes [][]float64
	var rho []float64
	past := make([]float64, 0, m.iterations+1)
	value = f(x, g)
	past = append(past, value)
	for iterations < m.iterations {
		if ctx.Err() != nil {
			return 0, iterations, ctx.Err()
		}
		m.direction(d, g, steps, changes, rho)
		slope := m.sums(d, g)
		if !(slope < 0) {
			break
		}
		step := 1.0
		if len(steps) == 0 {
			step = 1 / math.Sqrt(m.sums(d, d))
		}
		next, ok := m.search(ctx, x, d, nextX, nextG, value, slope, step, f)
		if !ok {
			break
		}
		var s, y []float64
		if len(steps) == m.memory { // the oldest pair's memory holds the newest
			s, y = steps[0], changes[0]
			steps, changes, rho = steps[1:], changes[1:], rho[1:]
		} else {
			s, y = make([]float64, n), make([]float64, n)
		}
		for i := range s {
			s[i], y[i] = nextX[i]-x[i], nextG[i]-g[i]
		}
		if sy := m.sums(s, y); sy > 0 {
			steps, changes, rho = append(steps, s), append(changes, y), append(rho, 1/sy)
		}
		copy(x, nextX)
		copy(g, nextG)
		value = next
		iterations++
		past = append(past, value)
		if m.progress != nil {
			m.progress(iterations, value)
		}
		if k := len(past) - 11; k >= 0 && (past[k]-value) < m.enough*math.Abs(value) {
			break
		}
	}
	return value, iterations, nil
}

// direction sets d to the quasi-Newton direction by the two-loop recursion.
func (m *minimizer) direction(d, g []float64, steps, changes [][]float64, rho []float64) {
	for i, v := range g {
		d[i] = -v
	}
	k := len(steps)
	a := make([]float64, k)
	for j := k - 1; j >= 0; j-- {
		a[j] = rho[j] * m.sums(steps[j], d)
		axpy(d, -a[j], changes[j])
	}
	if k > 0 {
		scale := 1 / (rho[k-1] * m.sums(changes[k-1], changes[k-1]))
		for i := range d {
			d[i] *= scale
		}
	}
	for j := range k {
		b := rho[j] * m.sums(changes[j], d)
		axpy(d, a[j]-b, steps[j])
	}
}

// search looks for a step along d that lowers the value enough and flattens the slope; false: there is none.
func (m *minimizer) search(ctx context.Context, x, d, nextX, nextG []float64, value, slope, step float64, f objective) (float64, bool) {
	const (
		decrease = 1e-4
		flatten  = 0.9
		tries    = 30
	)
	low, high := 0.0, math.Inf(1)
	for range tries {
		if ctx.Err() != nil {
			return 0, false
		}
		for i := range x {
			nextX[i] = x[i] + step*d[i]
		}
		next := f(nextX, nextG)
		switch {
		case !(next <= value+decrease*step*slope):
			high = step
		case m.sums(nextG, d) < flatten*slope:
			low = step
		default:
			return next, true
		}
		if math.IsInf(high, 1) {
			step *= 2
		} else {
			step = (low + high) / 2
		}
	}
	return 0, false
}

func axpy(y []float64, a float64, x []float64) {
	for i, v := range x {
		y[i] += a * v
	}
}
