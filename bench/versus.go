package main

import (
	"fmt"
	"strings"
)

// versus is what `winnow train` answers to a test split beside another's answers, text by text.
type versus struct {
	Name       string     `json:"name"`       // the other
	Difference float64    `json:"difference"` // winnow's accuracy less the other's, 0 to 1
	Interval   [2]float64 `json:"interval"`   // where that lies in 95 of 100 bootstrap samples
	P          float64    `json:"p"`          // that chance makes such a difference, by McNemar's test
}

// compare tests whether what was trained on all rows is worse than the peers by more than chance.
func (b *bench) compare(c *contest) error {
	ours := c.result(trainedByWinnow)
	for _, name := range []string{tunedFastText, supportVectors} {
		theirs := c.result(name)
		if ours == nil || theirs == nil {
			continue
		}
		var report struct {
			Comparison struct {
				Difference float64
				Interval   [2]float64 `json:"difference_interval"`
				McNemar    struct{ P float64 }
			}
		}
		err := b.eval(&report, theirs.answers, "--gold", "label", "--predictions", answerPrefix+"label", "--compare", "data="+ours.answers)
		if err != nil {
			return err
		}
		v := &versus{name, report.Comparison.Difference, report.Comparison.Interval, report.Comparison.McNemar.P}
		c.Versus = append(c.Versus, v)
		c.Goals = append(c.Goals, v.goal(c.Title))
	}
	return nil
}

// goal is not to be worse by more than chance.
func (v *versus) goal(set string) goal {
	g := goal{Text: fmt.Sprintf("not worse than %s, %s: McNemar's p, 1 where it is better", v.Name, set), Value: v.P, Limit: 0.05}
	if v.Difference >= 0 {
		g.Value = 1
	}
	return g
}

// result is that of a backend; nil where there is none.
func (c *contest) result(name string) *result {
	for _, r := range c.Results {
		if r.Name == name {
			return r
		}
	}
	return nil
}

// writeVersus is a table with a row for each pair.
func (c *contest) writeVersus(w *strings.Builder) {
	if len(c.Versus) == 0 {
		return
	}
	fmt.Fprintf(w, "\n| %s beside | points of accuracy | 95 %% interval | p (McNemar) |\n|---|---|---|---|\n", trainedByWinnow)
	for _, v := range c.Versus {
		fmt.Fprintf(w, "| %s | %+.1f | %+.1f to %+.1f | %.2g |\n", v.Name, 100*v.Difference, 100*v.Interval[0], 100*v.Interval[1], v.P)
	}
}
