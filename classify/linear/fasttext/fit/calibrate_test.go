package fit

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/linear/fasttext/train"
)

// TestCalibrateAnyScale: a model that has seen little has scores that differ by thousandths, and the same order of labels.
func TestCalibrateAnyScale(t *testing.T) {
	const rows, labels = 1000, 4
	for mode, name := range map[classify.Mode]string{classify.Single: "single", classify.Multi: "multi"} {
		var slopes []float64
		for _, scale := range []float64{1, 1e-5} {
			r := rand.New(rand.NewPCG(1, 1))
			f := &fitter{cfg: Config{Mode: mode}, names: []string{"a", "b", "c", "d"}, ids: map[string]int32{"a": 0, "b": 1, "c": 2, "d": 3}}
			h := &held{labels: labels}
			for i := range rows {
				gold := r.IntN(labels)
				f.examples = append(f.examples, train.Example{Labels: []string{f.names[gold]}})
				h.rows, h.known = append(h.rows, i), append(h.known, true)
				for l := range labels {
					x := r.NormFloat64()
					if l == gold {
						x += 2
					}
					h.scores = append(h.scores, float32(scale*x))
				}
			}
			slopes = append(slopes, scale*f.calibrate(h).Slope)
		}
		if off := math.Abs(slopes[1]/slopes[0] - 1); !(off < 0.001) {
			t.Errorf("%s: a slope of %v becomes %v for small scores", name, slopes[0], slopes[1])
		}
	}
}
