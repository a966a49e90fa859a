package kafka

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/winnow-stream/winnow/connectors/codec/column"
	"github.com/winnow-stream/winnow/connectors/codec/jsonl"
	"github.com/winnow-stream/winnow/connectors/kafka/registry"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// decoder turns values into columns. Safe for concurrent use.
type decoder struct {
	text     bool
	registry *registry.Decoder // nil: values are what they are
	layout   *pipeline.Layout
	plan     atomic.Pointer[jsonl.Plan] // for the last projection
}

func newDecoder(c SourceConfig) *decoder {
	d := &decoder{text: c.Format == formatText}
	d.layout = &pipeline.Layout{Format: formatJSON, Schema: arrow.NewSchema(nil, nil), Open: true, Raw: pipeline.RawJSON, Replayable: true}
	if d.text {
		d.layout = &pipeline.Layout{Format: formatText, Schema: textSchema, Raw: pipeline.RawText, Replayable: true}
	}
	d.layout.Hidden = hiddenColumns(d.layout.Format)
	return d
}

// Decode replaces _raw by the columns that are wanted. What a message has beside its value stays.
func (d *decoder) Decode(ctx context.Context, b *pipeline.Batch, want pipeline.Projection) error {
	if b.Len() == 0 {
		return nil
	}
	faulty := len(b.Faults)
	if d.registry != nil {
		values, err := d.unwrap(ctx, b, want.Alloc)
		if err != nil {
			return err
		}
		b.Record.Release()
		b.Record = values
	}
	whole := b.Record
	want, hidden := d.split(want)
	raw := b.Column(pipeline.ColRaw).(*array.Binary)
	var err error
	if d.text {
		d.decodeText(b, raw, want)
	} else {
		// The plan takes offsets and values alone, and makes another record of them.
		b.Record = array.NewRecordBatch(pipeline.CutSchema, whole.Columns()[:2], whole.NumRows())
		err = d.decodeJSON(b, want)
	}
	if err != nil {
		b.Record.Release()
		b.Record = whole
		return err
	}
	for i := range b.Faults[faulty:] {
		b.Faults[faulty+i].Err = placed(b, b.Faults[faulty+i])
	}
	more := metaColumns(whole)
	for _, f := range hidden {
		if !slices.ContainsFunc(more, func(c metaColumn) bool { return c.field.Name == f.Name }) {
			made := hiddenColumn(f, b, whole, want.Alloc)
			defer made.Release()
			more = append(more, metaColumn{f, made})
		}
	}
	if len(more) > 0 {
		decoded := b.Record
		b.Record = withColumns(decoded, more)
		decoded.Release()
	}
	whole.Release()
	return nil
}

func (d *decoder) decodeJSON(b *pipeline.Batch, want pipeline.Projection) error {
	plan := d.plan.Load()
	if plan == nil || !plan.Serves(want) {
		var err error
		if plan, err = jsonl.NewPlan(want, d.layout.Schema); err != nil {
			return err
		}
		d.plan.Store(plan)
	}
	return plan.Decode(b, want.Alloc)
}

// decodeText makes the column "text" of the values.
func (d *decoder) decodeText(b *pipeline.Batch, raw *array.Binary, want pipeline.Projection) {
	texts := column.NewStrings(want.Alloc, raw.Len(), len(raw.ValueBytes()))
	for row := range raw.Len() {
		value := raw.Value(row)
		if b.Live(row) {
			if err := notText(value); err != nil {
				b.Kill(row, err)
			}
		}
		if b.Live(row) {
			texts.Append(value)
		} else {
			texts.Null()
		}
	}
	col := texts.Array()
	fields := []arrow.Field{b.Record.Schema().Field(0)}
	cols := []arrow.Array{b.Record.Column(0)}
	if want.Raw {
		fields, cols = append(fields, b.Record.Schema().Field(1)), append(cols, raw)
	}
	if len(want.Columns) > 0 {
		fields, cols = append(fields, textSchema.Field(0)), append(cols, col)
	}
	b.Record = array.NewRecordBatch(arrow.NewSchema(fields, nil), cols, int64(raw.Len()))
	col.Release()
}

func notText(value []byte) *fault.Error {
	if at := bytes.IndexByte(value, 0); at >= 0 {
		return fault.New(fault.RecordControl, "the value holds a NUL byte at byte %d", at)
	}
	if utf8.Valid(value) {
		return nil
	}
	for at := 0; at < len(value); {
		r, size := utf8.DecodeRune(value[at:])
		if r == utf8.RuneError && size == 1 {
			return fault.New(fault.RecordUTF8, "byte 0x%02x at byte %d is not valid UTF-8", value[at], at)
		}
		at += size
	}
	return nil
}

// placed gives a fault the place of its message, in place of the line that the codec took it for.
func placed(b *pipeline.Batch, f pipeline.RowFault) *fault.Error {
	where := f.Err.Where
	where.File, where.Line, where.Column = b.Split.File, 0, 0
	where.Offset, where.HasOffset = b.Offsets()[f.Row], true
	err := f.Err.At(where)
	if what, cut := strings.CutSuffix(err.What, "; the file may be truncated"); cut {
		err.What, err.Fix = what, ""
	}
	return err
}

// metaColumns are the columns of a record that no codec makes.
func metaColumns(rec arrow.RecordBatch) []metaColumn {
	var out []metaColumn
	for i, f := range rec.Schema().Fields() {
		switch f.Name {
		case pipeline.ColKey, pipeline.ColTime, pipeline.ColHeaders, pipeline.ColFrom, pipeline.ColOriginal, colSchema:
			out = append(out, metaColumn{f, rec.Column(i)})
		}
	}
	return out
}

type metaColumn struct {
	field arrow.Field
	array arrow.Array
}

func withColumns(rec arrow.RecordBatch, more []metaColumn) arrow.RecordBatch {
	fields := append([]arrow.Field(nil), rec.Schema().Fields()...)
	cols := append([]arrow.Array(nil), rec.Columns()...)
	for _, c := range more {
		fields, cols = append(fields, c.field), append(cols, c.array)
	}
	return array.NewRecordBatch(arrow.NewSchema(fields, nil), cols, rec.NumRows())
}
