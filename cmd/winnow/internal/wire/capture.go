package wire

import (
	"context"
	"encoding/json"
	"io"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/winnow-stream/winnow/pipeline"
)

// Outcome is what became of one record: the sink that it goes to, and the record with its results as that sink gets it.
type Outcome struct {
	To     string         `json:"to"`
	Offset int64          `json:"-"` // in its split
	Record map[string]any `json:"record"`
}

// capture is a sink that hands every record on as an Outcome.
type capture struct {
	sink string
	got  func(Outcome) error
}

var _ pipeline.Sink = (*capture)(nil)

func (*capture) Need(*pipeline.Layout) pipeline.Need            { return pipeline.Need{Columns: true} }
func (*capture) Open(context.Context, pipeline.SinkOpen) error  { return nil }
func (*capture) Commit(context.Context, pipeline.Receipt) error { return nil }
func (*capture) Abort(context.Context) error                    { return nil }
func (*capture) Close() error                                   { return nil }
func (*capture) Describe() string                               { return "not written" }

// Prepare has nothing to keep.
func (*capture) Prepare(context.Context, int64) (pipeline.Receipt, error) { return nil, nil }

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
		out := Outcome{To: c.sink, Record: make(map[string]any)}
		if c.sink == DeadLetters {
			out.Offset = b.Record.Column(b.Record.Schema().FieldIndices("offset")[0]).GetOneForMarshal(row).(int64)
		} else {
			out.Offset = b.Offsets()[row]
		}
		object(out.Record, b.Record, row)
		if b.Result != nil {
			object(out.Record, b.Result, row)
		}
		if err := c.got(out); err != nil {
			return err
		}
	}
	return nil
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

// printer writes outcomes as lines of JSON.
type printer struct{ w io.Writer }

func (p *printer) print(o Outcome) error { return json.NewEncoder(p.w).Encode(o) }
