package active_test

import (
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/active"
	"github.com/winnow-stream/winnow/classify/classifytest/evalset"
	"github.com/winnow-stream/winnow/classify/linear/head"
	"github.com/winnow-stream/winnow/classify/static"
)

// TestBeatsRandom trains on labels for texts that were chosen and on as many for random ones. Texts to choose from are a
// random half of a train split; accuracy is that on the test split.
func TestBeatsRandom(t *testing.T) {
	if os.Getenv("WINNOW_QUALITY") == "" {
		t.Skip("training thirty times is left to make test-all")
	}
	for _, c := range []struct {
		name string
		warm int     // random examples of each label that there are already
		each int     // chosen texts for each label of the set, 10 at least
		gain float64 // least mean gain in points
	}{
		{"from nothing", 0, 1, 1.5},
	} {
		t.Run(c.name, func(t *testing.T) {
			var gains []float64
			for _, name := range []string{"banking77", "clinc150", "hwu64", "snips", "sms_spam"} {
				s := loadSet(t, name)
				n := max(c.each*len(s.labels), 10)
				var chosen, random float64
				const seeds = 3
				for seed := range uint64(seeds) {
					labelled, others := s.divide(c.warm, seed)
					classifier := s.start(t, labelled, seed)
					a := s.accuracy(t, slices.Concat(labelled, suggest(t, classifier, labelled, others, n, seed)), seed)
					b := s.accuracy(t, slices.Concat(labelled, others[:n]), seed)
					chosen, random, gains = chosen+a/seeds, random+b/seeds, append(gains, a-b)
				}
				t.Logf("%-10s %4d more labels: chosen %.2f, random %.2f", name, n, chosen, random)
			}
			mean, wide := interval(gains)
			t.Logf("gain %.2f ± %.2f points", mean, wide)
			if mean < c.gain || mean < wide {
				t.Errorf("gain %.2f ± %.2f points, want at least %v, and more than by chance", mean, wide, c.gain)
			}
		})
	}
}

// interval is the mean of gains and half its 95 % interval.
func interval(gains []float64) (mean, wide float64) {
	for _, g := range gains {
		mean += g / float64(len(gains))
	}
	squares := 0.0
	for _, g := range gains {
		squares += (g - mean) * (g - mean)
	}
	n := float64(len(gains))
	return mean, 2.15 * math.Sqrt(squares/(n-1)/n) // Student's t for 15 gains
}

// set is an evaluation set.
type set struct {
	labels      classify.LabelSet
	test, train []head.Example
}

// loadSet reads a set, or skips the test where there is none.
func loadSet(t *testing.T, name string) *set {
	t.Helper()
	s := evalset.Load(t, name)
	return &set{s.Labels, lessons(s.Test), lessons(s.Train)}
}

// lessons are examples as they are learnt from.
func lessons(examples []evalset.Example) []head.Example {
	out := make([]head.Example, len(examples))
	for i, e := range examples {
		out[i] = head.Example{Text: e.Text, Labels: e.Labels}
	}
	return out
}

// divide takes some examples of each label, and up to half of the train split beside them, in random order.
func (s *set) divide(each int, seed uint64) (labelled, others []head.Example) {
	got := map[string]int{}
	for _, i := range rand.New(rand.NewPCG(seed, 0)).Perm(len(s.train)) {
		switch e := s.train[i]; {
		case got[e.Labels[0]] < each:
			got[e.Labels[0]]++
			labelled = append(labelled, e)
		case len(others) < len(s.train)/2:
			others = append(others, e)
		}
	}
	return labelled, others
}

// start is the classifier whose confidences a choice goes by: zero-shot without examples.
func (s *set) start(t *testing.T, labelled []head.Example, seed uint64) classify.Classifier {
	t.Helper()
	if len(labelled) == 0 {
		c, err := static.New(static.Config{Labels: s.labels, Answers: classify.Answers{TopK: 2}})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	c, err := s.fit(t, labelled, seed).With(head.Answer{TopK: 2})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (s *set) fit(t *testing.T, examples []head.Example, seed uint64) *head.Model {
	t.Helper()
	m, _, err := head.Train(t.Context(), head.Config{Labels: s.labels, Seed: seed}, func(yield func(head.Example, error) bool) {
		for _, e := range examples {
			if !yield(e, nil) {
				return
			}
		}
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// accuracy is that on the test split, in percent.
func (s *set) accuracy(t *testing.T, examples []head.Example, seed uint64) float64 {
	t.Helper()
	m := s.fit(t, examples, seed)
	out, names, right := classifyAll(t, m, s.test), m.Info().Labels, 0
	for i, e := range s.test {
		if out.Label[i] >= 0 && names[out.Label[i]] == e.Labels[0] {
			right++
		}
	}
	return 100 * float64(right) / float64(len(s.test))
}

func classifyAll(t *testing.T, c classify.Classifier, examples []head.Example) *classify.Results {
	t.Helper()
	b := array.NewStringBuilder(memory.NewGoAllocator())
	defer b.Release()
	for _, e := range examples {
		b.Append(e.Text)
	}
	texts := b.NewStringArray()
	defer texts.Release()
	out := new(classify.Results)
	if err := c.Classify(t.Context(), texts, out); err != nil {
		t.Fatal(err)
	}
	return out
}

// suggest chooses n of the others.
func suggest(t *testing.T, by classify.Classifier, labelled, others []head.Example, n int, seed uint64) (out []head.Example) {
	t.Helper()
	c, err := active.New(active.Config{Count: n, Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range labelled {
		c.Labelled(e.Text)
	}
	answers := classifyAll(t, by, others)
	for i, e := range others {
		k := active.Candidate{Text: e.Text, Margin: active.MarginOf(answers.RowScores(i))}
		k.Place.Row = int64(i)
		c.Add(&k)
	}
	picks, err := c.Choose(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range picks {
		out = append(out, others[p.Place.Row])
	}
	return out
}
