package eval

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"testing"

	"github.com/winnow-stream/winnow/classify"
)

// judge is gen/measure.py, which measures one case after the other.
type judge struct {
	in  *json.Encoder
	out *json.Decoder
}

// TestParity compares with scikit-learn, scipy and statsmodels. It needs WINNOW_PYTHON, a Python that has them; make
// test-all sets it.
func TestParity(t *testing.T) {
	name := os.Getenv("WINNOW_PYTHON")
	if name == "" {
		t.Skip("WINNOW_PYTHON names no Python with scikit-learn and statsmodels: make test-all runs this test")
	}
	cmd := exec.CommandContext(t.Context(), name, "gen/measure.py")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	j := &judge{json.NewEncoder(in), json.NewDecoder(out)}
	t.Run("single", j.single)
	t.Run("multi", j.multi)
	t.Run("pairs", j.pairs)
	t.Run("Wilson", j.wilson)
	if err := in.Close(); err != nil {
		t.Error(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}

func (j *judge) measure(t *testing.T, in, out any) {
	t.Helper()
	if err := j.in.Encode(in); err != nil {
		t.Fatal(err)
	}
	if err := j.out.Decode(out); err != nil {
		t.Fatal(err)
	}
}

// agree compares with a number of Python's; null stands for an unknown one.
func agree(t *testing.T, what string, got Score, want *float64, tolerance float64) {
	t.Helper()
	switch {
	case want == nil:
		if got.Known() {
			t.Errorf("%s is %v, want unknown", what, got)
		}
	case !(math.Abs(float64(got)-*want) <= tolerance):
		t.Errorf("%s is %v, want %v", what, float64(got), *want)
	}
}

const exactly = 1e-9

func names(n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("label %02d", i)
	}
	return all
}

func (j *judge) single(t *testing.T) {
	type row struct {
		Gold       *string `json:"gold"`
		Label      *string `json:"label"`
		Confidence float64 `json:"confidence"`
	}
	for _, c := range []struct {
		labels, rows int
		skill        float64
	}{{2, 300, 0.8}, {3, 1000, 0.6}, {20, 5000, 0.7}, {77, 3000, 0.9}} {
		t.Run(strconv.Itoa(c.labels), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(uint64(c.labels), 1))
			labels := names(c.labels)
			e := New(Config{Labels: labels, Precisions: []float64{0.9}})
			rows := make([]row, c.rows)
			for i := range rows {
				gold, label := rng.IntN(c.labels), int32(rng.IntN(c.labels))
				confidence := math.Round(rng.Float64()*1e4) / 1e4
				if rng.Float64() < c.skill*confidence+0.2 {
					label = int32(gold)
				}
				r := Row{Gold: labels[gold : gold+1], Label: label, Confidence: confidence}
				if i%20 == 3 {
					r.Gold = nil
				}
				if i%15 == 4 {
					r.Label, r.Confidence, r.Reason = None, 0, classify.Abstained
				}
				add(t, e, r)
				rows[i].Confidence = r.Confidence
				if r.Gold != nil {
					rows[i].Gold = &labels[gold]
				}
				if r.Label != None {
					rows[i].Label = &labels[r.Label]
				}
			}
			var want struct {
				Accuracy   *float64   `json:"accuracy"`
				MacroF1    *float64   `json:"macro_f1"`
				MicroF1    *float64   `json:"micro_f1"`
				WeightedF1 *float64   `json:"weighted_f1"`
				ECE        *float64   `json:"ece"`
				AURC       *float64   `json:"aurc"`
				AUROC      *float64   `json:"auroc"`
				Threshold  *float64   `json:"threshold"`
				Precision  []*float64 `json:"precision"`
				Recall     []*float64 `json:"recall"`
				Support    []int64    `json:"support"`
				Confusion  [][]int64  `json:"confusion"`
			}
			j.measure(t, map[string]any{"kind": "single", "labels": labels, "rows": rows, "precision": 0.9}, &want)
			r := e.Report()
			agree(t, "accuracy", r.Accuracy, want.Accuracy, exactly)
			agree(t, "macro-F1", r.MacroF1, want.MacroF1, exactly)
			agree(t, "micro-F1", r.MicroF1, want.MicroF1, exactly)
			agree(t, "weighted F1", r.WeightedF1, want.WeightedF1, exactly)
			agree(t, "ECE", r.ECE, want.ECE, exactly)
			agree(t, "AURC", r.AURC, want.AURC, 2e-4) // ties are in the mean of some orders there
			agree(t, "AUROC", r.OutOfScope.AUROC, want.AUROC, exactly)
			agree(t, "threshold", r.Thresholds[0].Confidence, want.Threshold, exactly)
			for i, l := range r.Labels {
				agree(t, "precision of "+l.Name, l.Precision, want.Precision[i], exactly)
				agree(t, "recall of "+l.Name, l.Recall, want.Recall[i], exactly)
				if l.Gold != want.Support[i] {
					t.Errorf("support of %s is %d, want %d", l.Name, l.Gold, want.Support[i])
				}
			}
			for _, cell := range e.matrix.Cells() {
				predicted := int(cell.Predicted)
				if cell.Predicted == None {
					predicted = c.labels
				}
				if n := want.Confusion[cell.Gold][predicted]; cell.Rows != n {
					t.Errorf("%d rows of %d are taken for %d, want %d", cell.Rows, cell.Gold, cell.Predicted, n)
				}
			}
		})
	}
}

func (j *judge) multi(t *testing.T) {
	type row struct {
		Gold   []string  `json:"gold"`
		Scores []float64 `json:"scores"`
	}
	const threshold = 0.5
	for _, n := range []int{2, 6, 28} {
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(uint64(n), 2))
			labels := names(n)
			e := New(Config{Labels: labels, Mode: classify.Multi, Threshold: threshold, Precisions: []float64{0.8}})
			rows := make([]row, 2000)
			for i := range rows {
				rows[i] = row{Gold: []string{}}
				var scores []classify.Score
				for l := range labels {
					p := math.Round(rng.Float64()*rng.Float64()*1e4) / 1e4
					rows[i].Scores = append(rows[i].Scores, p)
					scores = append(scores, classify.Score{Label: int32(l), Confidence: float32(p)})
					if rng.Float64() < p {
						rows[i].Gold = append(rows[i].Gold, labels[l])
					}
				}
				slices.SortStableFunc(scores, func(a, b classify.Score) int { return int(1e6*b.Confidence) - int(1e6*a.Confidence) })
				add(t, e, Row{Gold: rows[i].Gold, Label: scores[0].Label, Scores: scores})
			}
			var want struct {
				ExactMatch *float64   `json:"exact_match"`
				MacroF1    *float64   `json:"macro_f1"`
				MicroF1    *float64   `json:"micro_f1"`
				WeightedF1 *float64   `json:"weighted_f1"`
				SamplesF1  *float64   `json:"samples_f1"`
				ECE        *float64   `json:"ece"`
				Precision  []*float64 `json:"precision"`
				Recall     []*float64 `json:"recall"`
				Support    []int64    `json:"support"`
				Thresholds []*float64 `json:"thresholds"`
				BestF1     []*float64 `json:"best_f1"`
			}
			j.measure(t, map[string]any{"kind": "multi", "labels": labels, "rows": rows, "threshold": threshold, "precision": 0.8}, &want)
			r := e.Report()
			agree(t, "exact match", r.Multi.ExactMatch, want.ExactMatch, exactly)
			agree(t, "macro-F1", r.MacroF1, want.MacroF1, exactly)
			agree(t, "micro-F1", r.MicroF1, want.MicroF1, exactly)
			agree(t, "weighted F1", r.WeightedF1, want.WeightedF1, exactly)
			agree(t, "samples F1", r.Multi.SamplesF1, want.SamplesF1, exactly)
			agree(t, "ECE", r.ECE, want.ECE, exactly)
			for i, l := range r.Labels {
				agree(t, "precision of "+l.Name, l.Precision, want.Precision[i], exactly)
				agree(t, "recall of "+l.Name, l.Recall, want.Recall[i], exactly)
				agree(t, "threshold of "+l.Name, l.Thresholds[0].Confidence, want.Thresholds[i], exactly)
				agree(t, "best F1 of "+l.Name, l.Best.F1, want.BestF1[i], exactly)
				if l.Gold != want.Support[i] {
					t.Errorf("support of %s is %d, want %d", l.Name, l.Gold, want.Support[i])
				}
			}
		})
	}
}

func (j *judge) pairs(t *testing.T) {
	for _, p := range []Pairs{
		{Both: 10, First: 1, Second: 4, Neither: 5},
		{Both: 700, First: 60, Second: 100, Neither: 140},
		{Both: 5000, First: 700, Second: 640, Neither: 3000},
		{Both: 3, First: 9, Second: 0, Neither: 1},
	} {
		t.Run(fmt.Sprint(p.First, "-", p.Second), func(t *testing.T) {
			var want struct {
				ExactP    *float64 `json:"exact_p"`
				BinomialP *float64 `json:"binomial_p"`
				Chi2      *float64 `json:"chi2"`
				Chi2P     *float64 `json:"chi2_p"`
				Low       *float64 `json:"low"`
				High      *float64 `json:"high"`
			}
			j.measure(t, map[string]any{"kind": "pairs", "pairs": [2][2]int64{{p.Both, p.First}, {p.Second, p.Neither}}}, &want)
			c := Compare(p)
			if c.McNemar.Method == "exact" {
				agree(t, "exact p", c.McNemar.P, want.ExactP, exactly)
				agree(t, "binomial p", c.McNemar.P, want.BinomialP, exactly)
			} else {
				agree(t, "χ²", c.McNemar.Statistic, want.Chi2, exactly)
				agree(t, "its p", c.McNemar.P, want.Chi2P, exactly)
			}
			step := 1.5 / float64(p.Rows()) // a sample's difference is a whole number of rows
			agree(t, "the lower end", c.Interval[0], want.Low, step+0.0005)
			agree(t, "the upper end", c.Interval[1], want.High, step+0.0005)
		})
	}
}

func (j *judge) wilson(t *testing.T) {
	shares := [][2]int64{{0, 1}, {1, 1}, {0, 20}, {20, 20}, {7, 10}, {812, 1000}, {1, 1_000_000}}
	var want struct {
		Wilson [][2]*float64 `json:"wilson"`
	}
	j.measure(t, map[string]any{"kind": "shares", "shares": shares}, &want)
	for i, s := range shares {
		got := Wilson(s[0], s[1])
		agree(t, fmt.Sprint("lower end of ", s), got[0], want.Wilson[i][0], exactly)
		agree(t, fmt.Sprint("upper end of ", s), got[1], want.Wilson[i][1], exactly)
	}
}
