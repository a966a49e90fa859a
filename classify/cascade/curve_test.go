package cascade_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"github.com/winnow-stream/winnow/classify/cascade"
)

// outcomes draws what two stages may do, with few distinct confidences, so that ties occur.
var outcomes = rapid.Custom(func(t *rapid.T) cascade.Outcome {
	return cascade.Outcome{
		Confidence: float32(rapid.IntRange(0, 20).Draw(t, "confidence")) / 20,
		Null:       rapid.IntRange(0, 9).Draw(t, "null") == 0,
		First:      rapid.Bool().Draw(t, "first"), Second: rapid.Bool().Draw(t, "second"),
	}
})

// apply is what a confidence does, row by row.
func apply(all []cascade.Outcome, confidence float64) (share, loss float64) {
	on, lost := 0, 0
	for _, o := range all {
		switch {
		case o.Null || float64(o.Confidence) < confidence-1e-6:
			on++
		case o.Second && !o.First:
			lost++
		case o.First && !o.Second:
			lost--
		}
	}
	return float64(on) / float64(len(all)), float64(lost) / float64(len(all))
}

// TestChoose compares with every confidence tried.
func TestChoose(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.SliceOfN(outcomes, 1, 60).Draw(t, "outcomes")
		wanted := float64(rapid.IntRange(-5, 30).Draw(t, "wanted")) / 100
		curve, err := cascade.NewCurve(all)
		if err != nil {
			t.Fatal(err)
		}
		best := math.Inf(1)
		for i := range 21 {
			if share, loss := apply(all, float64(i)/20); loss <= wanted+1e-12 {
				best = min(best, share)
			}
		}
		got, err := curve.Choose(wanted)
		if math.IsInf(best, 1) {
			if !errors.Is(err, cascade.ErrUnreachable) {
				t.Fatalf("no confidence is right, but %+v, %v", got, err)
			}
			return
		}
		if err != nil {
			t.Fatalf("%v, but a share of %v is right", err, best)
		}
		share, loss := apply(all, got.Confidence)
		if math.Abs(share-best) > 1e-9 || math.Abs(got.Share-share) > 1e-9 || math.Abs(got.Loss-loss) > 1e-9 || loss > wanted+1e-9 {
			t.Fatalf("%+v does a share of %v with a loss of %v; %v is the least share", got, share, loss, best)
		}
		if got.HeldShare < 0 || got.HeldShare > 1 || math.Abs(got.HeldLoss) > 1 {
			t.Fatalf("held out: %+v", got)
		}
		points := curve.Points()
		for i := 1; i < len(points); i++ {
			if points[i].Confidence <= points[i-1].Confidence || points[i].Share < points[i-1].Share {
				t.Fatalf("points are not in order: %+v", points)
			}
		}
	})
}

// TestHeld: on many outcomes of one kind, the choice is worth out of fold what it promises.
func TestHeld(t *testing.T) {
	var all []cascade.Outcome
	r := rand.New(rand.NewPCG(1, 2))
	for range 5000 {
		// The first stage is right as often as it says, the second nine times of ten.
		c := r.Float32()
		all = append(all, cascade.Outcome{Confidence: c, First: r.Float32() < c, Second: r.Float32() < 0.9})
	}
	curve, err := cascade.NewCurve(all)
	if err != nil {
		t.Fatal(err)
	}
	for _, loss := range []float64{0, 0.01, 0.05, 0.2} {
		c, err := curve.Choose(loss)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(c.HeldLoss-c.Loss) > 0.01 || math.Abs(c.HeldShare-c.Share) > 0.05 {
			t.Errorf("out of fold it is %+v", c)
		}
	}
}

func TestNewCurveRefuses(t *testing.T) {
	if _, err := cascade.NewCurve(nil); err == nil {
		t.Error("no outcomes are taken")
	}
	for _, bad := range []float32{-0.1, 1.1, float32(math.NaN())} {
		if _, err := cascade.NewCurve([]cascade.Outcome{{Confidence: bad}}); err == nil {
			t.Errorf("the confidence %v is taken", bad)
		}
	}
	curve, err := cascade.NewCurve([]cascade.Outcome{{Confidence: 1, Second: true}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := curve.Choose(0); !errors.Is(err, cascade.ErrUnreachable) {
		t.Errorf("sure and wrong: %v", err)
	}
}
