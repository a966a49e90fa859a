package head_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/classifytest/evalset"
	"github.com/winnow-stream/winnow/classify/linear/head"
)

// set is an evaluation set.
type set struct {
	labels      classify.LabelSet
	test, train []head.Example
}

// loadSet reads a set, or skips the test where there is none.
func loadSet(t testing.TB, name string) *set {
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

// few draws n examples of each label.
func (s *set) few(n int, seed uint64) (out []head.Example) {
	got := map[string]int{}
	for _, i := range rand.New(rand.NewPCG(seed, 0)).Perm(len(s.train)) {
		if e := s.train[i]; got[e.Labels[0]] < n {
			got[e.Labels[0]]++
			out = append(out, e)
		}
	}
	return out
}

// classifyAll answers all examples.
func classifyAll(t testing.TB, m *head.Model, examples []head.Example) *classify.Results {
	t.Helper()
	texts := make([]string, len(examples))
	for i, e := range examples {
		texts[i] = e.Text
	}
	out := new(classify.Results)
	if err := m.Classify(t.Context(), evalset.Array(texts...), out); err != nil {
		t.Fatal(err)
	}
	return out
}

// outcome is what a model reached on examples.
type outcome struct {
	accuracy     float64 // percent, of single labels
	micro, macro float64 // F1, of several
	ece          float64 // 15 bins
	right        []bool
}

// bins sum up confidences beside what came true.
type bins struct{ n, gap [15]float64 }

func (b *bins) add(p float64, right bool) {
	at := min(int(p*15), 14)
	b.n[at]++
	b.gap[at] += p
	if right {
		b.gap[at]--
	}
}

func (b *bins) ece() float64 {
	n, sum := 0.0, 0.0
	for i := range b.n {
		n, sum = n+b.n[i], sum+math.Abs(b.gap[i])
	}
	return sum / n
}

func measure(t testing.TB, m *head.Model, examples []head.Example) (o outcome) {
	t.Helper()
	out, names := classifyAll(t, m, examples), m.Info().Labels
	var b bins
	for i, e := range examples {
		right := out.Label[i] >= 0 && slices.Contains(e.Labels, names[out.Label[i]])
		o.right = append(o.right, right)
		b.add(float64(out.Confidence[i]), right)
		if right {
			o.accuracy += 100 / float64(len(examples))
		}
	}
	o.ece = b.ece()
	return o
}

// measureMulti judges the lists that are given, and the confidences of all pairs of text and label.
func measureMulti(t testing.TB, m *head.Model, examples []head.Example) (o outcome) {
	t.Helper()
	names := m.Info().Labels
	given, has, right := map[string]float64{}, map[string]float64{}, map[string]float64{}
	out := classifyAll(t, m, examples)
	for i, e := range examples {
		for _, s := range out.RowScores(i) {
			given[names[s.Label]]++
			if slices.Contains(e.Labels, names[s.Label]) {
				right[names[s.Label]]++
			}
		}
		for _, l := range e.Labels {
			has[l]++
		}
	}
	var g, h, r float64
	for _, l := range names {
		g, h, r = g+given[l], h+has[l], r+right[l]
		o.macro += 2 * right[l] / max(given[l]+has[l], 1) / float64(len(names))
	}
	o.micro = 2 * r / (g + h)
	all, err := m.With(head.Answer{Threshold: ptr(0)})
	if err != nil {
		t.Fatal(err)
	}
	var b bins
	out = classifyAll(t, all, examples)
	for i, e := range examples {
		for _, s := range out.RowScores(i) {
			b.add(float64(s.Confidence), slices.Contains(e.Labels, names[s.Label]))
		}
	}
	o.ece = b.ece()
	return o
}

// cpuTime is what the process has used.
func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
