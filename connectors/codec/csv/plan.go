package csv

import (
	"slices"
	"strconv"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Plan is a projection made ready for files of one dialect. It is immutable and safe for concurrent use.
type Plan struct {
	want      pipeline.Projection
	delimiter byte
	columns   int     // fields of every record
	header    bool    // the file has one, for messages
	slots     []int32 // by field: the wanted column, or -1; as long as the last wanted field needs
	schema    *arrow.Schema
	pool      sync.Pool // of *decoder
}

// NewPlan compiles a projection for files whose columns have these names. A wanted column is given by its name or, if
// none has it, by its number counted from 0.
func NewPlan(want pipeline.Projection, d *Dialect) (*Plan, error) {
	p := &Plan{want: want, delimiter: d.Delimiter, columns: len(d.Columns), header: d.Header != nil}
	out := []arrow.Field{{Name: pipeline.ColOffset, Type: arrow.PrimitiveTypes.Int64}}
	if want.Raw {
		out = append(out, arrow.Field{Name: pipeline.ColRaw, Type: arrow.BinaryTypes.Binary, Nullable: true})
	}
	for slot, f := range want.Columns {
		at := d.Index(f.Name)
		if at < 0 {
			return nil, (&pipeline.Layout{Schema: d.Schema()}).UnknownColumn(f.Name)
		}
		if f.Type.ID() != arrow.STRING {
			return nil, fault.New(fault.ColumnsType, "CSV columns are text, not %s", f.Type).At(fault.Where{Field: f.Name})
		}
		for len(p.slots) <= at {
			p.slots = append(p.slots, -1)
		}
		p.slots[at] = int32(slot)
		f.Nullable = true
		out = append(out, f)
	}
	p.schema = arrow.NewSchema(out, nil)
	p.pool.New = func() any { return new(decoder) }
	return p, nil
}

// Serves reports whether the plan was made for this projection.
func (p *Plan) Serves(want pipeline.Projection) bool {
	return p.want.Raw == want.Raw && slices.EqualFunc(p.want.Columns, want.Columns, func(a, b arrow.Field) bool {
		return a.Name == b.Name && a.Type.ID() == b.Type.ID()
	})
}

// Index returns the position of the column of a name, or of a number counted from 0; -1 where there is none.
func (d *Dialect) Index(name string) int {
	if i := slices.Index(d.Columns, name); i >= 0 {
		return i
	}
	if i, err := strconv.Atoi(name); err == nil && i >= 0 && i < len(d.Columns) && strconv.Itoa(i) == name {
		return i
	}
	return -1
}

// Schema returns the columns, all of them utf8; those that hold numbers are marked so (pipeline.NumberText).
func (d *Dialect) Schema() *arrow.Schema {
	fields := make([]arrow.Field, len(d.Columns))
	for i, name := range d.Columns {
		fields[i] = arrow.Field{Name: name, Type: arrow.BinaryTypes.String, Nullable: true}
		if i < len(d.Numeric) && d.Numeric[i] {
			fields[i].Metadata = pipeline.NumberText
		}
	}
	return arrow.NewSchema(fields, nil)
}
