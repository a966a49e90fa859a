package cascade_test

import (
	"math"
	"testing"

	"github.com/winnow-stream/winnow/classify/cascade"
)

func TestExpect(t *testing.T) {
	// The first stage is right as often as it says, the second nine times in ten; both give the same label where both are right.
	var calibrated []cascade.Outcome
	for i := range 1000 {
		sure := float32(i%100) / 100
		o := cascade.Outcome{Confidence: sure, First: float64(i/100) < float64(sure)*10, Second: i/100 != 3}
		o.Same = o.First && o.Second
		calibrated = append(calibrated, o)
	}
	// Where they give different labels, the first one is mostly right.
	var better []cascade.Outcome
	for i, o := range calibrated {
		o.First, o.Second = o.Same || i%10 > 1, o.Same || i%10 == 0
		better = append(better, o)
	}
	for name, c := range map[string]struct {
		outcomes    []cascade.Outcome
		loss        float64
		least, most float64 // confidence
	}{
		"nothing to lose":     {calibrated, 0, 0.95, 1},
		"more may be lost":    {calibrated, 0.02, 0.65, 0.85},
		"all may be lost":     {calibrated, 1, 0.4, 0.6}, // but not more than mostApart may stand against the second
		"a better first one":  {better, 0, 0.4, 0.6},
		"no label, no choice": {[]cascade.Outcome{{Null: true, Second: true}, {Null: true}}, 0.5, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			curve, err := cascade.NewCurve(c.outcomes)
			if err != nil {
				t.Fatal(err)
			}
			p := curve.Expect(c.loss)
			if p.Confidence < c.least || p.Confidence > c.most {
				t.Errorf("confidence %.4f, want one from %v to %v", p.Confidence, c.least, c.most)
			}
			if p.Loss > c.loss || p.Share < 0 || p.Share > 1 || math.IsNaN(p.Accuracy) {
				t.Errorf("%+v for a loss of %v", p, c.loss)
			}
		})
	}
}
