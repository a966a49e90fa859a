package expr

import (
	"context"
	"reflect"
	"strings"
	"sync/atomic"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Text makes the column _text, which is classified, by an expression. Needs compiles it, and comes before Process.
// A live row whose text is null or absent is killed with record.text_missing; an empty text is a text.
type Text struct {
	code   Code
	alloc  memory.Allocator
	in     *pipeline.Layout
	make   maker
	schema atomic.Pointer[textSchema]
}

// maker makes the texts of a batch: a column with a null for each row without one. It calls missing for the live rows
// that have none, before it returns. The caller releases the column.
type maker interface {
	needs() []arrow.Field
	texts(t *Text, b *pipeline.Batch) (arrow.Array, error)
}

// textSchema is the last batch's schema with _text added; batches of one input share theirs.
type textSchema struct {
	from, to *arrow.Schema
}

// NewText returns a stage that makes texts by an expression, which is not looked at before Needs. Without one it is the
// column "text", or else the only column of text. The allocator makes texts that are not a column as it is; nil is
// the Go heap.
func NewText(code Code, alloc memory.Allocator) *Text {
	if alloc == nil {
		alloc = memory.NewGoAllocator()
	}
	return &Text{code: code, alloc: alloc}
}

// Needs compiles the expression for a layout and returns the columns that it reads.
func (t *Text) Needs(in *pipeline.Layout) ([]arrow.Field, error) {
	m, err := t.plan(in)
	if err != nil {
		return nil, err
	}
	t.in, t.make = in, m
	return m.needs(), nil
}

// plan chooses the cheapest way: a column as it is, columns and literals joined, a program.
func (t *Text) plan(in *pipeline.Layout) (maker, error) {
	name := strings.TrimSpace(t.code.Text)
	if name == "" {
		guess, err := guessText(in)
		if err != nil {
			return nil, err
		}
		name = guess
	}
	s := &scope{in: in}
	if f, ok := s.lookup(name); ok {
		return t.plain(f, true)
	}
	if _, bad := parse(t.code); bad != nil && (t.code.IsZero() || columnLike(name)) {
		if in.Open {
			return t.plain(unknownField(name), false)
		}
		return nil, UnknownColumn(in, name).At(t.code.At)
	}
	columns, err := check(t.code, s, reflect.String)
	if err != nil {
		return nil, err
	}
	tree, err := parse(t.code)
	if err != nil {
		return nil, err
	}
	if _, err := s.bind(tree); err != nil {
		return nil, err
	}
	if r, ok := tree.refs[tree.parsed.Node]; ok && len(r.rest) == 0 {
		return t.plain(r.column.field, s.known(r.column.field.Name))
	}
	if parts, ok := joinOf(tree); ok {
		return &join{parts: parts, columns: columns}, nil
	}
	p, err := compile(t.code, s, reflect.String)
	if err != nil {
		return nil, err
	}
	return &computed{program: p}, nil
}

// plain is a column that is the text by itself. A field that the schema does not know is asked for as a text, so that
// values of other types are null; so is one of mixed values, whose other values are faults.
func (t *Text) plain(f arrow.Field, known bool) (maker, error) {
	if !known || pipeline.MayHoldText(f) {
		f.Metadata = arrow.Metadata{}
	}
	if pipeline.IsJSONText(f) || !isText(f.Type) && f.Type.ID() != arrow.LARGE_STRING {
		return nil, fault.New(fault.ColumnsType, "the column %q holds %s, and a text is needed", f.Name, typeName(f)).At(t.code.At)
	}
	return plain{f}, nil
}

// guessText is the column "text", or else the only column of text that does not hold numbers.
func guessText(in *pipeline.Layout) (string, error) {
	var found []string
	for _, f := range in.Schema.Fields() {
		if !isText(f.Type) || !pipeline.MayHoldText(f) {
			continue
		}
		if f.Name == "text" {
			return f.Name, nil
		}
		if !pipeline.IsNumberText(f) {
			found = append(found, f.Name)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case in.Open && len(found) == 0:
		return "text", nil
	case len(found) == 0:
		return "", fault.New(fault.ColumnsRequired, "the input has no column of text; its columns are %s", strings.Join(in.Names(), ", "))
	default:
		return "", fault.New(fault.ColumnsRequired, "there is no column \"text\", and several hold texts: %s", strings.Join(found, ", "))
	}
}

// Process adds the column _text.
func (t *Text) Process(_ context.Context, b *pipeline.Batch) error {
	if b.Len() == 0 {
		return nil
	}
	col, err := t.make.texts(t, b)
	if err != nil {
		return err
	}
	defer col.Release()
	old := b.Record
	n := int(old.NumCols())
	if f := old.Schema().Field(n - 1); f.Name == pipeline.ColText {
		n-- // the stage is tried again
	}
	columns := make([]arrow.Array, 0, n+1)
	columns = append(append(columns, old.Columns()[:n]...), col)
	b.Record = array.NewRecordBatch(t.extended(old.Schema(), n, col.DataType()), columns, old.NumRows())
	old.Release()
	return nil
}

// extended is a batch's schema with _text as its last column.
func (t *Text) extended(from *arrow.Schema, n int, text arrow.DataType) *arrow.Schema {
	if s := t.schema.Load(); s != nil && s.from == from && arrow.TypeEqual(s.to.Field(n).Type, text) {
		return s.to
	}
	fields := append(from.Fields()[:n:n], arrow.Field{Name: pipeline.ColText, Type: text, Nullable: true})
	meta := from.Metadata()
	to := arrow.NewSchema(fields, &meta)
	t.schema.Store(&textSchema{from, to})
	return to
}

// missing kills a live row that has no text.
func (t *Text) missing(b *pipeline.Batch, row int, field string) {
	err := fault.New(fault.RecordTextMissing, "the record has no text: %q is missing or null", field)
	err.Where.Field = field
	kill(b, t.in, row, err)
}

var _ pipeline.Stage = (*Text)(nil)
