package head

import (
	"context"
	"math"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/static"
	"github.com/winnow-stream/winnow/classify/static/kernel"
)

// query is what one goroutine needs to answer.
type query struct {
	weigher *weigher
	embed   *static.Embedder
	sums    *[1 << 16]int32 // by label; more than there can be, so that no index needs a check
	dots    []int32
	margins []float32
	shares  []float32
}

// sumUnit is what the largest weight of an n-gram times a value of 1 counts in sums. A weight has 7 bits, a value 14;
// the values of a view have the length 1, so the sum of 32 KiB of text stays below 2³¹.
const sumUnit = 1 << 14

func (m *Model) newQuery() *query {
	return &query{
		weigher: newWeigher(m.vocabulary), embed: m.table.Embedder(), sums: new([1 << 16]int32),
		dots:    make([]int32, (len(m.labels)+kernel.Block-1)/kernel.Block*kernel.Block),
		margins: make([]float32, len(m.labels)), shares: make([]float32, len(m.labels)),
	}
}

// Classify answers each text by itself. It does not fail but by a context that ended. Tokens are those of the static
// table.
func (m *Model) Classify(ctx context.Context, texts *array.String, out *classify.Results) error {
	out.Reset(texts.Len())
	q := m.scratch.Get().(*query)
	defer m.scratch.Put(q)
	for row := range texts.Len() {
		if row%64 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if texts.IsNull(row) {
			out.Reason[row] = classify.NullText
		} else {
			text := texts.Value(row)
			m.text(unsafe.Slice(unsafe.StringData(text), len(text)), row, out, q)
		}
		if m.lists {
			out.Ends = append(out.Ends, int32(len(out.Scores)))
		}
	}
	return nil
}

// text answers one row.
func (m *Model) text(text []byte, row int, out *classify.Results, q *query) {
	vector, tokens := q.embed.Embed(text)
	out.Tokens[row] = int32(tokens)
	q.weigher.weigh(text)
	if len(q.weigher.ids) == 0 && (vector == nil || len(m.vectors) == 0) {
		out.Reason[row] = classify.NoKnownWords
		return
	}
	m.score(vector, q)
	top := best(q.margins)
	if m.mode == classify.Single {
		m.softmax(q, top)
	} else {
		m.logistic(q)
		top = best(q.shares)
	}
	first := classify.RoundConfidence(float64(q.shares[top]))
	if first < classify.RoundConfidence(m.answer.Abstain) {
		m.abstained(row, first, out)
		return
	}
	out.Label[row], out.Confidence[row] = int32(top), first
	if m.lists {
		m.list(row, out, q)
	}
}

// score fills q.margins.
func (m *Model) score(vector []int16, q *query) {
	clear(q.sums[:len(m.labels)])
	for i, f := range q.weigher.ids {
		x := int32(float32(q.weigher.values[i]*m.factors[f]) + 0.5)
		if x == 0 {
			continue
		}
		if at := int(m.at[f]); at >= 0 {
			width := roundUp(len(m.labels))
			addBytes(q.sums[:width], m.rows[at*width:(at+1)*width], x)
			continue
		}
		start := uint32(0)
		if f > 0 {
			start = m.ends[f-1]
		}
		to := m.to[start:m.ends[f]]
		weights := m.weights[start:m.ends[f]]
		weights = weights[:len(to)]
		for j, l := range to {
			q.sums[l] += int32(weights[j]) * x
		}
	}
	for l, b := range m.biases {
		q.margins[l] = b + float32(float32(q.sums[l])*m.step)
	}
	if vector == nil || len(m.vectors) == 0 {
		return
	}
	kernel.Dots(q.dots, vector, m.vectors)
	for l := range q.margins {
		q.margins[l] += float32(float32(q.dots[l]) * m.unit)
	}
}

// softmax fills q.shares; labels whose share is below e^−20 of the best one's get 0.
func (m *Model) softmax(q *query, top int) {
	factor := float32(m.cal.Inverse(q.margins[top]))
	sum := float32(0)
	for l, v := range q.margins {
		e := decay(float32((q.margins[top] - v) * factor))
		q.shares[l] = e
		sum += e
	}
	for l := range q.shares {
		q.shares[l] /= sum
	}
}

// logistic fills q.shares.
func (m *Model) logistic(q *query) {
	for l, v := range q.margins {
		z := float32(float32(m.cal.Slopes[l])*v) + float32(m.cal.Offsets[l])
		e := decay(float32(math.Abs(float64(z))))
		if z < 0 {
			q.shares[l] = e / (1 + e)
		} else {
			q.shares[l] = 1 / (1 + e)
		}
	}
}

// decay is e^−x for x from 0 to 20, and 0 beyond, with an error below 1e-4 of it: a product of two look-ups, the same on
// every machine.
func decay(x float32) float32 {
	if !(x < 20) {
		return 0
	}
	i := uint32(x*decayFine + 0.5)
	return float32(decays.high[i>>10&(1<<8-1)] * decays.low[i&(1<<10-1)])
}

// decayFine is the steps of 1 in x.
const decayFine = 1 << 13

// decayTable is e^−x in steps of 1/8 and of 1/decayFine.
type decayTable struct {
	high [1 << 8]float32
	low  [1 << 10]float32
}

var decays = newDecayTable()

// newDecayTable multiplies in float64, which rounds alike everywhere, unlike math.Exp.
func newDecayTable() *decayTable {
	const eighth, step = 0.8824969025845955, 0.9998779371377774 // e^−1/8 and e^−1/8192
	t := new(decayTable)
	v := 1.0
	for i := range t.high {
		t.high[i] = float32(v)
		v *= eighth
	}
	v = 1.0
	for i := range t.low {
		t.low[i] = float32(v)
		v *= step
	}
	return t
}

func (m *Model) abstained(row int, best float32, out *classify.Results) {
	out.Reason[row] = classify.Abstained
	if m.abstain < 0 {
		return
	}
	out.Label[row], out.Confidence[row] = m.abstain, best
	if m.lists {
		out.Scores = append(out.Scores, classify.Score{Label: m.abstain, Confidence: best})
	}
}

// list appends the row's labels, highest first: in multi mode those that reach their threshold, in single mode the best
// TopK. Equal ones stand in the order of the labels.
func (m *Model) list(row int, out *classify.Results, q *query) {
	limit, rank := m.answer.TopK, q.margins
	if limit == 0 {
		limit = len(q.shares)
	}
	if m.mode == classify.Multi {
		rank = q.shares
	}
	start := len(out.Scores)
	for l, share := range q.shares {
		p := classify.RoundConfidence(float64(share))
		if m.mode == classify.Multi && p < m.thresholds[l] {
			continue
		}
		if len(out.Scores)-start == limit {
			if rank[l] <= rank[out.Scores[len(out.Scores)-1].Label] {
				continue
			}
			out.Scores = out.Scores[:len(out.Scores)-1]
		}
		out.Scores = append(out.Scores, classify.Score{Label: int32(l), Confidence: p})
		for i := len(out.Scores) - 1; i > start && rank[l] > rank[out.Scores[i-1].Label]; i-- {
			out.Scores[i], out.Scores[i-1] = out.Scores[i-1], out.Scores[i]
		}
	}
	if len(out.Scores) == start {
		out.Label[row], out.Confidence[row] = -1, 0
		return
	}
	out.Label[row], out.Confidence[row] = out.Scores[start].Label, out.Scores[start].Confidence
}
