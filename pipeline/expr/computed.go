package expr

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// computed makes texts row by row with a program.
type computed struct{ program *program }

func (c *computed) needs() []arrow.Field { return fields(c.program.columns) }

func (c *computed) texts(t *Text, b *pipeline.Batch) (arrow.Array, error) {
	f := c.program.frame(b)
	defer c.program.release(f)
	out := array.NewStringBuilder(t.alloc)
	defer out.Release()
	for row := range b.Len() {
		if !b.Live(row) {
			out.AppendNull()
			continue
		}
		v, err := c.program.run(f, row)
		s, ok := v.(string)
		if ok && err == nil {
			out.Append(s)
			continue
		}
		out.AppendNull()
		switch field := c.nullField(f); {
		case field != "" && (err != nil || v == nil):
			t.missing(b, row, field)
		case err != nil:
			kill(b, t.in, row, rowError(err))
		case v == nil:
			t.missing(b, row, c.program.code.Text)
		default:
			kill(b, t.in, row, fault.New(fault.RecordType, "the text of the record is %s", describe(v)))
		}
	}
	return out.NewArray(), nil
}

// nullField names the first field that was null in the row that the frame ran last.
func (c *computed) nullField(f *frame) string {
	for _, col := range c.program.columns {
		if f.env[col.name] == nil {
			return col.field.Name
		}
	}
	return ""
}
