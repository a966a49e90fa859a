package prototype

import (
	"math"

	"github.com/winnow-stream/winnow/classify/static/kernel"
)

// unitSquare is the dot product of a vector with itself, as the kernel counts: cosine 1.
const unitSquare = kernel.Unit * kernel.Unit

// Calibration is what turns a backend's cosines into probabilities. Its constants belong to the backend's vectors.
type Calibration struct {
	// Temperature is that of the softmax of zero-shot scores by number of labels, in cosines.
	Temperature func(labels int) float64
	// Coolest and Warmest bound the temperature that is learned of examples.
	Coolest, Warmest float64
	// Slope, Many and Detection are those of independent probabilities: 1/(1+e^−(Slope·cosine+offset)), where the offset
	// is Many less the logarithm of the number of other labels, or Detection for one label alone, which has texts of any
	// kind against it.
	Slope, Many, Detection float64
}

// platt turns a cosine into an independent probability: 1/(1+e^−(slope·cosine+offset)).
type platt struct{ slope, offset float64 }

// independent is the scale for a set of labels: with more labels to choose from, each is less likely, by the odds of
// one among them.
func (c *Calibration) independent(labels int) platt {
	if labels == 1 {
		return platt{c.Slope, c.Detection}
	}
	// Rounded, since math.Log differs in its last bit between machines.
	odds := math.Round(math.Log(float64(labels-1))*1e6) / 1e6
	return platt{c.Slope, c.Many - odds}
}

func (p platt) at(score int32) float64 {
	cosine := float64(score) / unitSquare
	return 1 / (1 + exp(-(float64(p.slope*cosine) + p.offset)))
}
