package term

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/eval"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/quality"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/report"
)

// someMeasured is 2,000 rows over three labels, whose names and texts are hostile; skill is the share of right answers.
func someMeasured(t *testing.T, mode classify.Mode, skill float64) (*report.Measured, *eval.Outcomes) {
	t.Helper()
	labels := []string{"negative", "positive", "評価なし, and a\x1b[2J name that is far too long for any column"}
	e := eval.New(eval.Config{Labels: labels, Mode: mode, Threshold: 0.5, Precisions: []float64{0.9, 1}, Wrong: 7})
	rng := rand.New(rand.NewPCG(1, 2))
	outcomes := new(eval.Outcomes)
	for i := range 2000 {
		gold := i % 3
		label := gold
		confidence := float32(rng.IntN(5001)+5000) / 10000
		if rng.Float64() > skill*float64(confidence) {
			label = (gold + 1 + rng.IntN(2)) % 3
		}
		r := &eval.Row{
			Gold: []string{labels[gold]}, Label: int32(label), Confidence: float64(confidence),
			Place: eval.Place{File: "a folder/with a name/of some length/reviews.csv", Row: int64(i + 2)}, Text: fmt.Sprintf("text %d\nof \x1b[31mtwo lines that are rather long and go on for a while, %s", i, strings.Repeat("so ", 20)),
			Scores: []classify.Score{{Label: int32(label), Confidence: confidence}, {Label: int32((label + 1) % 3), Confidence: 1 - confidence}},
		}
		switch {
		case i%100 == 7:
			r.Label, r.Reason, r.Scores = eval.None, classify.NoKnownWords, nil
		case i%100 == 8:
			r.Gold = []string{"chat\x1b"}
		case i%50 == 9:
			r.Gold, r.Confidence = nil, r.Confidence/2
		}
		out, err := e.Add(r)
		if err != nil {
			t.Fatal(err)
		}
		outcomes.Add(r, out)
	}
	return &report.Measured{Name: "labels.json, skill " + strconv.FormatFloat(skill, 'g', -1, 64), Read: 2003, Rejected: 3, Report: e.Report()}, outcomes
}

func TestEvaluation(t *testing.T) {
	single, first := someMeasured(t, classify.Single, 0.9)
	better, second := someMeasured(t, classify.Single, 0.98)
	multi, _ := someMeasured(t, classify.Multi, 0.9)
	st := someStatus()
	pages := map[string]*report.Page{
		"single":   {First: single},
		"multi":    {First: multi},
		"compared": {First: single, Second: better, Comparison: eval.Compare(eval.PairByPlace(first, second))},
		"counts":   {First: &report.Measured{Name: "column label", WithoutConfidence: true, Report: &eval.Report{Quality: *quality.New(&st.Tally), AURC: eval.Ratio(0, 0)}}},
	}
	for name, p := range pages {
		for _, columns := range []int{80, 120} {
			t.Run(fmt.Sprintf("%s-%d", name, columns), func(t *testing.T) {
				var b bytes.Buffer
				if err := WriteEvaluation(&b, p, Style{Width: columns}); err != nil {
					t.Fatal(err)
				}
				if strings.Contains(b.String(), "\x1b") {
					t.Error("an escape sequence of the data came through")
				}
				golden(t, b.String())
			})
		}
	}
}
