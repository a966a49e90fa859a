package fasttext

import (
	"math"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/linear/fasttext/dictionary"
	"github.com/winnow-stream/winnow/classify/linear/fasttext/kernel"
)

// text answers one row.
func (c *Classifier) text(line *dictionary.Line, text []byte, row int, out *classify.Results, s *Scratch) {
	out.Tokens[row] = int32(line.Tokens - 1) // without the end of the line
	if line.Known == 0 {
		out.Reason[row] = classify.NoKnownWords
		return
	}
	m := c.cfg.Model
	m.estimate(line, text, s)
	m.calibrate(s)
	if c.index == nil && !c.cfg.Lists() && m.args.Loss == Softmax {
		label, p := m.top(s)
		c.answer([]ranked{{p, label}}, row, out)
		return
	}
	c.answer(c.rank(s), row, out)
}

// top is the best label of a softmax with its share. Of equal ones it is the last, as in fastText.
func (m *Model) top(s *Scratch) (int32, float32) {
	sum := m.softmax(s)
	i := len(m.labels) - 1
	for i > 0 && s.scores[i] != 1 { // weights so large that all is NaN give the first
		i--
	}
	return int32(i), 1/sum + tiny
}

// tiny is what fastText adds to each probability.
const tiny = 1e-5

// rank gives as many of the best labels as an answer needs, by their probability as fastText has it.
func (c *Classifier) rank(s *Scratch) []ranked {
	m := c.cfg.Model
	if c.index != nil && m.args.Loss == Softmax {
		for i, to := range c.index {
			if to < 0 {
				s.scores[i] = kernel.Nothing
			}
		}
	}
	k := 1
	if c.cfg.Lists() {
		k = len(m.labels)
		if c.cfg.TopK > 0 {
			k = c.cfg.TopK
		}
	}
	if m.tree != nil {
		return c.leaves(k, s)
	}
	m.link(s)
	s.best.reset(k)
	for i, p := range s.scores[:len(m.labels)] {
		if c.index == nil || c.index[i] >= 0 {
			s.best.offer(ranked{p + tiny, int32(i)})
		}
	}
	return s.best.sorted()
}

// leaves is rank with a tree. Shares of some of the labels need the probability of each.
func (c *Classifier) leaves(k int, s *Scratch) []ranked {
	m := c.cfg.Model
	if c.index != nil {
		s.best.reset(len(m.labels))
	} else {
		s.best.reset(k)
	}
	m.descend(0, s, true)
	list := s.best.sorted()
	for i := range list {
		list[i].score = exp32(list[i].score)
	}
	if c.index == nil {
		return list
	}
	n, sum := 0, float32(0)
	for _, r := range list {
		if c.index[r.label] >= 0 {
			list[n] = r
			n++
			sum += r.score
		}
	}
	for i := range list[:n] {
		list[i].score /= sum
	}
	return list[:min(n, k)]
}

// answer writes a row: the best of the ranked labels, and the list where one is asked for.
func (c *Classifier) answer(list []ranked, row int, out *classify.Results) {
	if len(list) == 0 { // each of the labels asked for is less likely than fastText's tree goes down for
		out.Reason[row] = classify.Abstained
		return
	}
	first := confidence(list[0].score)
	if float64(first) < limit(c.cfg.Abstain) {
		c.abstained(row, first, out)
		return
	}
	out.Label[row], out.Confidence[row] = c.name(list[0].label), first
	if !c.cfg.Lists() {
		return
	}
	least := float32(0)
	if c.cfg.Mode == classify.Multi {
		least = float32(limit(*c.cfg.Threshold))
	}
	start := len(out.Scores)
	for _, r := range list {
		p := confidence(r.score)
		if p < least {
			break
		}
		out.Scores = append(out.Scores, classify.Score{Label: c.name(r.label), Confidence: p})
	}
	if len(out.Scores) == start {
		out.Label[row], out.Confidence[row] = -1, 0
	}
}

// name is the index in Info.Labels of a label of the model.
func (c *Classifier) name(label int32) int32 {
	if c.index == nil {
		return label
	}
	return c.index[label]
}

func (c *Classifier) abstained(row int, best float32, out *classify.Results) {
	out.Reason[row] = classify.Abstained
	if c.abstain < 0 {
		return
	}
	out.Label[row], out.Confidence[row] = c.abstain, best
	if c.cfg.Lists() {
		out.Scores = append(out.Scores, classify.Score{Label: c.abstain, Confidence: best})
	}
}

// confidence is a score as winnow reports it: at most 1, with 4 decimals.
func confidence(score float32) float32 { return classify.RoundConfidence(float64(score)) }

// limit is a limit as it is compared with rounded confidences.
func limit(x float64) float64 { return math.Round(x*1e4) / 1e4 }
