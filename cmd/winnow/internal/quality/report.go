package quality

import (
	"math"
	"sort"

	"github.com/winnow-stream/winnow/pipeline"
)

// Report is the quality of a run's labels. Measures are in [0, 1]; those without rows to stand on are NaN in memory and
// null in JSON.
type Report struct {
	Rows     int64 `json:"rows"`     // with a gold label
	Correct  int64 `json:"correct"`  // the label is the gold label, or one of the gold list
	Outside  int64 `json:"outside"`  // gold labels that are not in the label set
	Null     int64 `json:"null"`     // rows without a label although they have a gold label
	Accuracy Score `json:"accuracy"` // over Rows
	// MacroF1 is the mean F1 over the labels of the set that occur as a gold label or as an answer.
	MacroF1 Score `json:"macro_f1"`
	// ECE is the expected calibration error over 15 bins, of rows with a label.
	ECE         Score       `json:"ece"`
	Labels      []Label     `json:"labels"` // in the order of the label set
	Calibration []Bin       `json:"calibration"`
	Confusions  []Confusion `json:"confusions"` // most frequent first
}

// Label is the quality of one label.
type Label struct {
	Name      string `json:"name"`
	Gold      int64  `json:"gold"`      // rows whose gold label it is
	Predicted int64  `json:"predicted"` // rows labelled so
	Correct   int64  `json:"correct"`
	Precision Score  `json:"precision"`
	Recall    Score  `json:"recall"`
	F1        Score  `json:"f1"`
}

// Bin is one bin of a reliability plot: rows whose confidence lies in [From, To).
type Bin struct {
	From       float64 `json:"from"`
	To         float64 `json:"to"`
	Count      int64   `json:"count"`
	Confidence Score   `json:"confidence"` // mean
	Accuracy   Score   `json:"accuracy"`
}

// Confusion is a pair of labels that were mixed up. An empty name stands for no label (Predicted) or one outside of the
// set (Gold).
type Confusion struct {
	Gold      string `json:"gold"`
	Predicted string `json:"predicted"`
	Count     int64  `json:"count"`
}

// New makes a report of a tally whose Gold is set.
func New(t *pipeline.Tally) *Report {
	g, n := t.Gold, len(t.Labels)
	r := &Report{
		Rows: g.Rows, Correct: g.Correct, Outside: g.Outside,
		Accuracy: Ratio(float64(g.Correct), float64(g.Rows)), ECE: Score(g.ECE()),
		Labels: make([]Label, n),
	}
	at := func(gold, predicted int) int64 { return g.Confusion[gold*(n+1)+predicted] }
	for gold := range n + 1 {
		r.Null += at(gold, n)
		for predicted := range n + 1 {
			if c := at(gold, predicted); c > 0 && gold != predicted {
				r.Confusions = append(r.Confusions, Confusion{name(t, gold), name(t, predicted), c})
			}
		}
	}
	sort.SliceStable(r.Confusions, func(i, j int) bool { return r.Confusions[i].Count > r.Confusions[j].Count })
	for i := range n {
		r.Labels[i] = labelOf(t.Labels[i].Name, i, n, at)
	}
	r.MacroF1 = macro(r.Labels)
	r.Calibration = bins(g)
	return r
}

func labelOf(name string, i, n int, at func(gold, predicted int) int64) Label {
	l := Label{Name: name, Correct: at(i, i)}
	for other := range n + 1 {
		l.Gold += at(i, other)
		l.Predicted += at(other, i)
	}
	l.Precision = Ratio(float64(l.Correct), float64(l.Predicted))
	l.Recall = Ratio(float64(l.Correct), float64(l.Gold))
	l.F1 = Ratio(2*float64(l.Correct), float64(l.Gold+l.Predicted))
	return l
}

func macro(labels []Label) Score {
	var sum, n float64
	for _, l := range labels {
		if l.Gold+l.Predicted > 0 {
			sum += float64(l.F1)
			n++
		}
	}
	return Ratio(sum, n)
}

func bins(g *pipeline.GoldTally) []Bin {
	out := make([]Bin, len(g.Calibration))
	for i, b := range g.Calibration {
		out[i] = Bin{
			From: float64(i) / float64(len(out)), To: float64(i+1) / float64(len(out)), Count: b.Count,
			Confidence: Ratio(b.ConfidenceSum, float64(b.Count)), Accuracy: Ratio(float64(b.Correct), float64(b.Count)),
		}
	}
	return out
}

func name(t *pipeline.Tally, i int) string {
	if i == len(t.Labels) {
		return ""
	}
	return t.Labels[i].Name
}

// Ratio is a / b, unknown where b is 0.
func Ratio(a, b float64) Score {
	if b == 0 {
		return Score(math.NaN())
	}
	return Score(a / b)
}
