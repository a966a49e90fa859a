package fit_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/linear/fasttext"
	"github.com/winnow-stream/winnow/classify/linear/fasttext/fit"
	"github.com/winnow-stream/winnow/classify/linear/fasttext/train"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// draw makes n texts of words of three kinds, which mostly tell the labels. A share of labels is drawn by chance.
func draw(n int, chance float64, labels func(kinds []int) []string) []train.Example {
	r := rand.New(rand.NewPCG(7, uint64(n)))
	var all []train.Example
	for range n {
		var kinds []int
		var text strings.Builder
		for range 1 + r.IntN(2) {
			k := r.IntN(3)
			if !slices.Contains(kinds, k) {
				kinds = append(kinds, k)
			}
			for range 3 {
				fmt.Fprintf(&text, " word%d%d the w%d", k, r.IntN(20), r.IntN(50))
			}
		}
		if r.Float64() < chance {
			kinds = []int{r.IntN(3)}
		}
		all = append(all, train.Example{Text: text.String(), Labels: labels(kinds)})
	}
	return all
}

var names = []string{"ant", "bee", "cow"}

func one(kinds []int) []string { return []string{names[kinds[0]]} }

func every(kinds []int) (all []string) {
	for _, k := range kinds {
		all = append(all, names[k])
	}
	slices.Sort(all)
	return all
}

// quick are parameters that learn a few hundred texts.
var quick = train.Config{LR: 0.5, Epoch: 20, Dim: 10}

func TestTrain(t *testing.T) {
	m, report, err := fit.Train(t.Context(), fit.Config{Parameters: quick, Workers: 1}, draw(900, 0.3, one), nil)
	if err != nil {
		t.Fatal(err)
	}
	q := report.Quality
	if q.Rows != 900 || q.Accuracy < 0.55 || q.Accuracy > 0.85 { // a fifth of the labels is wrong, a quarter of texts has two kinds
		t.Errorf("accuracy %v of %d", q.Accuracy, q.Rows)
	}
	if q.ECE > 0.06 {
		t.Errorf("calibration error %v", q.ECE)
	}
	if m.Args().Loss != fasttext.Softmax || m.Calibration() == nil || m.Calibration().Slope >= 1 { // it is too sure of what it has seen 20 times
		t.Errorf("%v, calibration %+v", m.Args().Loss, m.Calibration())
	}
	if report.Labels != 3 || report.Rows != 900 || report.Parameters.Dim != 10 {
		t.Errorf("%+v", report)
	}
}

func TestTrainManyLabels(t *testing.T) {
	m, report, err := fit.Train(t.Context(), fit.Config{Mode: classify.Multi, Parameters: quick, Workers: 1}, draw(900, 0.1, every), nil)
	if err != nil {
		t.Fatal(err)
	}
	if m.Args().Loss != fasttext.OneVsAll || report.Quality.MicroF1 < 0.8 || report.Quality.ECE > 0.1 { // wrong labels bend the curve
		t.Errorf("%v, micro-F1 %v, calibration error %v", m.Args().Loss, report.Quality.MicroF1, report.Quality.ECE)
	}
	if !(report.Threshold > 0.05 && report.Threshold < 0.95) {
		t.Errorf("threshold %v", report.Threshold)
	}
}

func TestSameSeed(t *testing.T) {
	var files [2]bytes.Buffer
	for i := range files {
		m, _, err := fit.Train(t.Context(), fit.Config{Parameters: quick, Workers: 1, Seed: 3}, draw(300, 0, one), nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m.WriteTo(&files[i]); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(files[0].Bytes(), files[1].Bytes()) {
		t.Error("two trainings with one seed differ")
	}
}

// TestTune looks for parameters that are better than fastText's defaults, which have not learnt so few texts.
func TestTune(t *testing.T) {
	examples := draw(600, 0, one)
	_, plain, err := fit.Train(t.Context(), fit.Config{Workers: 2}, examples, nil)
	if err != nil {
		t.Fatal(err)
	}
	stages := map[string]bool{}
	_, tuned, err := fit.Train(t.Context(), fit.Config{Trials: 16, Parameters: train.Config{Dim: 10}, Workers: 2}, examples, func(p fit.Progress) {
		stages[p.Stage] = true
	})
	if err != nil {
		t.Fatal(err)
	}
	if tuned.Trials != 16 || tuned.Parameters.Dim != 10 || !(tuned.Quality.Accuracy > plain.Quality.Accuracy) {
		t.Errorf("%d trials, %+v: accuracy %v, by default %v", tuned.Trials, tuned.Parameters, tuned.Quality.Accuracy, plain.Quality.Accuracy)
	}
	if !stages["tune"] || !stages["validate"] || !stages["train"] {
		t.Error(stages)
	}
}

func TestQuantize(t *testing.T) {
	cfg := fit.Config{Parameters: train.Config{LR: 0.5, Epoch: 20, Dim: 10, WordNgrams: 2, Bucket: 1000}, Quantize: true, Workers: 1}
	m, _, err := fit.Train(t.Context(), cfg, draw(300, 0, one), nil)
	if err != nil {
		t.Fatal(err)
	}
	if !m.Quantized() || m.Calibration() == nil {
		t.Error(m.Quantized(), m.Calibration())
	}
}

// TestCandidates takes the better of two, the same whatever the number of workers.
func TestCandidates(t *testing.T) {
	slow := train.Config{LR: 0.001, Epoch: 1, Dim: 10}
	var files [2]bytes.Buffer
	for i, workers := range []int{1, 4} {
		cfg := fit.Config{Candidates: []train.Config{slow, quick}, Workers: workers, Seed: 3}
		m, report, err := fit.Train(t.Context(), cfg, draw(300, 0, one), nil)
		if err != nil {
			t.Fatal(err)
		}
		if report.Trials != 2 || report.Parameters.Epoch != quick.Epoch || report.Quality.Rows != 300 || report.Tuned < 0.8 {
			t.Errorf("%d trials reached %v: %+v, of %d examples", report.Trials, report.Tuned, report.Parameters, report.Quality.Rows)
		}
		if _, err := m.WriteTo(&files[i]); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(files[0].Bytes(), files[1].Bytes()) {
		t.Error("the number of workers changes the model")
	}
}

func TestDefaultCandidates(t *testing.T) {
	for examples, epochs := range map[int]int{0: 25, 1000: 25, 250_000: 10, 10_000_000: 5} {
		for _, c := range fit.Candidates(examples) {
			if c.Epoch != epochs {
				t.Errorf("%d examples are seen %d times, want %d", examples, c.Epoch, epochs)
			}
		}
	}
}

// TestBeaten gives up once it is clear that the model won't be good enough: after the search, or when it was validated.
func TestBeaten(t *testing.T) {
	for _, c := range []struct {
		cfg       fit.Config
		validated int // examples
	}{
		{fit.Config{Parameters: quick, Least: 0.95}, 900},
		{fit.Config{Parameters: train.Config{Dim: 10}, Trials: 2, Least: 1}, 0},
		{fit.Config{Candidates: []train.Config{quick}, Least: 0.95}, 300},
	} {
		m, report, err := fit.Train(t.Context(), c.cfg, draw(900, 0.3, one), nil)
		if !errors.Is(err, fit.ErrBeaten) || m != nil || (report.Quality != nil) != (c.validated > 0) || report.Took == 0 {
			t.Errorf("%+v: %v, %+v", c.cfg, err, report)
			continue
		}
		if q := report.Quality; q != nil && int(q.Rows) != c.validated {
			t.Errorf("%+v: it was clear after %d examples, want %d", c.cfg, q.Rows, c.validated)
		}
	}
}

func TestTrainRefuses(t *testing.T) {
	e := func(text string, labels ...string) train.Example { return train.Example{Text: text, Labels: labels} }
	for _, c := range []struct {
		name     string
		cfg      fit.Config
		examples []train.Example
		want     string
	}{
		{"nothing", fit.Config{}, nil, "train.too_few: training takes at least 2 examples, and gets 0"},
		{"one example", fit.Config{}, []train.Example{e("a", "x")}, "train.too_few: training takes at least 2 examples, and gets 1"},
		{"one label", fit.Config{}, []train.Example{e("a", "x"), e("b", "x")}, `train.one_label: every example has the label "x"; there is nothing to tell it from`},
		{"no label", fit.Config{Mode: classify.Multi}, []train.Example{e("a"), e("b")}, "train.one_label: no example has a label"},
		{"two labels", fit.Config{}, []train.Example{e("a", "x"), e("b", "x", "y")}, "row 2: train.label: an example has 2 labels, and the mode is single"},
		{"another label", fit.Config{Labels: []string{"x", "y"}}, []train.Example{e("a", "x"), e("b", "z")}, `row 2: train.label: an example has the label "z", which is not one of the labels`},
		{"an empty class", fit.Config{Labels: []string{"x", "y", "z"}}, []train.Example{e("a", "x"), e("b", "y")}, `train.label: no example has the label "z", and a fastText model knows labels by examples alone`},
		{"an odd parameter", fit.Config{Parameters: train.Config{Dim: -1}}, []train.Example{e("a", "x"), e("b", "y")}, "config.field: dim is -1, want 1 to 65536"},
	} {
		_, _, err := fit.Train(t.Context(), c.cfg, c.examples, nil)
		if err == nil || err.Error() != c.want {
			t.Errorf("%s: want %s, got %v", c.name, c.want, err)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, _, err := fit.Train(ctx, fit.Config{}, draw(300, 0, one), nil); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestRareLabel has a label that the model of one fold does not know.
func TestRareLabel(t *testing.T) {
	examples := append(draw(300, 0, one), train.Example{Text: "rare", Labels: []string{"rare"}})
	m, report, err := fit.Train(t.Context(), fit.Config{Parameters: quick, Workers: 1}, examples, nil)
	if err != nil {
		t.Fatal(err)
	}
	if s := m.Calibration().Slope; math.IsNaN(s) || report.Labels != 4 {
		t.Error(s, report.Labels)
	}
}
