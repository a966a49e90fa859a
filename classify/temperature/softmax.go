package temperature

// Softmax is what the scores of a text are divided by.
type Softmax struct {
	Temperature float64 `json:"temperature,omitempty"` // of a text whose best score is Center
	Gain        float64 `json:"gain,omitempty"`        // how much one divided by it grows with each unit of best score
	Center      float64 `json:"center,omitempty"`
}

// Temperatures that there can be.
const (
	Coldest = 0.01
	Hottest = 100
)

// Inverse is one divided by the temperature of a text whose best score is top.
func (s *Softmax) Inverse(top float32) float64 {
	return limited(1/s.Temperature + float64(s.Gain*(float64(top)-s.Center)))
}

func limited(inverse float64) float64 { return min(max(inverse, 1.0/Hottest), 1/Coldest) }

// Rows are texts that nothing was learnt from, with the scores of labels.
type Rows struct {
	Len    int
	Labels int // that a text has scores of, at most
	// Row returns the scores of a text, and the index of its gold label among them; −1: the text tells nothing. The scores
	// are read until the next call.
	Row func(i int) (scores []float32, gold int)
}

// sampled bounds the scores that are looked at.
const sampled = 4 << 20

// Stride is how many rows apart those are that are looked at, of rows with so many scores in all.
func Stride(scores int) int { return 1 + scores/sampled }
