package head

import (
	"math"
	"math/rand/v2"
)

// Weights are what the views count for beside each other: a row is the concatenation of its static vector times Static,
// its word n-grams times Word and its character n-grams times Char, each of length 1 before.
type Weights struct{ Static, Word, Char float64 }

// problem is what planes are found for. It is shared by the solvers of all labels.
type problem struct {
	rows    *rows
	weights Weights
	norms   []float32 // by row: its squared length, with 1 for the bias
	costs   []float32 // by row: how much it counts; nil is 1 each
	cost    float64   // C: what a row's squared error costs beside half the squared length of the plane
	texts   []int32   // by label: the row of its own text
	prior   float32   // of joint: how much a label's own static vector counts from the start
	most    int       // passes
	slack   float64   // the gradients' range at which it ends
}

// norm finds the squared lengths of rows from first on.
func (p *problem) norm(first, n int) {
	s, w, c := float32(p.weights.Static), float32(p.weights.Word), float32(p.weights.Char)
	for i := first; i < first+n; i++ {
		packed, middle, vector := p.rows.row(int32(i))
		p.norms[i] = 1 + float32(s*s*dot(vector, vector)) + float32(w*w*squares(packed[:middle])) + float32(c*c*squares(packed[middle:]))
	}
}

// solver finds planes. It belongs to one goroutine and is reused from label to label.
type solver struct {
	order    []int32 // the rows at hand: those that still move before the others
	alphas   []float32
	positive []bool // by row
}

// task is one label of a problem.
type task struct {
	use       []int32 // rows to train on
	positives []int32 // rows that have the label, a part of them perhaps not in use
	balance   float64 // how much more a positive row counts
	seed      uint64
}

// solve finds the plane that separates the rows that have a label from the others: a linear support vector machine with
// squared hinge loss, by dual coordinate descent with shrinking (Hsieh, Chang, Lin, Keerthi and Sundararajan, "A dual
// coordinate descent method for large-scale linear SVM", ICML 2008, algorithm 3; LIBLINEAR -s 1). The result depends on
// its arguments alone.
func (s *solver) solve(p *problem, t task, w *plane) {
	w.reset()
	s.prepare(p, t)
	defer func() {
		for _, row := range t.positives {
			s.positive[row] = false
		}
	}()
	random := rand.New(rand.NewPCG(t.seed, 0x5eed))
	active, top := len(s.order), math.Inf(1)
	for range p.most {
		random.Shuffle(active, func(i, j int) { s.order[i], s.order[j] = s.order[j], s.order[i] })
		var high, low float64
		active, high, low = s.pass(p, t, w, active, top)
		if high-low > p.slack {
			if top = high; top <= 0 {
				top = math.Inf(1)
			}
			continue
		}
		if active == len(s.order) {
			return
		}
		active, top = len(s.order), math.Inf(1) // what was left out is looked at once more
	}
}

func (s *solver) prepare(p *problem, t task) {
	s.order = append(s.order[:0], t.use...)
	if len(s.alphas) < p.rows.count {
		s.alphas, s.positive = make([]float32, p.rows.count), make([]bool, p.rows.count)
	}
	for _, row := range t.use {
		s.alphas[row] = 0
	}
	for _, row := range t.positives {
		s.positive[row] = true
	}
}

// pass moves each of the active rows' coefficients to its best value, the others given. It returns how many rows stay
// active, and the range of the projected gradients. Rows whose coefficient is 0 and whose gradient exceeds top leave.
func (s *solver) pass(p *problem, t task, w *plane, active int, top float64) (left int, high, low float64) {
	fs, fw, fc := float32(p.weights.Static*p.weights.Static), float32(p.weights.Word*p.weights.Word), float32(p.weights.Char*p.weights.Char)
	limit, step := float32(top), [2]float32{float32(0.5 / p.cost), float32(0.5 / (p.cost * t.balance))}
	highest, lowest := float32(math.Inf(-1)), float32(math.Inf(1))
	for k := 0; k < active; k++ {
		row := s.order[k]
		y, diagonal := float32(-1), step[0]
		if s.positive[row] {
			y, diagonal = 1, step[1]
		}
		if p.costs != nil {
			diagonal /= p.costs[row]
		}
		packed, middle, vector := p.rows.row(row)
		alpha := s.alphas[row]
		m := w.bias + dot(vector, w.vector) + float32(sparse(packed, w.grams)*valueStep)
		g := float32(y*m) - 1 + float32(alpha*diagonal)
		if alpha == 0 && g > 0 {
			if g > limit {
				active--
				s.order[k], s.order[active] = s.order[active], s.order[k]
				k--
				continue
			}
			highest, lowest = max(highest, 0), min(lowest, 0)
			continue
		}
		highest, lowest = max(highest, g), min(lowest, g)
		next := max(alpha-g/(p.norms[row]+diagonal), 0)
		d := float32((next - alpha) * y)
		if d == 0 {
			continue
		}
		s.alphas[row] = next
		addScaled(w.vector, vector, d*fs)
		addSparse(w.grams, packed[:middle], d*fw)
		addSparse(w.grams, packed[middle:], d*fc)
		w.bias += d
	}
	return active, float64(highest), float64(lowest)
}
