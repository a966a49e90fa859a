package wire

import (
	"cmp"
	"context"
	"encoding/json"
	"io"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/term"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Outcome is what became of one record: the sink that it goes to, and the record with its results as that sink gets it.
type Outcome struct {
	To     string         `json:"to"`
	Split  string         `json:"-"`
	Offset int64          `json:"-"` // in its split
	Record map[string]any `json:"record"`

	Text     string        `json:"-"` // what was classified or looked through
	Entities []term.Entity `json:"-"` // what was found in it
	Answers  []term.Answer `json:"-"` // its labels with the words that explain them; one without a name: there is none
}

// capture is a sink that hands every record on as an Outcome.
type capture struct {
	sink  string
	got   func(Outcome) error
	flush func() error // at each commit; nil: nothing waits
}

var _ pipeline.Sink = (*capture)(nil)

func (*capture) Need(*pipeline.Layout) pipeline.Need            { return pipeline.Need{Columns: true} }
func (*capture) Open(context.Context, pipeline.SinkOpen) error  { return nil }
func (*capture) Commit(context.Context, pipeline.Receipt) error { return nil }
func (*capture) Abort(context.Context) error                    { return nil }
func (*capture) Close() error                                   { return nil }
func (*capture) Describe() string                               { return "not written" }

// Prepare hands on what waits.
func (c *capture) Prepare(context.Context, int64) (pipeline.Receipt, error) {
	if c.flush != nil {
		return nil, c.flush()
	}
	return nil, nil
}

// Guarantee is none: nothing is written.
func (*capture) Guarantee() (pipeline.Guarantee, string) {
	return pipeline.AtMostOnce, "nothing is written"
}

// Write hands on the rows that the sink gets.
func (c *capture) Write(_ context.Context, b *pipeline.Batch) error {
	rows := b.Rows
	if rows == nil {
		rows = make([]int32, b.Len())
		for i := range rows {
			rows[i] = int32(i)
		}
	}
	for _, r := range rows {
		row := int(r)
		out := Outcome{To: c.sink, Split: b.Split.ID, Record: make(map[string]any)}
		if c.sink != DeadLetters {
			out.Offset = b.Offsets()[row]
		} else if offsets, ok := b.Column("offset").(*array.Int64); ok {
			out.Offset = offsets.Value(row)
		}
		object(out.Record, b.Record, row)
		if b.Result != nil {
			object(out.Record, b.Result, row)
			out.Text, out.Entities = pipeline.TextAt(b.Column(pipeline.ColText), row), entitiesAt(b.Result, row)
			out.Answers = answersAt(b.Result, row)
		}
		if err := c.got(out); err != nil {
			return err
		}
	}
	return nil
}

// entitiesAt are the entities of a row.
func entitiesAt(results arrow.RecordBatch, row int) []term.Entity {
	at := int(results.NumCols()) - 1
	if !pipeline.IsEntities(results.Column(at).DataType()) || results.Column(at).IsNull(row) {
		return nil
	}
	list := results.Column(at).(*array.List)
	from, to := list.ValueOffsets(row)
	item := list.ListValues().(*array.Struct)
	types := item.Field(pipeline.EntityType).(*array.Dictionary)
	starts, ends := item.Field(pipeline.EntityStart).(*array.Int32), item.Field(pipeline.EntityEnd).(*array.Int32)
	var found []term.Entity
	for i := int(from); i < int(to); i++ {
		name := types.Dictionary().(*array.String).Value(types.GetValueIndex(i))
		found = append(found, term.Entity{Type: name, Start: int(starts.Value(i)), End: int(ends.Value(i))})
	}
	return found
}

// object enters a row's values by their columns' names; _extra fields as if they were columns, the runtime's own not.
func object(into map[string]any, rec arrow.RecordBatch, row int) {
	for i, f := range rec.Schema().Fields() {
		v := rec.Column(i).GetOneForMarshal(row)
		switch text, isText := v.(string); {
		case f.Name == pipeline.ColExtra && isText:
			var extra map[string]any
			if json.Unmarshal([]byte(text), &extra) == nil {
				for k, e := range extra {
					into[k] = e
				}
			}
		case f.Name[0] == '_':
		case pipeline.IsJSONText(f) && isText:
			into[f.Name] = json.RawMessage(text)
		default:
			into[f.Name] = v
		}
	}
}

// printer writes outcomes as lines of JSON, in input order within what a commit covers: sinks get their rows one after
// the other.
type printer struct {
	w       io.Writer
	waiting []Outcome
	splits  map[string]int // in the order of their first outcome
}

// printAtMost bounds what waits for a commit.
const printAtMost = 10_000

func (p *printer) add(o Outcome) error {
	if _, ok := p.splits[o.Split]; !ok {
		p.splits[o.Split] = len(p.splits)
	}
	p.waiting = append(p.waiting, o)
	if len(p.waiting) >= printAtMost {
		return p.flush()
	}
	return nil
}

func (p *printer) flush() error {
	slices.SortStableFunc(p.waiting, func(a, b Outcome) int {
		return cmp.Or(cmp.Compare(p.splits[a.Split], p.splits[b.Split]), cmp.Compare(a.Offset, b.Offset))
	})
	e := json.NewEncoder(p.w)
	for _, o := range p.waiting {
		if err := e.Encode(o); err != nil {
			return fault.New(fault.OutputWrite, "standard output: %w", err)
		}
	}
	p.waiting = p.waiting[:0]
	return nil
}
