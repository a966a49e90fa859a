package learning

import "math"

// Point is one point of a learning curve.
type Point struct {
	Rows  int     // examples that were learnt from
	Score float64 // accuracy or F1 on others, 0 to 1
}

// Extrapolate fits error = a·rows^−b through a curve, by least squares of the logarithms, and returns the score at so many
// rows. It is 0 where there are fewer than two points.
func Extrapolate(curve []Point, rows int) float64 {
	var n, sx, sy, sxx, sxy float64
	for _, p := range curve {
		x, y := math.Log(float64(p.Rows)), math.Log(max(1-p.Score, 1e-4))
		n, sx, sy, sxx, sxy = n+1, sx+x, sy+y, sxx+x*x, sxy+x*y
	}
	if det := n*sxx - sx*sx; n >= 2 && det > 1e-9 {
		b := min((n*sxy-sx*sy)/det, 0)
		a := (sy - b*sx) / n
		return 1 - math.Exp(a+b*math.Log(float64(rows)))
	}
	return 0
}
