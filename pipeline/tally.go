package pipeline

import (
	"slices"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/winnow-stream/winnow/classify"
)

// batchTally counts one batch's labels on a worker; the writer adds it to the run's Tally in order, so that the sums
// of floats are the same in each run.
type batchTally struct {
	proto *tallyProto
	tally Tally
}

// tallyProto is what all batches' tallies share.
type tallyProto struct {
	labels []string
	gold   string
	types  []string         // of entities
	index  map[string]int32 // of the labels, as they are and folded (classify.FoldName)
}

func newTallyProto(labels []string, gold string, x classify.Extractor) *tallyProto {
	p := &tallyProto{labels: labels, gold: gold, index: make(map[string]int32, 2*len(labels))}
	for i, l := range labels {
		p.index[classify.FoldName(l)] = int32(i)
	}
	for i, l := range labels {
		p.index[l] = int32(i)
	}
	if x != nil {
		p.types = x.About().Types
	}
	return p
}

func (p *tallyProto) empty() Tally {
	t := Tally{Labels: make([]LabelTally, len(p.labels))}
	for i, l := range p.labels {
		t.Labels[i].Name = l
	}
	for _, name := range p.types {
		t.Entities = append(t.Entities, EntityTally{Type: name})
	}
	if p.gold != "" {
		n := len(p.labels) + 1
		t.Gold = &GoldTally{Confusion: make([]int64, n*n)}
	}
	return t
}

// add counts the live rows of a batch.
func (t *batchTally) add(b *Batch, res *classify.Results) {
	if t.tally.Labels == nil {
		t.tally = t.proto.empty()
	}
	var gold goldColumn
	if t.proto.gold != "" {
		gold = goldColumn{col: b.Column(t.proto.gold), index: t.proto.index}
	}
	for row, label := range res.Label {
		if !b.Live(row) {
			continue
		}
		t.tally.Tokens += int64(res.Tokens[row])
		t.countLabel(res, row, label)
		if t.tally.Gold != nil {
			if g, correct, ok := gold.compare(row, label); ok {
				t.tally.Gold.count(g, label, res.Confidence[row], correct, len(t.proto.labels))
			}
		}
	}
}

func (t *batchTally) countLabel(res *classify.Results, row int, label int32) {
	if label < 0 {
		t.tally.Null++
		if t.tally.NullReason == nil {
			t.tally.NullReason = make(map[string]int64)
		}
		if r := res.Reason[row]; r != classify.Labelled {
			t.tally.NullReason[r.String()]++
		}
		return
	}
	c := float64(res.Confidence[row])
	t.tally.ConfidenceSum += c
	t.tally.Histogram[min(int(c*ConfidenceBins), ConfidenceBins-1)]++
	if len(res.Ends) > 0 && len(res.RowScores(row)) > 0 {
		for _, s := range res.RowScores(row) {
			t.tally.Labels[s.Label].Count++
			t.tally.Labels[s.Label].ConfidenceSum += float64(s.Confidence)
		}
		return
	}
	t.tally.Labels[label].Count++
	t.tally.Labels[label].ConfidenceSum += c
}

// count enters a row with a gold label; g is -1 where that is outside of the label set.
func (g *GoldTally) count(gold, label int32, confidence float32, correct bool, labels int) {
	g.Rows++
	bin := &g.Calibration[min(int(float64(confidence)*float64(len(g.Calibration))), len(g.Calibration)-1)]
	if label >= 0 {
		bin.Count++
		bin.ConfidenceSum += float64(confidence)
	}
	if correct {
		g.Correct++
		bin.Correct++
	}
	row, col := int(gold), int(label)
	if gold < 0 {
		g.Outside++
		row = labels
	}
	if label < 0 {
		col = labels
	}
	g.Confusion[row*(labels+1)+col]++
}

// addEntities counts the entities of a batch's live rows.
func (t *batchTally) addEntities(b *Batch, values *array.String, index *array.Dictionary, found *classify.Entities) {
	if t.tally.Labels == nil {
		t.tally = t.proto.empty()
	}
	for row := range b.Len() {
		v, ok := valueOf(values, index, row)
		if !ok || !b.Live(row) {
			continue
		}
		spans := found.Row(v)
		for i, s := range spans {
			e := &t.tally.Entities[s.Type]
			e.Count++
			e.ConfidenceSum += float64(s.Confidence)
			if !slices.ContainsFunc(spans[:i], func(o classify.Span) bool { return o.Type == s.Type }) {
				e.Rows++
			}
		}
	}
}

// Add adds another tally, label by label: those that are new come last. Gold tallies have to be of the same labels.
func (t *Tally) Add(o *Tally) {
	for i := range o.Labels {
		l := t.label(i, o.Labels[i].Name)
		l.Count += o.Labels[i].Count
		l.ConfidenceSum += o.Labels[i].ConfidenceSum
	}
	for i := range o.Entities {
		e := t.entity(i, o.Entities[i].Type)
		e.Count += o.Entities[i].Count
		e.Rows += o.Entities[i].Rows
		e.ConfidenceSum += o.Entities[i].ConfidenceSum
	}
	t.Keyphrases = t.Keyphrases.add(o.Keyphrases)
	t.ConfidenceSum += o.ConfidenceSum
	t.Null += o.Null
	t.Tokens += o.Tokens
	for r, n := range o.NullReason {
		if t.NullReason == nil {
			t.NullReason = make(map[string]int64)
		}
		t.NullReason[r] += n
	}
	for i, n := range o.Histogram {
		t.Histogram[i] += n
	}
	if t.Gold == nil || o.Gold == nil {
		return
	}
	t.Gold.Rows += o.Gold.Rows
	t.Gold.Correct += o.Gold.Correct
	t.Gold.Outside += o.Gold.Outside
	for i, n := range o.Gold.Confusion {
		t.Gold.Confusion[i] += n
	}
	for i, c := range o.Gold.Calibration {
		t.Gold.Calibration[i].Count += c.Count
		t.Gold.Calibration[i].ConfidenceSum += c.ConfidenceSum
		t.Gold.Calibration[i].Correct += c.Correct
	}
}

// label finds a label, most likely at an index.
func (t *Tally) label(at int, name string) *LabelTally {
	if at >= len(t.Labels) || t.Labels[at].Name != name {
		at = slices.IndexFunc(t.Labels, func(l LabelTally) bool { return l.Name == name })
	}
	if at < 0 {
		at = len(t.Labels)
		t.Labels = append(t.Labels, LabelTally{Name: name})
	}
	return &t.Labels[at]
}

// entity finds a type of entities, most likely at an index.
func (t *Tally) entity(at int, name string) *EntityTally {
	if at >= len(t.Entities) || t.Entities[at].Type != name {
		at = slices.IndexFunc(t.Entities, func(e EntityTally) bool { return e.Type == name })
	}
	if at < 0 {
		at = len(t.Entities)
		t.Entities = append(t.Entities, EntityTally{Type: name})
	}
	return &t.Entities[at]
}

// clone returns a copy that shares nothing.
func (t *Tally) clone() Tally {
	c := *t
	c.Labels = append([]LabelTally(nil), t.Labels...)
	c.Entities, c.Keyphrases = slices.Clone(t.Entities), t.Keyphrases.clone()
	c.NullReason = make(map[string]int64, len(t.NullReason))
	for k, v := range t.NullReason {
		c.NullReason[k] = v
	}
	if t.Gold != nil {
		g := *t.Gold
		g.Confusion = append([]int64(nil), t.Gold.Confusion...)
		c.Gold = &g
	}
	return c
}
