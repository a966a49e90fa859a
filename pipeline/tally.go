package pipeline

import (
	"encoding/json"
	"math"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
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
	index  map[string]int32 // of the labels, trimmed and in lower case
}

func newTallyProto(labels []string, gold string, x classify.Extractor) *tallyProto {
	p := &tallyProto{labels: labels, gold: gold, index: make(map[string]int32, len(labels))}
	for i, l := range labels {
		p.index[foldLabel(l)] = int32(i)
	}
	if x != nil {
		p.types = x.About().Types
	}
	return p
}

func foldLabel(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

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
		gold = newGoldColumn(b.Column(t.proto.gold), t.proto.index)
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
	c.Entities = slices.Clone(t.Entities)
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

// ECE is the expected calibration error over the bins: the mean distance of confidence and accuracy, weighted by
// rows. NaN without rows.
func (g *GoldTally) ECE() float64 {
	var sum, rows float64
	for _, b := range g.Calibration {
		if b.Count > 0 {
			sum += math.Abs(b.ConfidenceSum - float64(b.Correct))
			rows += float64(b.Count)
		}
	}
	return sum / rows
}

// goldColumn reads gold labels: strings, dictionaries of strings, lists of strings, or such lists as JSON text.
type goldColumn struct {
	col   arrow.Array
	index map[string]int32
}

func newGoldColumn(col arrow.Array, index map[string]int32) goldColumn {
	return goldColumn{col: col, index: index}
}

// compare returns a row's gold label (-1: outside of the set) and whether the label given is right; ok is false for
// rows without a gold label.
func (g goldColumn) compare(row int, label int32) (gold int32, correct, ok bool) {
	if g.col == nil || g.col.IsNull(row) {
		return 0, false, false
	}
	if list, isList := g.col.(*array.List); isList {
		start, end := list.ValueOffsets(row)
		return g.any(stringsIn(list.ListValues(), int(start), int(end)), label)
	}
	s := stringAt(g.col, row)
	if strings.HasPrefix(s, "[") {
		var names []string
		if json.Unmarshal([]byte(s), &names) == nil {
			return g.any(names, label)
		}
	}
	if strings.HasPrefix(s, `"`) { // JSON text of a string
		var name string
		if json.Unmarshal([]byte(s), &name) == nil {
			s = name
		}
	}
	if s == "" || s == "null" {
		return 0, false, false
	}
	gold = g.lookup(s)
	return gold, gold >= 0 && gold == label, true
}

func (g goldColumn) any(names []string, label int32) (gold int32, correct, ok bool) {
	if len(names) == 0 {
		return 0, false, false
	}
	gold = g.lookup(names[0])
	for _, n := range names {
		if i := g.lookup(n); i >= 0 && i == label {
			return i, true, true
		}
	}
	return gold, false, true
}

func (g goldColumn) lookup(name string) int32 {
	if i, ok := g.index[name]; ok { // most gold labels are in folded form already
		return i
	}
	if i, ok := g.index[foldLabel(name)]; ok {
		return i
	}
	return -1
}

func stringsIn(values arrow.Array, start, end int) []string {
	names := make([]string, 0, end-start)
	for i := start; i < end; i++ {
		if values.IsValid(i) {
			names = append(names, stringAt(values, i))
		}
	}
	return names
}

func stringAt(col arrow.Array, row int) string {
	switch c := col.(type) {
	case *array.String:
		return c.Value(row)
	case *array.Dictionary:
		return stringAt(c.Dictionary(), c.GetValueIndex(row))
	default:
		return c.ValueStr(row)
	}
}
