package head

import (
	"context"
	"math/rand/v2"

	"github.com/winnow-stream/winnow/classify"
)

// fold is a division of rows: planes are found on one part and judged on the other.
type fold struct{ train, test []int32 }

// folds divides rows into n folds, so that each is tested once, each label's rows spread evenly over the folds. The
// label texts train in every fold.
func (t *trainer) folds(rows []int32, n int, seed uint64) []fold {
	parts := t.deal(rows, n, seed)
	out := make([]fold, n)
	for k := range out {
		for j, part := range parts {
			if j == k {
				out[k].test = part
			} else {
				out[k].train = append(out[k].train, part...)
			}
		}
		out[k].train = append(out[k].train, t.data.labelTexts()...)
	}
	return out
}

// deal deals rows, label by label, to n parts.
func (t *trainer) deal(rows []int32, n int, seed uint64) [][]int32 {
	random := rand.New(rand.NewPCG(seed, 0xf01d))
	shuffled := append([]int32(nil), rows...)
	random.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	labels := len(t.data.set)
	parts := make([][]int32, n)
	// Counting sort by the first label; rows without a label come last.
	starts := make([]int, labels+2)
	first := func(row int32) int {
		if l := t.data.labels(row); len(l) > 0 {
			return int(l[0])
		}
		return labels
	}
	for _, row := range shuffled {
		starts[first(row)+1]++
	}
	for l := range labels + 1 {
		starts[l+1] += starts[l]
	}
	sorted := make([]int32, len(shuffled))
	for _, row := range shuffled {
		sorted[starts[first(row)]] = row
		starts[first(row)]++
	}
	for i, row := range sorted {
		parts[i%n] = append(parts[i%n], row)
	}
	return parts
}

// scores are margins of rows that were not trained on, rows × labels, row-major.
type scores struct {
	rows   []int32
	values []float32
	labels int
	learnt int // the rows that were learnt from, of the first fold
}

func (s *scores) row(i int) []float32 { return s.values[i*s.labels : (i+1)*s.labels] }

// first are the scores of the first n rows.
func (s *scores) first(n int) *scores {
	return &scores{s.rows[:n], s.values[:n*s.labels], s.labels, s.learnt}
}

// trial is one choice of parameters.
type trial struct {
	weights Weights
	cost    float64 // C
	text    float64 // how much the text of a label counts beside an example; 0 leaves it out
	prior   float64 // how much a label's own static vector counts from the start, in margins a unit of cosine
	quick   bool    // a rough solution will do
}

// judge trains each fold by a trial and returns the margins of its test rows.
func (t *trainer) judge(ctx context.Context, tr trial, folds []fold) (*scores, error) {
	labels := len(t.data.set)
	out := &scores{labels: labels, learnt: len(folds[0].train) - len(t.data.labelTexts())}
	firsts := make([]int, len(folds))
	for k, f := range folds {
		firsts[k] = len(out.rows)
		out.rows = append(out.rows, f.test...)
	}
	out.values = make([]float32, len(out.rows)*labels)
	p, err := t.problem(ctx, tr)
	if err != nil {
		return nil, err
	}
	if t.joint() {
		err = each(ctx, min(t.cfg.Workers, len(folds)), len(folds), t.newJoint, func(s *joint, k int) {
			t.solveJoint(p, s, folds[k].train)
			for j, row := range folds[k].test {
				packed, _, vector := t.rows.row(row)
				s.answer(packed, vector)
				copy(out.row(firsts[k]+j), s.margins)
			}
		})
		return out, err
	}
	// Label by label, so that tasks of a kind lie together.
	err = each(ctx, t.cfg.Workers, len(folds)*labels, t.scratch, func(s *scratch, i int) {
		k, l := i%len(folds), i/len(folds)
		s.kept = t.plane(p, s, folds[k].train, l)
		for j, row := range folds[k].test {
			out.values[(firsts[k]+j)*labels+l] = s.plane.margin(t.rows, row)
		}
	})
	return out, err
}

// joint says whether all labels are trained at once: where each row has one label and the weights have room.
func (t *trainer) joint() bool {
	const room = 32 << 20 // numbers: 128 MiB a goroutine
	width := len(t.data.set) + lanes
	return t.cfg.Mode == classify.Single && width*t.vocabulary.size() <= room && width*t.rows.count <= room
}

func (t *trainer) newJoint() *joint {
	return newJoint(len(t.data.set), t.rows.dim, t.vocabulary.size(), t.rows.count)
}

// solveJoint trains all labels on rows and prunes them.
func (t *trainer) solveJoint(p *problem, s *joint, rows []int32) {
	s.solve(p, rows, t.gold, len(t.data.set), t.balance, t.cfg.Seed)
	s.prune(t.keep, len(t.data.set))
}

// scratch is what one goroutine trains with.
type scratch struct {
	solver solver
	plane  *plane
	use    []int32
	kept   []entry
}

func (t *trainer) scratch() *scratch {
	return &scratch{plane: newPlane(t.rows.dim, t.vocabulary.size())}
}

// problem prepares a trial.
func (t *trainer) problem(ctx context.Context, tr trial) (*problem, error) {
	p := &problem{rows: t.rows, weights: tr.weights, cost: tr.cost, most: 25, slack: 0.2, costs: t.costs(tr), texts: t.data.labelTexts(), prior: float32(tr.prior)}
	switch joint := t.joint(); {
	case joint && tr.quick:
		p.most, p.slack = 12, 0.02
	case joint:
		p.most, p.slack = 20, 0.01
	case tr.quick:
		p.most, p.slack = 12, 0.5
	}
	p.norms = make([]float32, t.rows.count)
	err := each(ctx, t.cfg.Workers, len(t.rows.blocks), none, func(_ struct{}, k int) {
		p.norm(k*blockRows, min(blockRows, t.rows.count-k*blockRows))
	})
	return p, err
}

// plane finds the plane of a label on rows, prunes it, and returns its weights of n-grams.
func (t *trainer) plane(p *problem, s *scratch, rows []int32, label int) []entry {
	s.use = t.sample(s.use[:0], rows, label)
	s.solver.solve(p, task{s.use, t.data.having[label], t.balance[label], t.cfg.Seed*1000003 + uint64(label)}, s.plane)
	return s.plane.prune(t.keep, s.kept[:0])
}

// sample appends the rows that a label is trained on: all of them, but for sets of very many labels, where a label's
// rows stand against a part of the others, chosen by a hash of row and label.
func (t *trainer) sample(use, rows []int32, label int) []int32 {
	most := max(negatives, negativesEach*len(t.data.having[label]))
	if len(t.data.set) < manyLabels || len(rows) <= 2*most {
		return append(use, rows...)
	}
	limit := uint64(float64(1<<32) * float64(most) / float64(len(rows)))
	for _, row := range rows {
		if step(step(t.cfg.Seed, uint64(row)), uint64(label))>>32 < limit || t.data.has(row, int32(label)) {
			use = append(use, row)
		}
	}
	return use
}

// From manyLabels labels on, a label's rows stand against at least `negatives` others, or so many times their number.
const (
	manyLabels    = 1000
	negatives     = 4000
	negativesEach = 20
)
