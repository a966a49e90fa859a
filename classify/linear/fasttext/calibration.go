package fasttext

import (
	"math"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Calibration makes confidences of scores that are right as often as they say: with softmax shares, else sigmoids, of
// Slope·score + Offset. A model that winnow trained holds its own behind its weights; one that fastText trained has none,
// and a Classifier gives fastText's own probabilities.
type Calibration struct {
	Slope  float64 `json:"slope"` // above 0
	Offset float64 `json:"offset,omitempty"`
}

func (c *Calibration) valid() bool {
	return c.Slope > 0 && !math.IsInf(c.Slope, 0) && !math.IsNaN(c.Offset) && !math.IsInf(c.Offset, 0)
}

// Calibrated is the model with a calibration, which a Classifier answers by; Predict stays fastText's. It shares the
// weights. A model with HierarchicalSoftmax has no scores of labels to calibrate.
func (m *Model) Calibrated(c Calibration) (*Model, error) {
	if m.tree != nil || !c.valid() {
		return nil, fault.New(fault.ConfigField, "a calibration of %v·score + %v for the loss %s", c.Slope, c.Offset, m.args.Loss)
	}
	out := &Model{
		args: m.args, dict: m.dict, input: m.input, output: m.output, tokens: m.tokens, outputFlag: m.outputFlag, trailer: m.trailer,
	}
	out.trailer.Calibration = &c
	return out, out.finish()
}

// Calibration is how a Classifier makes confidences of scores; nil: as fastText does.
func (m *Model) Calibration() *Calibration { return m.trailer.Calibration }

// Scores sets to to the labels' scores of a text, one for each of Labels, of which Softmax and OneVsAll make
// probabilities. It returns nil where the model knows no word of the text, and for HierarchicalSoftmax, whose scores are
// not those of labels.
func (m *Model) Scores(to []float32, text []byte, s *Scratch) []float32 {
	m.prepare(s)
	m.dict.Read(&s.line, text, 0)
	if s.line.Known == 0 || m.tree != nil {
		return nil
	}
	m.hide(&s.line, s)
	m.score(s)
	return append(to[:0], s.scores[:len(m.labels)]...)
}

// calibrate moves the scores of labels.
func (m *Model) calibrate(s *Scratch) {
	c := m.trailer.Calibration
	if c == nil {
		return
	}
	slope, offset := float32(c.Slope), float32(c.Offset)
	for i, x := range s.scores[:len(m.labels)] {
		s.scores[i] = float32(slope*x) + offset
	}
}
