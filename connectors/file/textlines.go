package file

import (
	"bytes"
	"context"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/connectors/codec/column"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// textFormat is one text a line, as the column "text".
type textFormat struct{ src *Source }

var textSchema = arrow.NewSchema([]arrow.Field{{Name: "text", Type: arrow.BinaryTypes.String, Nullable: true}}, nil)

func (f *textFormat) survey(context.Context, *probe) error { return nil }

func (f *textFormat) layout() (*pipeline.Layout, error) {
	return &pipeline.Layout{Format: formatText, Schema: textSchema, Raw: pipeline.RawText}, nil
}

func (f *textFormat) open(ctx context.Context, in *input, split *pipeline.Split, from pipeline.Position, want pipeline.Projection) (pipeline.Reader, error) {
	return f.src.openLines(ctx, in, split, from, want, nil)
}

func (f *textFormat) plan(want pipeline.Projection) (planner, error) {
	p := &textPlan{raw: want.Raw}
	out := []arrow.Field{{Name: pipeline.ColOffset, Type: arrow.PrimitiveTypes.Int64}}
	if want.Raw {
		out = append(out, arrow.Field{Name: pipeline.ColRaw, Type: arrow.BinaryTypes.Binary, Nullable: true})
	}
	for _, c := range want.Columns {
		if c.Name != "text" {
			return nil, (&pipeline.Layout{Schema: textSchema}).UnknownColumn(c.Name)
		}
		if c.Type.ID() != arrow.STRING {
			return nil, fault.New(fault.ColumnsType, "lines are text, not %s", c.Type).At(fault.Where{Field: c.Name})
		}
		p.text = true
		out = append(out, textSchema.Field(0))
	}
	p.schema = arrow.NewSchema(out, nil)
	return p, nil
}

// textPlan turns lines into the column "text".
type textPlan struct {
	raw, text bool
	schema    *arrow.Schema
}

func (p *textPlan) Serves(want pipeline.Projection) bool {
	return p.raw == want.Raw && p.text == (len(want.Columns) > 0) && len(want.Columns) <= 1
}

// Decode checks the lines' characters and copies the lines without their ends.
func (p *textPlan) Decode(b *pipeline.Batch, alloc memory.Allocator) error {
	raws := b.Column(pipeline.ColRaw).(*array.Binary)
	rows, size := raws.Len(), 0
	sound := true
	if rows > 0 {
		all := raws.ValueBytes()
		sound = utf8.Valid(all) && bytes.IndexByte(all, 0) < 0
		size = len(all)
	}
	col := column.NewStrings(alloc, rows, size)
	for row := range rows {
		if !b.Live(row) {
			col.Null()
			continue
		}
		line := trimEnd(raws.Value(row))
		if !sound && p.reject(b, row, line) {
			col.Null()
			continue
		}
		col.Append(line)
	}
	if p.text {
		column.Replace(b, p.schema, p.raw, col.Array())
	} else {
		col.Drop()
		column.Replace(b, p.schema, p.raw)
	}
	return nil
}

// reject kills a line that is not text.
func (p *textPlan) reject(b *pipeline.Batch, row int, line []byte) bool {
	at := bytes.IndexByte(line, 0)
	var err *fault.Error
	switch {
	case at >= 0:
		err = fault.New(fault.RecordControl, "the line holds a NUL byte")
	case !utf8.Valid(line):
		for at = 0; at < len(line); {
			r, size := utf8.DecodeRune(line[at:])
			if r == utf8.RuneError && size == 1 {
				break
			}
			at += size
		}
		err = fault.New(fault.RecordUTF8, "byte 0x%02x is not valid UTF-8", line[at])
	default:
		return false
	}
	offset := b.Offsets()[row]
	b.Kill(row, err.At(fault.Where{
		File: b.Split.File, Line: offset + 1, Column: int64(utf8.RuneCount(line[:at])) + 1, Offset: offset, HasOffset: true,
	}))
	return true
}

// trimEnd returns a line without its line end.
func trimEnd(line []byte) []byte {
	n := len(line)
	if n > 0 && line[n-1] == '\n' {
		n--
	}
	if n > 0 && line[n-1] == '\r' {
		n--
	}
	return line[:n]
}
