package jsonl

import (
	"slices"
	"strings"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Plan is a projection made ready: which fields of a record go into which column. It is immutable and safe for
// concurrent use.
type Plan struct {
	want   pipeline.Projection
	kinds  []columnKind
	root   *node
	nodes  int
	schema *arrow.Schema // of decoded batches
	pool   sync.Pool     // of *decoder
}

// columnKind is what a column takes.
type columnKind uint8

const (
	anyText    columnKind = iota // strings; everything else is null
	strictText                   // strings and null; everything else is record.type
	jsonText                     // any value as its JSON text
	ints
	floats
	bools
)

// node is a field on the way to a wanted one.
type node struct {
	id       int
	name     string
	column   int  // index into Projection.Columns; -1: not wanted itself
	known    bool // to the schema: whoever takes its columns has it, and needs it not among the others
	reserved bool
	kids     []*node
	byName   map[string]*node // nil for a few kids
}

// fewKids is up to how many fields are compared one by one.
const fewKids = 8

// NewPlan compiles a projection. Schema is the layout's, nil where there is none: a column that is utf8 in both takes
// strings and null alone, a utf8 column that the schema does not know so takes whatever is a string.
func NewPlan(want pipeline.Projection, schema *arrow.Schema) (*Plan, error) {
	p := &Plan{want: want, root: &node{column: -1}, nodes: 1}
	out := []arrow.Field{{Name: pipeline.ColOffset, Type: arrow.PrimitiveTypes.Int64}}
	if want.Raw {
		out = append(out, arrow.Field{Name: pipeline.ColRaw, Type: arrow.BinaryTypes.Binary, Nullable: true})
	}
	for i, f := range want.Columns {
		known, inSchema := fieldOf(schema, f.Name)
		kind, ok := kindOf(f, known, inSchema)
		if !ok {
			return nil, fault.New(fault.ColumnsType, "a JSON field can't be read as a column of type %s", f.Type).
				At(fault.Where{Field: f.Name})
		}
		p.kinds = append(p.kinds, kind)
		path := []string{f.Name}
		if !inSchema {
			path = strings.Split(f.Name, ".")
		}
		n := p.add(path)
		n.column, n.known = i, inSchema
		f.Nullable = true
		out = append(out, f)
	}
	for _, name := range want.Reserved {
		p.add([]string{name}).reserved = true
	}
	if want.Extra {
		out = append(out, arrow.Field{Name: pipeline.ColExtra, Type: arrow.BinaryTypes.String, Nullable: true})
	}
	p.schema = arrow.NewSchema(out, nil)
	p.pool.New = func() any { return new(decoder) }
	return p, nil
}

// Serves reports whether the plan was made for this projection.
func (p *Plan) Serves(want pipeline.Projection) bool {
	return p.want.Raw == want.Raw && p.want.Extra == want.Extra && slices.Equal(p.want.Reserved, want.Reserved) &&
		slices.EqualFunc(p.want.Columns, want.Columns, func(a, b arrow.Field) bool {
			return a.Name == b.Name && a.Type.ID() == b.Type.ID() && pipeline.IsJSONText(a) == pipeline.IsJSONText(b)
		})
}

func fieldOf(schema *arrow.Schema, name string) (arrow.Field, bool) {
	if schema != nil {
		if at := schema.FieldIndices(name); len(at) > 0 {
			return schema.Field(at[0]), true
		}
	}
	return arrow.Field{}, false
}

func kindOf(f, known arrow.Field, inSchema bool) (columnKind, bool) {
	switch f.Type.ID() {
	case arrow.INT64:
		return ints, true
	case arrow.FLOAT64:
		return floats, true
	case arrow.BOOL:
		return bools, true
	case arrow.STRING:
		if pipeline.IsJSONText(f) {
			return jsonText, true
		}
		if inSchema && known.Type.ID() == arrow.STRING {
			return strictText, true
		}
		return anyText, true
	default:
		return 0, false
	}
}

// add returns the node at a path below the root, making what is missing.
func (p *Plan) add(path []string) *node {
	n := p.root
	for _, name := range path {
		at := slices.IndexFunc(n.kids, func(k *node) bool { return k.name == name })
		if at < 0 {
			at = len(n.kids)
			n.kids = append(n.kids, &node{id: p.nodes, name: name, column: -1})
			p.nodes++
			if len(n.kids) > fewKids {
				n.index()
			}
		}
		n = n.kids[at]
	}
	return n
}

func (n *node) index() {
	if n.byName == nil {
		n.byName = map[string]*node{}
	}
	for _, k := range n.kids {
		n.byName[k.name] = k
	}
}

// find returns the kid of a name, or nil. Records mostly have their fields in one order, so the search begins at the
// kid after the last one found, which *next remembers.
func (n *node) find(name []byte, next *int) *node {
	if *next < len(n.kids) && n.kids[*next].name == string(name) {
		*next++
		return n.kids[*next-1]
	}
	if n.byName != nil {
		return n.byName[string(name)]
	}
	for i, k := range n.kids {
		if k.name == string(name) {
			*next = i + 1
			return k
		}
	}
	return nil
}
