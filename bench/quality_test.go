package main

import (
	"bufio"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/classify"
)

// timed is a series of runs of so many milliseconds.
func timed(rows int, ms ...int) *series {
	s := &series{Records: rows}
	for _, n := range ms {
		d := time.Duration(n) * time.Millisecond
		s.Runs = append(s.Runs, measure{CPU: d, Wall: 2 * d, RSS: int64(n) << 20})
	}
	return s
}

func TestResults(t *testing.T) {
	f := func(v float64) *float64 { return &v }
	few := &result{
		Name: "few", Rows: 1600, Grades: []*grade{{Accuracy: f(0.8), ECE: f(0.03)}, {Accuracy: f(0.9), ECE: f(0.05)}},
		Train: timed(1600, 500, 1500, 700), Start: timed(1, 20, 30, 10), Predict: timed(1001, 120, 220, 100), Latency: &latency{Median: 0.25, Most: 2},
	}
	for _, c := range []struct {
		name string
		contest
		want []string
	}{
		{"all", contest{Title: "set", Results: []*result{few, {Name: "zero-shot", Grades: []*grade{{Accuracy: f(0.5)}}}}}, []string{
			"| set | rows learnt from | accuracy, % | calibration error | training, s | its CPU, s | its memory, MiB | CPU, µs a row | rows/s | memory, MiB | start to label, ms | line to label, ms |",
			"| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
			"| few | 1,600 | 85.0 (80.0–90.0) | 0.040 (0.030–0.050) | 1.4 (1–3) | 0.7 (0.5–1.5) | 700 (500–1500) | 100 (80–200) | 5,000 | 120 | 40 | 0.25 (99 %: 2) |",
			"| zero-shot |  | 50.0 |  |  |  |  |  |  |  |  |  |",
		}},
		{"speed alone", contest{Title: "set", Results: []*result{{Name: "one", Start: timed(1, 20), Predict: timed(1001, 120)}}}, []string{
			"| set | CPU, µs a row | rows/s | memory, MiB | start to label, ms |",
			"| --- | --- | --- | --- | --- |",
			"| one | 100 (100–100) | 5,000 | 120 | 40 |",
		}},
		{"several labels", contest{Title: "set", Multi: true, Results: []*result{{Name: "one", Grades: []*grade{{Accuracy: f(0.1), MicroF1: f(0.5), MacroF1: f(0.4)}}}}}, []string{
			"| set | micro-F1, % | macro-F1, % |",
			"| --- | --- | --- |",
			"| one | 50.0 | 40.0 |",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var w strings.Builder
			c.contest.write(&w)
			if diff := cmp.Diff(c.want, strings.Split(strings.TrimSpace(w.String()), "\n")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestVersus holds winnow to not being worse by more than chance, and takes a difference in its favour for no failure.
func TestVersus(t *testing.T) {
	worse, better := &versus{"fastText", -0.012, [2]float64{-0.02, -0.004}, 0.01}, &versus{"SVC", 0.01, [2]float64{0.001, 0.02}, 0.02}
	if worse.goal("set").met() || !better.goal("set").met() || !(&versus{"SVC", -0.001, [2]float64{-0.01, 0.01}, 0.7}).goal("set").met() {
		t.Error("the wrong differences count")
	}
	var w strings.Builder
	(&contest{Versus: []*versus{worse, better}}).writeVersus(&w)
	want := []string{
		"| winnow train, all rows beside | points of accuracy | 95 % interval | p (McNemar) |",
		"|---|---|---|---|",
		"| fastText | -1.2 | -2.0 to -0.4 | 0.01 |",
		"| SVC | +1.0 | +0.1 to +2.0 | 0.02 |",
	}
	if diff := cmp.Diff(want, strings.Split(strings.TrimSpace(w.String()), "\n")); diff != "" {
		t.Error(diff)
	}
}

// TestAsk gets each line back as its own answer.
func TestAsk(t *testing.T) {
	answers, lines, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer answers.Close()
	defer lines.Close()
	l, err := ask(&exam{test: []sample{{Text: "one"}, {Text: "two\nlines"}}}, lines, bufio.NewReader(answers))
	if err != nil || !(l.Median > 0 && l.Median <= l.Most) {
		t.Errorf("%+v, %v", l, err)
	}
}

func TestPeersAnswers(t *testing.T) {
	x := &exam{}
	for _, name := range []string{"card arrival", "age limit"} {
		x.labels = append(x.labels, classify.Label{Name: name})
	}
	p := func(v float64) *float64 { return &v }
	for _, c := range []struct {
		name string
		peer *peer
		line string
		want []answer
	}{
		{"fastText", fastText, "__label__card_arrival 1.00001", []answer{{"card arrival", p(1)}}},
		{"several of fastText", fastText, "__label__age_limit 0.75 __label__card_arrival 0.5", []answer{{"age limit", p(0.75)}, {"card arrival", p(0.5)}}},
		{"none of fastText", fastText, "", nil},
		{"SVC", linearSVC, "card arrival", []answer{{"card arrival", nil}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, c.peer.read(&trial{exam: x}, c.line)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFew(t *testing.T) {
	var rows []sample
	for i := range 30 {
		rows = append(rows, sample{Text: string(rune('a' + i)), Label: []string{"x", "y", "z"}[i%3]})
	}
	drawn, again, other := few(rows, 4, 1), few(rows, 4, 1), few(rows, 4, 2)
	got := map[string]int{}
	for _, s := range drawn {
		got[s.Label]++
	}
	if diff := cmp.Diff(map[string]int{"x": 4, "y": 4, "z": 4}, got); diff != "" {
		t.Error(diff)
	}
	if !cmp.Equal(drawn, again) || cmp.Equal(drawn, other) {
		t.Error("a draw does not depend on its seed alone")
	}
}
