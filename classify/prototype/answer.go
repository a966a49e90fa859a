package prototype

import (
	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/static/kernel"
)

// Answer fills one row of out by the vector of its text; nil is a text of which nothing is known. Rows are answered in
// order, since their lists follow one another.
func (c *Set) Answer(vector []int16, row int, out *classify.Results, s *Scratch) {
	if vector == nil {
		out.Reason[row] = classify.NoKnownWords
	} else {
		c.answer(vector, row, out, s)
	}
	c.end(out)
}

// Null fills one row of out for a text that is null.
func (c *Set) Null(row int, out *classify.Results) {
	out.Reason[row] = classify.NullText
	c.end(out)
}

// end ends the list of a row, where there are lists.
func (c *Set) end(out *classify.Results) {
	if c.cfg.Lists() {
		out.Ends = append(out.Ends, int32(len(out.Scores)))
	}
}

func (c *Set) answer(vector []int16, row int, out *classify.Results, s *Scratch) {
	kernel.Dots(s.padded, vector, c.prototypes)
	best := 0
	for j, v := range s.scores {
		if v > s.scores[best] {
			best = j
		}
	}
	if c.decay != nil {
		shares(c.decay, s)
	} else {
		c.independent(s)
	}
	first := classify.RoundConfidence(float64(s.exps[best]))
	if float64(first) < roundLimit(c.cfg.Abstain) {
		c.abstained(row, first, out)
		return
	}
	out.Label[row], out.Confidence[row] = int32(best), first
	if c.cfg.Lists() {
		c.list(row, out, s)
	}
}

// shares fills s.exps with each label's share of the softmax.
func shares(table *decay, s *Scratch) {
	top := s.scores[0]
	for _, v := range s.scores {
		top = max(top, v)
	}
	var sums [4]float32
	for j, v := range s.scores {
		e := table.at(uint32(top - v))
		s.exps[j] = e
		sums[j%4] += e
	}
	sum := (sums[0] + sums[1]) + (sums[2] + sums[3])
	for j := range s.exps {
		s.exps[j] /= sum
	}
}

// independent fills s.exps with each label's own probability.
func (c *Set) independent(s *Scratch) {
	for j, v := range s.scores {
		s.exps[j] = float32(c.platt.at(v))
	}
}

func (c *Set) abstained(row int, best float32, out *classify.Results) {
	out.Reason[row] = classify.Abstained
	if c.abstain < 0 {
		return
	}
	out.Label[row], out.Confidence[row] = c.abstain, best
	if c.cfg.Lists() {
		out.Scores = append(out.Scores, classify.Score{Label: c.abstain, Confidence: best})
	}
}

// list appends the row's labels, highest first: in multi mode those that reach the threshold, in single mode the best
// TopK. Equal ones stand in the order of the label set.
func (c *Set) list(row int, out *classify.Results, s *Scratch) {
	least := float32(0)
	if c.cfg.Mode == classify.Multi {
		least = float32(roundLimit(*c.cfg.Threshold))
	}
	limit := c.cfg.TopK
	if limit == 0 {
		limit = len(s.scores)
	}
	start := len(out.Scores)
	for j := range s.scores {
		p := classify.RoundConfidence(float64(s.exps[j]))
		if p < least {
			continue
		}
		// Insertion into the best so far, ordered by the exact score: few labels pass in practice.
		if len(out.Scores)-start == limit {
			if s.scores[j] <= s.scores[out.Scores[len(out.Scores)-1].Label] {
				continue
			}
			out.Scores = out.Scores[:len(out.Scores)-1]
		}
		out.Scores = append(out.Scores, classify.Score{Label: int32(j), Confidence: p})
		for i := len(out.Scores) - 1; i > start && s.scores[out.Scores[i].Label] > s.scores[out.Scores[i-1].Label]; i-- {
			out.Scores[i], out.Scores[i-1] = out.Scores[i-1], out.Scores[i]
		}
	}
	if len(out.Scores) == start {
		out.Label[row], out.Confidence[row] = -1, 0
	}
}

// roundLimit is a limit as it is compared with rounded confidences.
func roundLimit(limit float64) float64 { return float64(classify.RoundConfidence(limit)) }
