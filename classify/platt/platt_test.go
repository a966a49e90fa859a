package platt_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"go.uber.org/goleak"

	"github.com/winnow-stream/winnow/classify/platt"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestFit draws answers from a curve and finds it again.
func TestFit(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, want := range [][2]float64{{1, 0}, {0.5, -1}, {3, 2}} {
		var scores []float64
		var right []bool
		for range 100_000 {
			x := r.NormFloat64()
			scores = append(scores, x)
			right = append(right, r.Float64() < 1/(1+math.Exp(-want[0]*x-want[1])))
		}
		slope, offset := platt.Fit(scores, right)
		if math.Abs(slope-want[0]) > 0.05*want[0] || math.Abs(offset-want[1]) > 0.05 {
			t.Errorf("want %v, got %v and %v", want, slope, offset)
		}
	}
}

func TestFitOfNothing(t *testing.T) {
	if slope, offset := platt.Fit(nil, nil); slope != 1 || offset != 0 {
		t.Error(slope, offset)
	}
	if slope, offset := platt.Fit([]float64{math.NaN()}, []bool{true}); slope != 1 || offset != 0 {
		t.Error(slope, offset)
	}
}

func Example() {
	// Scores that are too sure of themselves: at 4 and at −4 one of four is wrong.
	scores := []float64{4, 4, 4, 4, -4, -4, -4, -4}
	right := []bool{true, true, true, false, false, false, false, true}
	slope, _ := platt.Fit(scores, right)
	fmt.Printf("%.1f\n", 1/(1+math.Exp(-4*slope)))
	// Output: 0.7
}

// TestUpdate: many answers overrule a prior, few don't, and a slope that is held stays.
func TestUpdate(t *testing.T) {
	prior := platt.Prior{Slope: 2, Offset: -1, SlopeWeight: 1, OffsetWeight: 1}
	if slope, offset := platt.Update(prior, nil, nil); slope != 2 || offset != -1 {
		t.Errorf("nothing seen: %v, %v", slope, offset)
	}
	if slope, offset := platt.Update(prior, []float64{math.Inf(1)}, []bool{true}); slope != 2 || offset != -1 {
		t.Errorf("no number seen: %v, %v", slope, offset)
	}
	r := rand.New(rand.NewPCG(1, 2))
	var scores []float64
	var right []bool
	for range 10_000 {
		x := r.NormFloat64()
		scores, right = append(scores, x), append(right, r.Float64() < 1/(1+math.Exp(-0.5*x-1)))
	}
	if slope, offset := platt.Update(prior, scores, right); math.Abs(slope-0.5) > 0.1 || math.Abs(offset-1) > 0.1 {
		t.Errorf("all seen: %v, %v, want 0.5 and 1", slope, offset)
	}
	if slope, offset := platt.Update(prior, scores[:1], []bool{false}); math.Abs(slope-2) > 0.5 || math.Abs(offset+1) > 0.5 {
		t.Errorf("one seen: %v, %v", slope, offset)
	}
	prior.SlopeWeight = math.Inf(1)
	if slope, offset := platt.Update(prior, scores, right); slope != 2 || math.Abs(offset-1.5) > 0.2 {
		t.Errorf("a slope that is held: %v, %v", slope, offset)
	}
}
