package static_test

import (
	"math/rand/v2"
	"testing"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/classifytest/evalset"
	"github.com/winnow-stream/winnow/classify/static"
)

func TestZeroShot(t *testing.T) {
	cases := []struct {
		set         string
		atLeast     float64
		calibration float64 // 0 where none is promised
	}{
		{"banking77", 65.5, 0.07},
		{"clinc150", 60.2, 0.07},
		{"hwu64", 62.3, 0.07},
		{"snips", 82.6, 0.07},
		{"sms_spam", 66, 0},
		{"goemotions", 23.3, 0},
	}
	var sum float64
	for _, c := range cases {
		s := evalset.Load(t, c.set)
		k, err := static.New(static.Config{Labels: s.Labels})
		if err != nil {
			t.Fatal(err)
		}
		o := evalset.Measure(t, k, s.Test)
		t.Logf("%-10s accuracy %.2f, calibration error %.4f", c.set, o.Accuracy, o.ECE)
		if o.Accuracy < c.atLeast {
			t.Errorf("%s: accuracy %.2f, want at least %.2f", c.set, o.Accuracy, c.atLeast)
		}
		if c.calibration > 0 {
			sum += o.ECE
			if o.ECE > c.calibration {
				t.Errorf("%s: calibration error %.4f, want at most %.2f", c.set, o.ECE, c.calibration)
			}
		}
	}
	if mean := sum / 4; mean > 0.055 {
		t.Errorf("mean calibration error %.4f, want at most 0.055", mean)
	}
}

// TestFewShot draws 8 examples a label from the train split, five times.
func TestFewShot(t *testing.T) {
	cases := []struct {
		set     string
		atLeast float64
	}{
		{"banking77", 74}, {"clinc150", 79}, {"hwu64", 74}, {"snips", 87},
	}
	const seeds = 5
	for _, c := range cases {
		s := evalset.Load(t, c.set)
		var mean evalset.Quality
		for seed := range seeds {
			k, err := static.New(static.Config{Labels: withExamples(s, 8, uint64(seed))})
			if err != nil {
				t.Fatal(err)
			}
			o := evalset.Measure(t, k, s.Test)
			mean.Accuracy += o.Accuracy / seeds
			mean.ECE += o.ECE / seeds
		}
		t.Logf("%-10s accuracy %.2f, calibration error %.4f", c.set, mean.Accuracy, mean.ECE)
		if mean.Accuracy < c.atLeast {
			t.Errorf("%s: accuracy %.2f with 8 examples a label, want at least %.2f", c.set, mean.Accuracy, c.atLeast)
		}
		if mean.ECE > 0.07 {
			t.Errorf("%s: calibration error %.4f with 8 examples a label, want at most 0.07", c.set, mean.ECE)
		}
	}
}

// withExamples gives each label n of its texts of the train split.
func withExamples(s *evalset.Set, n int, seed uint64) classify.LabelSet {
	labels := append(classify.LabelSet(nil), s.Labels...)
	r := rand.New(rand.NewPCG(seed, 0))
	for _, i := range r.Perm(len(s.Train)) {
		if l := &labels[s.Train[i].Gold[0]]; len(l.Examples) < n {
			l.Examples = append(l.Examples[:len(l.Examples):len(l.Examples)], s.Train[i].Text)
		}
	}
	return labels
}

func TestRefine(t *testing.T) {
	gain := func(name string) float64 {
		s := evalset.Load(t, name)
		k, err := static.New(static.Config{Labels: s.Labels})
		if err != nil {
			t.Fatal(err)
		}
		r := k.NewRefinement()
		if err := r.Add(evalset.Array(evalset.Texts(s.Test)...)); err != nil {
			t.Fatal(err)
		}
		state, err := r.Finish(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		refined, err := k.Refined(state)
		if err != nil {
			t.Fatal(err)
		}
		before, after := evalset.Measure(t, k, s.Test), evalset.Measure(t, refined, s.Test)
		t.Logf("%-10s accuracy %.2f → %.2f, calibration error %.4f → %.4f", name, before.Accuracy, after.Accuracy, before.ECE, after.ECE)
		return after.Accuracy - before.Accuracy
	}
	mean := (gain("banking77") + gain("clinc150") + gain("hwu64") + gain("snips")) / 4
	if mean < 3 {
		t.Errorf("refine gains %.2f points on the intent sets, want at least 3", mean)
	}
	if g := gain("goemotions"); g < -0.5 {
		t.Errorf("refine loses %.2f points on goemotions, want at most 0.5", -g)
	}
	gain("sms_spam")
}
