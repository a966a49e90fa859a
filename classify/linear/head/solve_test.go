package head

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/winnow-stream/winnow/classify"
)

// toy is a trainer over made-up texts of three labels that overlap.
func toy(t testing.TB, rows int) *trainer {
	t.Helper()
	r := rand.New(rand.NewPCG(3, 3))
	words := []string{"card", "bank", "money", "train", "ticket", "station", "rain", "sun", "cloud", "today", "now", "please"}
	cfg := Config{Workers: 2}
	if err := cfg.setDefaults(); err != nil {
		t.Fatal(err)
	}
	d, err := read(t.Context(), &cfg, func(yield func(Example, error) bool) {
		for i := range rows {
			label := i % 3
			var text strings.Builder
			for range 4 {
				at := r.IntN(len(words))
				if r.IntN(3) > 0 {
					at = label*3 + r.IntN(3)
				}
				text.WriteString(words[at] + " ")
			}
			if !yield(Example{Text: text.String(), Labels: []string{[]string{"bank", "travel", "weather"}[label]}}, nil) {
				return
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	x := &trainer{cfg: cfg, data: d, progress: func(Progress) {}}
	if err := x.features(t.Context()); err != nil {
		t.Fatal(err)
	}
	x.weigh()
	return x
}

// TestJointIsOptimal: at the solution, the penalty's gradient and the loss's cancel out: each weight is the sum over rows
// of cost × value × (1 for the gold label − the label's probability).
func TestJointIsOptimal(t *testing.T) {
	x := toy(t, 150)
	p, err := x.problem(t.Context(), trial{weights: Weights{1, 1, 1}, cost: 3, text: 1})
	if err != nil {
		t.Fatal(err)
	}
	p.most, p.slack = 500, 1e-4
	all := append(x.data.examples(), x.data.labelTexts()...)
	s := x.newJoint()
	s.solve(p, all, x.gold, 3, x.balance, 1)
	want := make([]float64, s.width)
	for _, row := range all {
		packed, _, vector := x.rows.row(row)
		s.answer(packed, vector)
		sum := 0.0
		for _, m := range s.margins[:3] {
			sum += math.Exp(float64(m))
		}
		for l, m := range s.margins[:3] {
			want[l] -= p.cost * math.Exp(float64(m)) / sum
		}
		want[x.gold(row)] += p.cost
	}
	for l := range 3 {
		if got := float64(s.biases[l]); math.Abs(got-want[l]) > 0.02 {
			t.Errorf("bias %d is %.4f, its optimum %.4f", l, got, want[l])
		}
	}
}

// TestSolverIsOptimal: at the solution, the bias is the sum over rows of 2 × cost × sign × how far the row is inside.
func TestSolverIsOptimal(t *testing.T) {
	x := toy(t, 150)
	p, err := x.problem(t.Context(), trial{weights: Weights{1, 1, 1}, cost: 0.5, text: 1})
	if err != nil {
		t.Fatal(err)
	}
	p.most, p.slack = 2000, 1e-4
	all := append(x.data.examples(), x.data.labelTexts()...)
	var s solver
	w := newPlane(x.rows.dim, x.vocabulary.size())
	for l := range 3 {
		s.solve(p, task{use: all, positives: x.data.having[l], balance: 2, seed: 5}, w)
		want := 0.0
		for _, row := range all {
			sign, cost := -1.0, p.cost
			if x.data.has(row, int32(l)) {
				sign, cost = 1, 2*p.cost
			}
			want += 2 * cost * sign * max(1-sign*float64(w.margin(x.rows, row)), 0)
		}
		if got := float64(w.bias); math.Abs(got-want) > 0.02 {
			t.Errorf("bias %d is %.4f, its optimum %.4f", l, got, want)
		}
	}
}

func TestPrune(t *testing.T) {
	p := newPlane(0, 1000)
	for f := range p.grams {
		p.grams[f] = float32(f-500) / 100
	}
	kept := p.prune(100, nil)
	if len(kept) == 0 || len(kept) > 100 {
		t.Fatalf("%d weights are left of 1000, want at most 100", len(kept))
	}
	least := float32(math.Inf(1))
	for _, e := range kept {
		least = min(least, float32(math.Abs(float64(e.weight))))
	}
	for f, w := range p.grams {
		if w == 0 && math.Abs(float64(f-500))/100 > float64(least)*1.01 {
			t.Errorf("weight %d is lost, and smaller ones are left", f)
		}
	}
}

func TestLogistic(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	var margins []float32
	var yes []bool
	for range 20000 {
		m := r.NormFloat64()
		margins = append(margins, float32(m))
		yes = append(yes, r.Float64() < 1/(1+math.Exp(-(3*m-1))))
	}
	slope, offset := logistic(margins, yes, 1, 0, 0)
	if math.Abs(slope-3) > 0.2 || math.Abs(offset+1) > 0.1 {
		t.Errorf("slope %.3f, offset %.3f, want 3 and -1", slope, offset)
	}
}

func TestDecay(t *testing.T) {
	for x := float32(0); x < 20; x += 0.0137 {
		if got, want := float64(decay(x)), math.Exp(-float64(x)); math.Abs(got/want-1) > 1e-4 {
			t.Errorf("e^-%v is %v, want %v", x, got, want)
		}
	}
	if decay(20) != 0 || decay(float32(math.Inf(1))) != 0 || decay(float32(math.NaN())) != 0 {
		t.Error("far away is not 0")
	}
}

// TestManyLabels trains a set of more labels than are trained at once, each against a part of the others.
func TestManyLabels(t *testing.T) {
	if testing.Short() {
		t.Skip("training 1,000 labels is left out in short mode")
	}
	const labels = 1000
	cfg := Config{Workers: 2}
	m, r, err := Train(t.Context(), cfg, func(yield func(Example, error) bool) {
		for i := range 3 * labels {
			l := i % labels
			text := []string{"where is item ", "send item ", "price of item "}[i/labels] + code(l)
			if !yield(Example{Text: text, Labels: []string{"item " + code(l)}}, nil) {
				return
			}
		}
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if m.Info().Mode != classify.Single || r.Labels != labels || r.Accuracy < 0.9 {
		t.Errorf("%d labels, accuracy %.3f of %d", r.Labels, r.Accuracy, r.Tested)
	}
}

// TestSample: a label of a set of very many stands against a part of the others, and never without its own rows.
func TestSample(t *testing.T) {
	const n = 100_000
	x := &trainer{data: &data{set: make(classify.LabelSet, manyLabels), having: make([][]int32, manyLabels)}}
	var rows []int32
	for row := range int32(n) {
		rows = append(rows, row)
		x.data.ids = append(x.data.ids, row%manyLabels)
		x.data.ends = append(x.data.ends, uint32(row+1))
		x.data.having[row%manyLabels] = append(x.data.having[row%manyLabels], row)
	}
	use := x.sample(nil, rows, 7)
	if len(use) < 3700 || len(use) > 4500 {
		t.Errorf("%d rows of %d, want about %d", len(use), n, negatives)
	}
	own := 0
	for _, row := range use {
		if row%manyLabels == 7 {
			own++
		}
	}
	if own != n/manyLabels {
		t.Errorf("%d of the label's own %d rows", own, n/manyLabels)
	}
}

// code spells a number in letters, so that neighbours have little in common.
func code(n int) string {
	h := step(seedWord, uint64(n))
	var b [6]byte
	for i := range b {
		b[i] = 'a' + byte(h%26)
		h /= 26
	}
	return string(b[:])
}

// TestThinned: what is too much is left out evenly.
func TestThinned(t *testing.T) {
	cfg := Config{Mode: classify.Single, Space: new(Space)}
	r := &reader{cfg: &cfg, data: &data{}, known: map[string]int32{}, open: true, every: 1}
	for i := range 10 {
		r.data.read++
		if err := r.add(Example{Text: "text", Labels: []string{[]string{"a", "b", "c"}[i%3]}}); err != nil {
			t.Fatal(err)
		}
		if i == 5 {
			r.every = 2
			r.thin()
		}
	}
	if d := r.data; len(d.texts) != 5 || d.numbers[0] != 2 || d.numbers[4] != 10 || d.labels(4)[0] != 0 {
		t.Errorf("rows %v with labels %v", d.numbers, d.ids)
	}
}
