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

const (
	plattSlope     = 15.6
	plattMany      = -0.88
	plattDetection = -1.6
)
