package static

import "github.com/winnow-stream/winnow/classify/static/kernel"

// unitSquare is the dot product of a vector with itself, as the kernel counts: cosine 1.
const unitSquare = kernel.Unit * kernel.Unit

// temperature is the softmax temperature of zero-shot scores by number of labels, in cosines.
func temperature(labels int) float64 {
	switch {
	case labels <= 10:
		return 0.07
	case labels < 64:
		return 0.061
	default:
		return 0.05
	}
}

// platt turns a cosine into an independent probability: 1/(1+e^−(a·cos+b)).
type platt struct{ a, b float64 }

var independent = platt{a: 12, b: -4.5}

func (p platt) at(score int32) float64 {
	cos := float64(score) / unitSquare
	return 1 / (1 + exp(-(float64(p.a*cos) + p.b)))
}
