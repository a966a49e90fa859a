package fasttext

import (
	"math"

	"github.com/winnow-stream/winnow/classify/linear/fasttext/dictionary"
	"github.com/winnow-stream/winnow/classify/linear/fasttext/kernel"
)

// Prediction is one label of a text.
type Prediction struct {
	Label int32 // index into Model.Labels
	// Score is fastText's: e to the logarithm of the probability plus 1e-5, so that it can exceed 1 by as much; with
	// HierarchicalSoftmax 1e-5 is added at each turn.
	Score float32
}

// Scratch is the working memory of Predict. It grows with the texts, and must not be used by two at once.
type Scratch struct {
	line   dictionary.Line
	hidden []float32
	scores []float32 // of labels, then their probabilities
	best   best
	stack  []visit
}

// visit is a node of the tree to be looked at.
type visit struct {
	node  int32
	score float32
}

func (m *Model) prepare(s *Scratch) {
	if stride := kernel.Pad(m.args.Dim); len(s.hidden) != stride {
		s.hidden = make([]float32, stride)
	}
	if n := (len(m.labels) + kernel.Narrow - 1) / kernel.Narrow * kernel.Narrow; len(s.scores) != n {
		s.scores = make([]float32, n)
	}
}

// Predict appends the k best labels of a text whose probability reaches the threshold, best first; k below 1 is all
// labels. Newlines in the text count as spaces. Nothing is appended where no row of the input stands for the text.
func (m *Model) Predict(to []Prediction, text []byte, k int, threshold float32, s *Scratch) []Prediction {
	m.prepare(s)
	if k < 1 {
		k = m.output.rows()
	}
	m.dict.Read(&s.line, text, 0)
	if len(s.line.Rows) == 0 {
		return to
	}
	m.hide(&s.line, s)
	s.best.reset(k)
	if m.tree != nil {
		m.descend(threshold, s, false)
	} else {
		m.score(s)
		m.link(s)
		for i, p := range s.scores[:len(m.labels)] {
			if p >= threshold {
				s.best.offer(ranked{log32(p), int32(i)})
			}
		}
	}
	for _, r := range s.best.sorted() {
		to = append(to, Prediction{r.label, exp32(r.score)})
	}
	return to
}

// hide sets s.hidden to the mean of the line's rows.
func (m *Model) hide(line *dictionary.Line, s *Scratch) {
	m.input.average(s.hidden, line.Rows, float32(1/float64(len(line.Rows))))
}

// score sets s.scores to the labels' dot products with s.hidden, or to those of the tree's nodes.
func (m *Model) score(s *Scratch) {
	if m.tree != nil {
		kernel.Dots(s.scores[:len(m.labels)], s.hidden, m.output.dense.Data)
		return
	}
	out := s.scores
	for i := range m.blocks {
		b := &m.blocks[i]
		kernel.Scores(out[:b.width], s.hidden[:m.args.Dim], b.values)
		for j, norm := range b.norms {
			out[j] *= norm
		}
		out = out[b.width:]
	}
}

// link turns s.scores into probabilities.
func (m *Model) link(s *Scratch) {
	if m.args.Loss.independent() {
		for i, x := range s.scores[:len(m.labels)] {
			s.scores[i] = m.sigmoid.at(x)
		}
		return
	}
	sum := m.softmax(s)
	for i := range s.scores[:len(m.labels)] {
		s.scores[i] /= sum
	}
}

// softmax turns s.scores into shares of what it returns. The highest is 1.
func (m *Model) softmax(s *Scratch) float32 {
	x := s.scores[:kernel.Pad(len(m.labels))]
	for i := len(m.labels); i < len(x); i++ {
		x[i] = kernel.Nothing
	}
	return kernel.Softmax(x)
}

// descend goes through the tree, left before right, and offers the leaves it reaches to s.best. Where a node can't
// become one of the best, or its score is below the threshold's, it turns back. The nodes' scores are s.scores, or are
// found as they are needed.
func (m *Model) descend(threshold float32, s *Scratch, scored bool) {
	least := log32(threshold)
	s.stack = append(s.stack[:0], visit{int32(len(m.tree.nodes) - 1), 0})
	for len(s.stack) > 0 {
		v := s.stack[len(s.stack)-1]
		s.stack = s.stack[:len(s.stack)-1]
		if v.score < least || s.best.refuses(v.score) {
			continue
		}
		n := &m.tree.nodes[v.node]
		if n.left < 0 {
			s.best.offer(ranked{v.score, v.node})
			continue
		}
		f := m.turn(int(v.node)-m.tree.labels, s, scored)
		s.stack = append(s.stack, visit{n.right, v.score + log32(f)}, visit{n.left, v.score + log32(float32(1-float64(f)))})
	}
}

// turn is the probability of going right at a node.
func (m *Model) turn(node int, s *Scratch, scored bool) float32 {
	var x [1]float32
	if scored {
		x[0] = s.scores[node]
	} else {
		kernel.Dots(x[:], s.hidden, m.output.dense.Row(node))
	}
	return float32(1 / float64(1+exp32(-x[0])))
}

// log32 is fastText's logarithm of a probability.
func log32(p float32) float32 { return float32(math.Log(float64(p) + 1e-5)) }

func exp32(x float32) float32 { return float32(math.Exp(float64(x))) }
