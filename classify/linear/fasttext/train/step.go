package train

import (
	"math"
	"math/rand/v2"
	"slices"
	"sort"

	"github.com/winnow-stream/winnow/classify/linear/fasttext"
	"github.com/winnow-stream/winnow/classify/linear/fasttext/dictionary"
	"github.com/winnow-stream/winnow/classify/linear/fasttext/kernel"
)

// shared is what all threads train.
type shared struct {
	cfg           *Config
	input, output *fasttext.Matrix
	labels        int
	paths         [][]fasttext.Turn // of hierarchical softmax
	draws         []float64         // of negative sampling: sums of the labels' weights
}

func newShared(cfg *Config, input *fasttext.Matrix, labels []dictionary.Entry) (*shared, error) {
	s := &shared{cfg: cfg, input: input, output: fasttext.NewMatrix(len(labels), cfg.Dim), labels: len(labels)}
	switch cfg.Loss {
	case fasttext.HierarchicalSoftmax:
		counts := make([]int64, len(labels))
		for i := range labels {
			counts[i] = labels[i].Count
		}
		var err error
		s.paths, err = fasttext.Paths(counts)
		return s, err
	case fasttext.NegativeSampling:
		// A label is drawn with a weight of the root of its count.
		sum := 0.0
		for _, l := range labels {
			sum += math.Sqrt(float64(l.Count))
			s.draws = append(s.draws, sum)
		}
	}
	return s, nil
}

// learner is one thread's part: it descends the gradient for one item after another.
type learner struct {
	*shared
	random *rand.Rand
	hidden []float32
	grad   []float32
	scores []float32 // of labels, then steps
	seen   int64     // items
	loss   float64   // sum over them
	untold int64     // tokens that the other threads don't know of yet
}

func newLearner(s *shared, thread int) *learner {
	stride := kernel.Pad(s.cfg.Dim)
	return &learner{
		shared: s, random: rand.New(rand.NewPCG(s.cfg.Seed, uint64(thread))),
		hidden: make([]float32, stride), grad: make([]float32, stride), scores: make([]float32, kernel.Pad(s.labels)),
	}
}

// learn takes one step.
func (l *learner) learn(it item, lr float32) {
	if len(it.rows) == 0 || len(it.labels) == 0 {
		return
	}
	scale := float32(1 / float64(len(it.rows)))
	kernel.Average(l.hidden, l.input.Data, it.rows, scale)
	clear(l.grad)
	var loss float32
	if l.cfg.Loss == fasttext.OneVsAll {
		loss = l.oneVsAll(it.labels, lr)
	} else {
		target := it.labels[0]
		if len(it.labels) > 1 {
			target = it.labels[l.random.IntN(len(it.labels))]
		}
		switch l.cfg.Loss {
		case fasttext.HierarchicalSoftmax:
			loss = l.hierarchical(target, lr)
		case fasttext.NegativeSampling:
			loss = l.negative(target, lr)
		default:
			loss = l.softmax(target, lr)
		}
	}
	l.loss += float64(loss)
	l.seen++
	for d := range l.grad {
		l.grad[d] *= scale
	}
	kernel.Add(l.input.Data, it.rows, l.grad)
}

func (l *learner) softmax(target int32, lr float32) float32 {
	p := l.scores
	kernel.Dots(p[:l.labels], l.hidden, l.output.Data)
	for i := l.labels; i < len(p); i++ {
		p[i] = kernel.Nothing
	}
	sum := kernel.Softmax(p)
	right := p[target] / sum
	step := -lr / sum
	for i := range p[:l.labels] {
		p[i] *= step
	}
	p[target] += lr
	kernel.Descend(l.grad, l.hidden, l.output.Data, p[:l.labels])
	return -logOf(right)
}

func (l *learner) oneVsAll(labels []int32, lr float32) (loss float32) {
	p := l.scores[:l.labels]
	kernel.Dots(p, l.hidden, l.output.Data)
	for i, x := range p {
		y := fasttext.Sigmoid(x)
		if slices.Contains(labels, int32(i)) {
			loss -= logOf(y)
			p[i] = lr * (1 - y)
		} else {
			loss -= logOf(1 - y)
			p[i] = -lr * y
		}
	}
	kernel.Descend(l.grad, l.hidden, l.output.Data, p)
	return loss
}

// binary is one decision: a step of one row of the output.
func (l *learner) binary(row int, positive bool, lr float32) float32 {
	values, x := l.output.Row(row), l.scores[:1]
	kernel.Dots(x, l.hidden, values)
	y := fasttext.Sigmoid(x[0])
	if positive {
		x[0] = lr * (1 - y)
	} else {
		x[0] = -lr * y
		y = 1 - y
	}
	kernel.Descend(l.grad, l.hidden, values, x)
	return -logOf(y)
}

func (l *learner) hierarchical(target int32, lr float32) (loss float32) {
	for _, t := range l.paths[target] {
		loss += l.binary(int(t.Row), t.Right, lr)
	}
	return loss
}

func (l *learner) negative(target int32, lr float32) float32 {
	loss := l.binary(int(target), true, lr)
	if l.labels == 1 {
		return loss
	}
	for range l.cfg.Neg {
		other := int(target)
		for other == int(target) {
			at := l.random.Float64() * l.draws[l.labels-1]
			other = min(sort.SearchFloat64s(l.draws, at), l.labels-1)
		}
		loss += l.binary(other, false, lr)
	}
	return loss
}

func logOf(p float32) float32 { return float32(math.Log(float64(p) + 1e-5)) }
