package head

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math"
	"slices"
	"sync"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/static"
	"github.com/winnow-stream/winnow/classify/static/kernel"
)

// Model is a trained classifier. It does not change and is safe for concurrent use.
type Model struct {
	trained
	answer     Answer
	lists      bool // whether answers come with lists of labels
	table      *static.Table
	names      []string // of Info: the labels, and the label for abstaining where it is another one
	abstain    int32    // index of the label for abstaining, or -1
	thresholds []float32
	version    string
	scratch    sync.Pool // *query
}

// trained is what training found and a file holds.
type trained struct {
	labels     []string
	mode       classify.Mode
	vocabulary *vocabulary
	scales     []float32 // by feature: the unit of its weights
	ends       []uint32  // by feature: where its entries end in to and weights; none where it has a full row
	to         []uint16  // label of an entry
	weights    []int8    // of an entry
	full       []uint32  // features that have a full row, ascending
	rows       []int8    // full rows: features × labels, rounded up
	at         []int32   // by feature: its full row, or -1
	factors    []float32 // by feature: what a value counts in sums
	step       float32   // of sums
	vectors    []int16   // labels, padded to kernel.Block, × dim; empty where the static view counts nothing
	unit       float32   // of a dot product with vectors
	biases     []float32 // by label
	cal        calibration
}

// model trains the planes on rows and puts them together.
func (t *trainer) model(ctx context.Context, tr trial, use []int32, cal calibration) (*Model, error) {
	p, err := t.problem(ctx, tr)
	if err != nil {
		return nil, err
	}
	labels := len(t.data.set)
	planes := make([]sparsePlane, labels)
	if t.joint() {
		s := t.newJoint()
		t.solveJoint(p, s, use)
		planes = s.planes(labels)
	} else {
		err = each(ctx, t.cfg.Workers, labels, t.scratch, func(s *scratch, l int) {
			s.kept = t.plane(p, s, use, l)
			planes[l] = sparsePlane{slices.Clone(s.plane.vector), slices.Clone(s.kept), s.plane.bias}
		})
	}
	if err != nil {
		return nil, err
	}
	m := &Model{trained: assemble(planes, t.vocabulary, t.rows.dim), table: t.cfg.Table}
	m.labels, m.mode, m.cal = t.data.set.Names(), t.cfg.Mode, cal
	return m.With(t.cfg.Answer)
}

// sparsePlane is a plane without its zeros.
type sparsePlane struct {
	vector []float32
	grams  []entry // ascending by feature
	bias   float32
}

// assemble turns planes into rows by feature, of 8 bits a weight, and drops features without weights.
func assemble(planes []sparsePlane, v *vocabulary, dim int) trained {
	size := v.size()
	counts, tops := make([]uint32, size), make([]float32, size)
	for _, p := range planes {
		for _, e := range p.grams {
			tops[e.feature] = max(tops[e.feature], float32(math.Abs(float64(e.weight))))
		}
	}
	rounded := func(e entry) int8 {
		return int8(math.RoundToEven(float64(e.weight / (tops[e.feature] / math.MaxInt8))))
	}
	for _, p := range planes {
		for _, e := range p.grams {
			if rounded(e) != 0 {
				counts[e.feature]++
			}
		}
	}
	kept, ids := v.without(counts)
	m := trained{vocabulary: kept, ends: make([]uint32, kept.size()), scales: make([]float32, kept.size())}
	total := uint32(0)
	for f, id := range ids {
		switch {
		case counts[f] == 0:
			continue
		case int(counts[f])*fullFrom >= len(planes):
			m.full = append(m.full, id)
		}
		m.scales[id] = tops[f] / math.MaxInt8
	}
	m.rows = make([]int8, len(m.full)*roundUp(len(planes)))
	m.index()
	for f, id := range ids {
		if counts[f] > 0 {
			m.ends[id] = total // for now where its entries begin
			if m.at[id] < 0 {
				total += counts[f]
			}
		}
	}
	m.to, m.weights = make([]uint16, total), make([]int8, total)
	for l, p := range planes {
		for _, e := range p.grams {
			id, w := ids[e.feature], rounded(e)
			switch {
			case w == 0:
			case m.at[id] >= 0:
				m.rows[int(m.at[id])*roundUp(len(planes))+l] = w
			default:
				m.to[m.ends[id]], m.weights[m.ends[id]] = uint16(l), w
				m.ends[id]++
			}
		}
		m.biases = append(m.biases, p.bias)
	}
	m.store(planes, dim)
	m.scale()
	return m
}

// fullFrom: a feature with weights for one of so many labels has a full row, which takes no more room then.
const fullFrom = 3

// index finds the full row of each feature.
func (m *trained) index() {
	m.at = make([]int32, len(m.scales))
	for f := range m.at {
		m.at[f] = -1
	}
	for i, f := range m.full {
		m.at[f] = int32(i)
	}
}

// scale finds what values count in sums.
func (m *trained) scale() {
	top := float32(0)
	for _, s := range m.scales {
		top = max(top, s)
	}
	m.factors, m.step = make([]float32, len(m.scales)), top/sumUnit
	for f, s := range m.scales {
		if m.step > 0 {
			m.factors[f] = s / m.step
		}
	}
}

// without returns the vocabulary without the n-grams of count 0, and the new ids by the old ones.
func (v *vocabulary) without(counts []uint32) (*vocabulary, []uint32) {
	out, ids, old := &vocabulary{shape: v.shape}, make([]uint32, v.size()), 0
	for k := range views {
		for _, h := range v.hashes[k] {
			if counts[old] > 0 {
				ids[old] = uint32(len(out.rarity))
				out.hashes[k] = append(out.hashes[k], h)
				out.rarity = append(out.rarity, v.rarity[old])
			}
			old++
		}
	}
	out.build()
	return out, ids
}

// store rounds the planes' static parts to the kernel's form: the longest has the length kernel.Unit.
func (m *trained) store(planes []sparsePlane, dim int) {
	longest := float32(0)
	for _, p := range planes {
		longest = max(longest, dot(p.vector, p.vector))
	}
	if longest == 0 {
		return
	}
	length := math.Sqrt(float64(longest))
	m.unit = float32(length / (kernel.Unit * kernel.Unit))
	m.vectors = make([]int16, (len(planes)+kernel.Block-1)/kernel.Block*kernel.Block*dim)
	for l, p := range planes {
		for d, x := range p.vector {
			m.vectors[l*dim+d] = int16(math.RoundToEven(float64(x) / length * kernel.Unit))
		}
	}
}

// With returns a model that answers in another way. It shares the weights.
func (m *Model) With(a Answer) (*Model, error) {
	answers := a.in(m.mode)
	if err := answers.Check(len(m.labels)); err != nil {
		return nil, err
	}
	out := &Model{trained: m.trained, answer: a, table: m.table, lists: answers.Lists()}
	out.names, out.abstain = answers.Names(m.labels)
	if m.mode == classify.Multi {
		for l := range m.labels {
			limit := m.cal.Thresholds[l]
			if a.Threshold != nil {
				limit = *a.Threshold
			}
			out.thresholds = append(out.thresholds, classify.RoundConfidence(limit))
		}
	}
	out.scratch.New = func() any { return out.newQuery() }
	out.version = "linear-" + out.hash()
	return out, nil
}

// hash is over everything that decides an answer: 12 hexadecimal digits.
func (m *Model) hash() string {
	h := sha256.New()
	if _, err := m.WriteTo(h); err != nil {
		panic(err) // a hash takes everything
	}
	_ = json.NewEncoder(h).Encode(m.answer)
	return hex.EncodeToString(h.Sum(nil))[:12]
}

// Info describes the model.
func (m *Model) Info() classify.Info {
	return classify.Info{Version: m.version, Labels: m.names, Mode: m.mode, Backend: "linear"}
}

var _ classify.Classifier = (*Model)(nil)
