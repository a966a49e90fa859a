package encoder

import "github.com/winnow-stream/winnow/classify/prototype"

// space is what prototypes must know of the model's vectors.
func (m *Model) space() prototype.Space {
	return prototype.Space{Backend: "encoder", Hash: m.hash, Dim: m.Dim(), Calibration: prototype.Calibration{
		Temperature: temperature, Coolest: 0.02, Warmest: 0.12,
		Slope: plattSlope, Many: plattMany, Detection: plattDetection,
	}}
}

// temperature is the softmax temperature of zero-shot scores, in cosines, for any number of labels.
func temperature(int) float64 { return 0.045 }

// The constants of independent probabilities are fitted by ../static/distill/platt.py on every 24th of the reference sets
// (10 with several labels a text, all with foreign texts for one): the slope 12.3, times the ratio of the softmax
// temperature that fits there, 0.0425, to the one above.
const (
	plattSlope     = 12
	plattMany      = -2.94
	plattDetection = -3.46
)
