package eval_test

import (
	"fmt"

	"github.com/winnow-stream/winnow/classify/eval"
)

func ExampleEvaluator() {
	e := eval.New(eval.Config{Labels: []string{"spam", "ham"}, Precisions: []float64{0.9}, Wrong: 1})
	for i, r := range []struct {
		gold       string
		label      int32
		confidence float64
	}{{"spam", 0, 0.95}, {"spam", 1, 0.6}, {"ham", 1, 0.7}, {"ham", 1, 0.9}} {
		_, err := e.Add(&eval.Row{
			Gold: []string{r.gold}, Label: r.label, Confidence: r.confidence, Place: eval.Place{File: "mail.csv", Row: int64(i + 2)},
		})
		if err != nil {
			fmt.Println(err)
		}
	}
	r := e.Report()
	fmt.Printf("accuracy %v, macro-F1 %.3f\n", r.Accuracy, r.MacroF1)
	fmt.Printf("answers from %v on are right, %v of all\n", r.Thresholds[0].Confidence, r.Thresholds[0].Coverage)
	fmt.Printf("look at %s:%d\n", r.Wrong[0].File, r.Wrong[0].Row)
	// Output:
	// accuracy 0.75, macro-F1 0.733
	// answers from 0.7 on are right, 0.75 of all
	// look at mail.csv:3
}

func ExampleCompare() {
	c := eval.Compare(eval.Pairs{Both: 700, First: 60, Second: 100, Neither: 140})
	fmt.Printf("%+.3f, 95 %% between %+.3f and %+.3f, p = %.4f\n", c.Difference, c.Interval[0], c.Interval[1], c.McNemar.P)
	// Output: +0.040, 95 % between +0.016 and +0.065, p = 0.0020
}

// A score that has no rows behind it is unknown: null in JSON.
func ExampleRatio() {
	for _, s := range []eval.Score{eval.Ratio(3, 4), eval.Ratio(0, 0)} {
		data, err := s.MarshalJSON()
		fmt.Println(string(data), s.Known(), err)
	}
	// Output:
	// 0.75 true <nil>
	// null false <nil>
}
