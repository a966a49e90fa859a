package eval

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// near compares scores to 12 digits; unknown ones are equal.
func near(t *testing.T, what string, got Score, want float64) {
	t.Helper()
	if math.IsNaN(want) != math.IsNaN(float64(got)) || math.Abs(float64(got)-want) > 1e-12 {
		t.Errorf("%s is %v, want %v", what, float64(got), want)
	}
}

func add(t *testing.T, e *Evaluator, rows ...Row) {
	t.Helper()
	for i := range rows {
		if _, err := e.Add(&rows[i]); err != nil {
			t.Fatal(err)
		}
	}
}

func gold(names ...string) []string { return names }

// hand is ten rows that are easy to count.
func hand() []Row {
	const spam, ham = 0, 1
	at := func(n int64) Place { return Place{File: "in.csv", Row: n} }
	return []Row{
		{Gold: gold("spam"), Label: spam, Confidence: 0.9, Place: at(1)},
		{Gold: gold("SPAM "), Label: spam, Confidence: 0.8, Place: at(2)}, // the same label to a reader
		{Gold: gold("spam"), Label: ham, Confidence: 0.6, Place: at(3), Text: "prize"},
		{Gold: gold("spam"), Label: None, Reason: classify.Abstained, Place: at(4)},
		{Gold: gold("ham"), Label: ham, Confidence: 0.8, Place: at(5)},
		{Gold: gold("ham"), Label: ham, Confidence: 0.7, Place: at(6)},
		{Gold: gold("ham"), Label: spam, Confidence: 0.9, Place: at(7), Text: "lunch"},
		{Gold: gold("politics"), Label: ham, Confidence: 0.5, Place: at(8)},
		{Label: ham, Confidence: 0.6, Place: at(9)},
		{Label: None, Reason: classify.NoKnownWords, Place: at(10)},
	}
}

func TestSingle(t *testing.T) {
	e := New(Config{Labels: []string{"spam", "ham", "never"}, Precisions: []float64{0.75}, Wrong: 2})
	add(t, e, hand()...)
	r := e.Report()
	if r.Rows != 8 || r.Correct != 4 || r.Outside != 1 || r.Null != 1 {
		t.Errorf("rows %d, correct %d, outside %d, null %d", r.Rows, r.Correct, r.Outside, r.Null)
	}
	near(t, "accuracy", r.Accuracy, 0.5)
	spam, ham := 2*2.0/(4+3), 2*2.0/(3+4)
	near(t, "macro-F1", r.MacroF1, (spam+ham)/2)
	near(t, "weighted F1", r.WeightedF1, (4*spam+3*ham)/7)
	near(t, "micro-F1", r.MicroF1, 2*4.0/(7+7))
	near(t, "precision of a label that never occurs", r.Labels[2].Precision, math.NaN())
	near(t, "recall of spam", r.Labels[0].Recall, 0.5)
	// [0.8, 0.867): 0.8 and 0.8, both right. [0.867, 0.933): 0.9 right, 0.9 wrong. 0.6 wrong, 0.7 right, 0.5 wrong.
	near(t, "ECE", r.ECE, (0.4+0.8+0.6+0.3+0.5)/7)
	if diff := cmp.Diff(map[string]int64{"abstained": 1}, r.NullReasons); diff != "" {
		t.Errorf("reasons:\n%s", diff)
	}
	if diff := cmp.Diff([]Unknown{{"politics", 1}}, r.UnknownGold); diff != "" {
		t.Errorf("unknown gold labels:\n%s", diff)
	}
	// From 0.7 on: 0.9 0.9 0.8 0.8 0.7, of which four are right.
	got := r.Thresholds[0]
	near(t, "threshold", got.Confidence, 0.7)
	near(t, "its precision", got.Precision, 0.8)
	near(t, "its coverage", got.Coverage, 5.0/8)
	near(t, "its recall", got.Recall, 4.0/8)
	// spam: 0.9 right, 0.9 wrong, 0.8 right: two thirds at most.
	near(t, "the threshold of spam", r.Labels[0].Thresholds[0].Confidence, math.NaN())
	near(t, "the threshold of ham", r.Labels[1].Thresholds[0].Confidence, 0.7)
	// Right rows among the first i, ties in the mean of their orders: 0.9 0.9 (one right), 0.8 0.8, 0.7, 0.6, 0.5, null.
	risk := 0.5/1 + 1.0/2 + 1.0/3 + 1.0/4 + 1.0/5 + 2.0/6 + 3.0/7 + 4.0/8
	near(t, "AURC", r.AURC, risk/8)
	// In scope: 0.9 0.9 0.8 0.8 0.7 0.6 0.5 and 0; out of it 0.6 and 0.
	wins := (5 + 0.5) + (7 + 0.5)
	near(t, "AUROC", r.OutOfScope.AUROC, wins/16)
	if r.OutOfScope.Rows != 2 || r.OutOfScope.Answered != 1 {
		t.Errorf("out of scope %+v", r.OutOfScope)
	}
	want := []Wrong{
		{Place: Place{"in.csv", 7}, Gold: gold("ham"), Label: "spam", Confidence: 0.9, Text: "lunch"},
		{Place: Place{"in.csv", 3}, Gold: gold("spam"), Label: "ham", Confidence: 0.6, Text: "prize"},
	}
	if diff := cmp.Diff(want, r.Wrong); diff != "" {
		t.Errorf("wrong rows:\n%s", diff)
	}
	if diff := cmp.Diff([]Confusion{{"spam", "ham", 1}, {"spam", "", 1}, {"ham", "spam", 1}, {"", "ham", 1}}, r.Confusions); diff != "" {
		t.Errorf("confusions:\n%s", diff)
	}
}

func TestUnknownGoldOutOfScope(t *testing.T) {
	e := New(Config{Labels: []string{"spam", "ham"}, UnknownGold: UnknownOutOfScope})
	add(t, e, hand()...)
	r := e.Report()
	if r.Rows != 7 || r.Outside != 0 || r.OutOfScope.Rows != 3 || r.OutOfScope.Answered != 2 {
		t.Errorf("rows %d, outside %d, out of scope %+v", r.Rows, r.Outside, r.OutOfScope)
	}
	if len(r.UnknownGold) != 1 {
		t.Errorf("unknown gold labels %v", r.UnknownGold)
	}
}

func TestTopK(t *testing.T) {
	e := New(Config{Labels: []string{"a", "b", "c"}})
	list := func(labels ...int32) (s []classify.Score) {
		for i, l := range labels {
			s = append(s, classify.Score{Label: l, Confidence: 0.5 - float32(i)/10})
		}
		return s
	}
	add(t, e,
		Row{Gold: gold("a"), Label: 0, Confidence: 0.5, Scores: list(0, 1)},
		Row{Gold: gold("b"), Label: 0, Confidence: 0.5, Scores: list(0, 1)},
		Row{Gold: gold("c"), Label: 0, Confidence: 0.5, Scores: list(0, 1)},
		Row{Gold: gold("x", "b"), Label: 1, Confidence: 0.5, Scores: list(1, 2)},
	)
	want := []TopK{{1, 0.5}, {2, 0.75}}
	if diff := cmp.Diff(want, e.Report().TopK); diff != "" {
		t.Error(diff)
	}
}

func TestMulti(t *testing.T) {
	e := New(Config{Labels: []string{"a", "b", "c"}, Mode: classify.Multi, Threshold: 0.5, Wrong: 9, Precisions: []float64{1}})
	scores := func(a, b, c float32) []classify.Score {
		s := []classify.Score{{Label: 0, Confidence: a}, {Label: 1, Confidence: b}, {Label: 2, Confidence: c}}
		slices.SortStableFunc(s, func(x, y classify.Score) int { return int(1e4*y.Confidence) - int(1e4*x.Confidence) })
		return s
	}
	add(t, e,
		Row{Gold: gold("a", "b"), Label: 0, Scores: scores(0.9, 0.5, 0.1)},       // exact
		Row{Gold: gold("a"), Label: 0, Scores: scores(0.8, 0.6, 0.1)},            // b too many
		Row{Gold: gold("b", "c"), Label: 2, Scores: scores(0.2, 0.4, 0.7)},       // b missed
		Row{Gold: []string{}, Label: None, Scores: scores(0.1, 0.1, 0.1)},        // none, and none given
		Row{Gold: gold("c"), Label: 0, Scores: scores(0.95, 0.1, 0.1)},           // c taken for a
		Row{Gold: gold("z"), Label: None, Reason: classify.NoKnownWords},         // outside
		Row{Gold: nil, Label: 0, Confidence: 0.3, Scores: scores(0.3, 0.2, 0.1)}, // out of scope
	)
	r := e.Report()
	if r.Rows != 6 || r.Outside != 1 || r.Null != 2 || r.Correct != 4 {
		t.Errorf("rows %d, outside %d, null %d, best label right %d", r.Rows, r.Outside, r.Null, r.Correct)
	}
	near(t, "exact match", r.Multi.ExactMatch, 2.0/6)
	near(t, "samples F1", r.Multi.SamplesF1, (1+2.0/3+2.0/3+1+0+0)/6)
	// a: gold 2, given 3, right 2. b: gold 2, given 2, right 1. c: gold 2, given 1, right 1.
	near(t, "micro-F1", r.MicroF1, 2*4.0/(6+6))
	near(t, "macro-F1", r.MacroF1, (4.0/5+2.0/4+2.0/3)/3)
	if r.Multi.Pairs != 15 {
		t.Errorf("%d pairs, want 15", r.Multi.Pairs)
	}
	// Best for a: 0.95 wrong, 0.9 right, 0.8 right: F1 4/5 at 0.8.
	if diff := cmp.Diff(&Best{0.8, Score(4.0 / 5)}, r.Labels[0].Best); diff != "" {
		t.Errorf("best threshold of a:\n%s", diff)
	}
	near(t, "a precise threshold of c", r.Labels[2].Thresholds[0].Confidence, 0.7)
	if diff := cmp.Diff([]Confusion{{"b", "", 1}, {"c", "a", 1}, {"", "b", 1}}, r.Confusions); diff != "" {
		t.Errorf("confusions:\n%s", diff)
	}
	if len(r.Wrong) != 2 || r.Wrong[0].Label != "a" || r.Wrong[1].Label != "b" {
		t.Errorf("wrong rows %+v", r.Wrong)
	}
	// In scope: the best confidences 0.9 0.8 0.7 0.1 0.95 and 0 for the row without words; out of it 0.3.
	near(t, "AUROC", r.OutOfScope.AUROC, 4.0/6)
	if r.OutOfScope.Rows != 1 || r.OutOfScope.Answered != 0 {
		t.Errorf("out of scope %+v", r.OutOfScope)
	}
}

// Labels that were not named before come in alphabetical order, whatever the order of the rows.
func TestOpenLabels(t *testing.T) {
	e := New(Config{})
	for _, pair := range [][2]string{{"b", "b"}, {"c", "a"}, {"A", "a"}} {
		l, err := e.Label(pair[1])
		if err != nil {
			t.Fatal(err)
		}
		add(t, e, Row{Gold: gold(pair[0]), Label: l, Confidence: math.NaN()})
	}
	r := e.Report()
	var names []string
	for _, l := range r.Labels {
		names = append(names, l.Name)
	}
	if diff := cmp.Diff([]string{"a", "b", "c"}, names); diff != "" {
		t.Error(diff)
	}
	near(t, "accuracy", r.Accuracy, 2.0/3)
	near(t, "ECE without confidences", r.ECE, math.NaN())
	near(t, "AURC without confidences", r.AURC, math.NaN())
	if len(r.Curve) > 0 {
		t.Errorf("a curve without confidences: %v", r.Curve)
	}
}

func TestTooManyLabels(t *testing.T) {
	e := New(Config{})
	var err error
	for i := 0; i <= MaxLabels && err == nil; i++ {
		_, err = e.Label(fmt.Sprint("text ", i))
	}
	if !fault.Is(err, fault.EvalLabels) {
		t.Errorf("got %v", err)
	}
	if _, err := New(Config{}).Label(strings.Repeat("x", maxName+1)); !fault.Is(err, fault.EvalLabels) {
		t.Errorf("a text is taken for a label: %v", err)
	}
}

func TestNothing(t *testing.T) {
	for _, mode := range []classify.Mode{classify.Single, classify.Multi} {
		r := New(Config{Labels: []string{"a"}, Mode: mode, Precisions: []float64{0.9}}).Report()
		for what, s := range map[string]Score{
			"accuracy": r.Accuracy, "macro-F1": r.MacroF1, "ECE": r.ECE, "AURC": r.AURC,
			"threshold": r.Thresholds[0].Confidence, "interval": r.AccuracyInterval[0],
		} {
			if s.Known() {
				t.Errorf("%s: %s of nothing is %v", mode, what, s)
			}
		}
	}
}

// The same rows give the same report in any order.
func TestOrderDoesNotMatter(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	rows := make([]Row, 3000)
	for i := range rows {
		rows[i] = Row{
			Gold: gold(string(rune('a' + rng.IntN(5)))), Label: int32(rng.IntN(5) - 1), Confidence: rng.Float64(),
			Place: Place{"f", int64(i)}, Text: strings.Repeat("é", 400),
		}
		if i%50 == 0 {
			rows[i].Gold = nil
		}
	}
	report := func() string {
		e := New(Config{Labels: []string{"a", "b", "c", "d"}, Precisions: []float64{0.3}, Wrong: 20})
		add(t, e, rows...)
		data, err := json.Marshal(e.Report())
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	first := report()
	rng.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	if diff := cmp.Diff(first, report()); diff != "" {
		t.Error(diff)
	}
}

func TestWrongIsBounded(t *testing.T) {
	e := New(Config{Labels: []string{"a", "b"}, Wrong: 20})
	for i := range 1000 {
		add(t, e, Row{Gold: gold("a"), Label: 1, Confidence: float64(i%500) / 500, Place: Place{"f", int64(i)}, Text: strings.Repeat("é", 400)})
	}
	got := e.Report().Wrong
	if len(got) != 20 || got[0].Row != 499 || got[1].Row != 999 || got[19].Row != 990 {
		t.Errorf("%d rows are kept: %+v", len(got), got)
	}
	if n := len([]rune(got[0].Text)); n != wrongText+1 {
		t.Errorf("a text has %d characters", n)
	}
}

// The curve falls in coverage from step to step and ends with everything that was answered.
func TestCurve(t *testing.T) {
	e := New(Config{Labels: []string{"a", "b"}})
	rng := rand.New(rand.NewPCG(5, 6))
	for range 5000 {
		add(t, e, Row{Gold: gold("a"), Label: int32(rng.IntN(3) - 1), Confidence: rng.Float64()})
	}
	r := e.Report()
	if n := len(r.Curve); n < 50 || n > curvePoints+2 {
		t.Errorf("%d points", n)
	}
	for i := 1; i < len(r.Curve); i++ {
		if r.Curve[i].Coverage <= r.Curve[i-1].Coverage || r.Curve[i].Confidence >= r.Curve[i-1].Confidence {
			t.Errorf("point %d: %+v after %+v", i, r.Curve[i], r.Curve[i-1])
		}
	}
	last := r.Curve[len(r.Curve)-1]
	near(t, "the last coverage", last.Coverage, float64(r.Rows-r.Null)/float64(r.Rows))
	near(t, "the last accuracy", last.Accuracy, float64(r.Correct)/float64(r.Rows-r.Null))
}

func TestCut(t *testing.T) {
	for _, c := range [][2]string{{"short", "short"}, {"longer than", "longer t…"}, {"ééééééééé", "éééééééé…"}, {"éééééééé", "éééééééé"}, {"a\xffb", "a\uFFFDb"}} {
		if got := cut(c[0], 8); got != c[1] {
			t.Errorf("cut(%q) = %q, want %q", c[0], got, c[1])
		}
	}
}
