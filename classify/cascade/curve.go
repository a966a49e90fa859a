package cascade

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/winnow-stream/winnow/classify"
)

// Outcome is how two stages did on one text that neither was trained or tuned on: predictions out of fold, or of a
// held-out part.
type Outcome struct {
	// Confidence is that of the first stage's answer, as reported.
	Confidence float32
	// Null tells that the first stage gave no label, so that the text goes on whatever is chosen.
	Null bool
	// First and Second tell whether the stage's answer is right.
	First, Second bool
	// Same tells that both stages gave the same label. Only Expect looks at it.
	Same bool
}

// Point is one choice of Stage.Confidence, with what it does on the outcomes.
type Point struct {
	Confidence float64 `json:"confidence"` // texts below it go on
	Share      float64 `json:"share"`      // of the texts that go on, 0 to 1
	Accuracy   float64 `json:"accuracy"`   // of the cascade, 0 to 1
	// Loss is the second stage's accuracy on all texts less the cascade's: 0.01 is one text in a hundred. It is negative
	// where the cascade is better than its second stage alone.
	Loss float64 `json:"loss"`
}

// Choice is the point for a wanted loss, and what it is worth on texts that it was not chosen on.
type Choice struct {
	Wanted float64 `json:"wanted_loss"`
	Point
	// HeldShare and HeldLoss are those of Folds choices, each made on the other folds and applied to its own, and taken
	// together. A HeldLoss far above Loss says that there are too few outcomes to choose from.
	HeldShare float64 `json:"held_share"`
	HeldLoss  float64 `json:"held_loss"`
}

// Folds is the number of parts that a choice is judged by. Outcome i belongs to part i modulo Folds, so outcomes that
// are sorted by label spread over all parts.
const Folds = 5

// ErrUnreachable tells that no confidence keeps the loss within the wanted one. That can only be when the first stage
// is sure to 1.0000 of what it has wrong, since such texts never go on.
var ErrUnreachable = errors.New("no confidence keeps the loss within the wanted one")

// Curve is what each confidence would do, from held-out outcomes. It does not change.
type Curve struct {
	outcomes []Outcome
	points   []Point
}

// NewCurve works out all points: n·log n for n outcomes. It keeps no reference to them.
func NewCurve(outcomes []Outcome) (*Curve, error) {
	if len(outcomes) == 0 {
		return nil, errors.New("there are no outcomes to choose from")
	}
	for i, o := range outcomes {
		if !(o.Confidence >= 0 && o.Confidence <= 1) {
			return nil, fmt.Errorf("outcome %d has the confidence %v, which is not from 0 to 1", i, o.Confidence)
		}
	}
	return &Curve{slices.Clone(outcomes), points(slices.Clone(outcomes))}, nil
}

// Points are all choices that differ in what goes on, by ascending confidence, hence by ascending share. The first
// passes on what has no label, the last all that is not certain.
func (c *Curve) Points() []Point { return slices.Clone(c.points) }

// points sorts the outcomes and goes through their confidences.
func points(sorted []Outcome) []Point {
	slices.SortStableFunc(sorted, func(a, b Outcome) int { return cmp.Compare(level(a), level(b)) })
	n := float64(len(sorted))
	right, all := 0, 0
	for _, o := range sorted {
		right += count(o.First)
		all += count(o.Second)
	}
	var out []Point
	for i := 0; i < len(sorted); {
		if l := level(sorted[i]); l >= 0 {
			out = append(out, point(l, i, right, all, n))
		}
		for l := level(sorted[i]); i < len(sorted) && level(sorted[i]) == l; i++ {
			right += count(sorted[i].Second) - count(sorted[i].First)
		}
	}
	if last := level(sorted[len(sorted)-1]); last < 1 {
		out = append(out, point(1, len(sorted), right, all, n))
	}
	// What goes on at the least confidence are the texts without a label: 0 says so in plain words.
	out[0].Confidence = 0
	return out
}

func point(confidence float64, on, right, all int, n float64) Point {
	return Point{Confidence: confidence, Share: float64(on) / n, Accuracy: float64(right) / n, Loss: float64(all-right) / n}
}

// level is an outcome's confidence as a stage compares it, in 4 decimals; −1 is below every confidence.
func level(o Outcome) float64 {
	if o.Null {
		return -1
	}
	return math.Round(float64(classify.RoundConfidence(float64(o.Confidence)))*1e4) / 1e4
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Choose returns the point with the smallest share whose loss is at most the wanted one, such as 0.01, and judges it
// out of fold.
func (c *Curve) Choose(loss float64) (Choice, error) {
	p, ok := least(c.points, loss)
	if !ok {
		return Choice{Wanted: loss}, ErrUnreachable
	}
	choice := Choice{Wanted: loss, Point: p}
	choice.HeldShare, choice.HeldLoss = c.held(loss)
	return choice, nil
}

// least is the first point, in ascending order of shares, with a loss of at most the wanted one. Losses are differences
// of counts over one n; the slack takes up what the division rounds.
func least(points []Point, loss float64) (Point, bool) {
	i := slices.IndexFunc(points, func(p Point) bool { return p.Loss <= loss+1e-12 })
	if i < 0 {
		return Point{}, false
	}
	return points[i], true
}

// held chooses on all folds but one and applies the choice there, for each in turn. Where no choice is within the loss,
// the one that passes on most is taken.
func (c *Curve) held(loss float64) (share, lost float64) {
	on, diff := 0, 0
	rest := make([]Outcome, 0, len(c.outcomes))
	for fold := range min(Folds, len(c.outcomes)) {
		rest = rest[:0]
		for i, o := range c.outcomes {
			if i%Folds != fold || len(c.outcomes) == 1 {
				rest = append(rest, o)
			}
		}
		all := points(rest)
		p, ok := least(all, loss)
		if !ok {
			p = all[len(all)-1]
		}
		for i := fold; i < len(c.outcomes); i += Folds {
			if o := c.outcomes[i]; level(o) < p.Confidence || o.Null {
				on++
			} else {
				diff += count(o.Second) - count(o.First)
			}
		}
	}
	n := float64(len(c.outcomes))
	return float64(on) / n, float64(diff) / n
}
