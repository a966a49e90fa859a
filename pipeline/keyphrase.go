package pipeline

import (
	"context"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// ResKeyphrases is the column that free tags are appended as, before prefixes: list<struct<text: utf8, score: float32>>,
// best first. It is null where a row has no text, and empty where the text has no phrases.
const ResKeyphrases = "keyphrases"

// Fields of a keyphrase's struct, in their order.
const (
	keyphraseText = iota
	keyphraseScore
)

var keyphraseType = arrow.ListOf(arrow.StructOf(
	arrow.Field{Name: "text", Type: arrow.BinaryTypes.String},
	arrow.Field{Name: "score", Type: arrow.PrimitiveTypes.Float32},
))

// IsKeyphrases reports whether a result column of this type is that of keyphrases.
func IsKeyphrases(t arrow.DataType) bool { return arrow.TypeEqual(t, keyphraseType) }

func keyphraseField(name string) arrow.Field {
	return arrow.Field{Name: name, Type: keyphraseType, Nullable: true}
}

// phraser runs the keyphraser over a batch's _text column and adds its column to the results. Safe for concurrent use.
type phraser struct {
	keyphraser classify.Keyphraser
	name       string // of the column
	alloc      memory.Allocator
	retry      func(ctx context.Context, op string, f func() error) error
	scratch    sync.Pool // *classify.Keyphrases
}

// newPhraser returns nil without a keyphraser.
func (p *Pipeline) newPhraser(k classify.Keyphraser) *phraser {
	if k == nil {
		return nil
	}
	return &phraser{
		keyphraser: k, name: p.plan.names[ResKeyphrases], alloc: p.cfg.Alloc, retry: p.retry,
		scratch: sync.Pool{New: func() any { return new(classify.Keyphrases) }},
	}
}

// fitsKeyphrases refuses a change of the columns that sinks were opened for.
func (p *Pipeline) fitsKeyphrases(c Change) error {
	if (c.Keyphraser == nil) != (p.cfg.Keyphraser == nil) {
		return fault.New(fault.ReloadRefused, "the column %q would come or go", ResKeyphrases)
	}
	return nil
}

// process appends the keyphrases of a batch's texts to Result. A text of a dictionary is looked through once.
func (f *phraser) process(ctx context.Context, b *Batch, t *batchTally) error {
	found := f.scratch.Get().(*classify.Keyphrases)
	defer f.scratch.Put(found)
	texts, index := textValues(b.Column(ColText))
	if texts == nil {
		return fault.New(fault.Internal, "no text column to find keyphrases in")
	}
	err := f.retry(ctx, "keyphrases", func() (err error) {
		defer recovered(&err, "the keyphraser")
		return f.keyphraser.Keyphrases(ctx, texts, found)
	})
	if err != nil {
		return err
	}
	if err := checkKeyphrases(found, texts.Len()); err != nil {
		return err
	}
	lists := newKeyphraseBuilder(f.alloc)
	defer lists.Release()
	for row := range b.Len() {
		v, ok := valueOf(texts, index, row)
		if !ok {
			lists.AppendNull()
			continue
		}
		lists.row()
		for _, k := range found.Row(v) {
			lists.append(k.Text, classify.RoundConfidence(float64(k.Score)))
		}
	}
	column := lists.NewArray()
	defer column.Release()
	t.addKeyphrases(b, texts, index, found)
	b.addResult(keyphraseField(f.name), column)
	return nil
}

func checkKeyphrases(found *classify.Keyphrases, rows int) error {
	if found.Len() != rows || len(found.Reasons) != rows {
		return fault.New(fault.KeyphrasesReply, "%d lists and %d reasons for %d texts", found.Len(), len(found.Reasons), rows)
	}
	var last int32
	for _, end := range found.Ends {
		if end < last || int(end) > len(found.List) {
			return fault.New(fault.KeyphrasesReply, "a list [%d, %d) of %d keyphrases", last, end, len(found.List))
		}
		last = end
	}
	return nil
}

// keyphraseBuilder builds a column of keyphrases.
type keyphraseBuilder struct {
	*array.ListBuilder
	item  *array.StructBuilder
	text  *array.StringBuilder
	score *array.Float32Builder
}

func newKeyphraseBuilder(alloc memory.Allocator) *keyphraseBuilder {
	b := array.NewBuilder(alloc, keyphraseType).(*array.ListBuilder)
	item := b.ValueBuilder().(*array.StructBuilder)
	return &keyphraseBuilder{
		ListBuilder: b, item: item, text: item.FieldBuilder(keyphraseText).(*array.StringBuilder),
		score: item.FieldBuilder(keyphraseScore).(*array.Float32Builder),
	}
}

func (b *keyphraseBuilder) row() { b.Append(true) }

func (b *keyphraseBuilder) append(text string, score float32) {
	b.item.Append(true)
	b.text.Append(text)
	b.score.Append(score)
}

// KeepKeyphrases returns a column with those phrases that keep allows; rows nil: of all rows, else the others have none.
// The caller releases it.
func KeepKeyphrases(alloc memory.Allocator, column *array.List, rows []int32, keep func(row int, phrase string) bool) arrow.Array {
	item := column.ListValues().(*array.Struct)
	texts, scores := item.Field(keyphraseText).(*array.String), item.Field(keyphraseScore).(*array.Float32)
	b := newKeyphraseBuilder(alloc)
	defer b.Release()
	for row, has := range EachRow(column, rows) {
		if !has {
			b.AppendNull()
			continue
		}
		b.row()
		from, to := column.ValueOffsets(row)
		for i := int(from); i < int(to); i++ {
			if text := texts.Value(i); keep(row, text) {
				b.append(text, scores.Value(i))
			}
		}
	}
	return b.NewArray()
}

// KeyphraseTally counts the keyphrases found.
type KeyphraseTally struct {
	Rows  int64            `json:"rows"`           // records with at least one
	Count int64            `json:"count"`          // phrases
	None  map[string]int64 `json:"none,omitempty"` // records without, by reason
}

// addKeyphrases counts the keyphrases of a batch's live rows.
func (t *batchTally) addKeyphrases(b *Batch, values *array.String, index *array.Dictionary, found *classify.Keyphrases) {
	if t.tally.Labels == nil {
		t.tally = t.proto.empty()
	}
	k := &KeyphraseTally{None: make(map[string]int64)}
	for row := range b.Len() {
		v, ok := valueOf(values, index, row)
		if !ok || !b.Live(row) {
			continue
		}
		if n := len(found.Row(v)); n > 0 {
			k.Rows++
			k.Count += int64(n)
		} else {
			k.None[found.Reasons[v]]++
		}
	}
	t.tally.Keyphrases = k
}

// add adds another tally; nil adds nothing.
func (k *KeyphraseTally) add(o *KeyphraseTally) *KeyphraseTally {
	if o == nil {
		return k
	}
	if k == nil {
		k = &KeyphraseTally{None: make(map[string]int64)}
	}
	k.Rows += o.Rows
	k.Count += o.Count
	for reason, n := range o.None {
		if k.None == nil {
			k.None = make(map[string]int64)
		}
		k.None[reason] += n
	}
	return k
}

func (k *KeyphraseTally) clone() *KeyphraseTally {
	var none *KeyphraseTally
	return none.add(k)
}
