package schema

import (
	"fmt"
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"

	"github.com/winnow-stream/winnow/connectors/parquet/page"
)

// maxLevel bounds how deep a schema nests, so that levels fit a byte with room.
const maxLevel = 100

// MaxColumns is the largest number of leaves. Wide tables of machine learning have some thousands.
const MaxColumns = 20_000

// Parse builds the tree of a file's schema, which comes as a list in depth-first order.
func Parse(elements []format.SchemaElement) (*Tree, error) {
	if len(elements) == 0 {
		return nil, page.Corrupt("its schema is empty")
	}
	p := parser{elements: elements[1:], tree: &Tree{}}
	n, err := children(&elements[0])
	if err != nil {
		return nil, err
	}
	for range n {
		node, err := p.node(levels{})
		if err != nil {
			return nil, err
		}
		p.tree.Fields = append(p.tree.Fields, node)
	}
	if len(p.elements) > 0 {
		return nil, page.Corrupt("its schema has %d elements too many", len(p.elements))
	}
	return p.tree, nil
}

// levels are where a node stands.
type levels struct {
	def, rep, slot byte
	path           []string
}

func (l levels) below(name string) levels {
	l.path = append(l.path[:len(l.path):len(l.path)], name)
	return l
}

type parser struct {
	elements []format.SchemaElement
	tree     *Tree
}

func (p *parser) next() (*format.SchemaElement, error) {
	if len(p.elements) == 0 {
		return nil, page.Corrupt("its schema ends too early")
	}
	e := &p.elements[0]
	p.elements = p.elements[1:]
	return e, nil
}

func (p *parser) peek() *format.SchemaElement {
	if len(p.elements) == 0 {
		return &format.SchemaElement{}
	}
	return &p.elements[0]
}

func children(e *format.SchemaElement) (int, error) {
	n, ok := e.NumChildren.Get()
	if !ok || e.Type.Valid {
		return 0, nil
	}
	if n < 0 || n > MaxColumns {
		return 0, page.Corrupt("its schema says that %q has %d fields", e.Name, n)
	}
	return int(n), nil
}

// node parses one field, of whatever repetition.
func (p *parser) node(at levels) (*Node, error) {
	e, err := p.next()
	if err != nil {
		return nil, err
	}
	if len(at.path) > maxLevel {
		return nil, &page.Unsupported{Feature: fmt.Sprintf("nesting deeper than %d", maxLevel)}
	}
	rep, ok := e.RepetitionType.Get()
	if !ok || rep < format.Required || rep > format.Repeated {
		return nil, page.Corrupt("its schema has no repetition for %q", e.Name)
	}
	at = at.below(e.Name)
	if rep == format.Repeated { // a list without annotation: not null, its elements not null
		list := &Node{Kind: List, Def: at.def, Rep: at.rep, SlotDef: at.slot}
		at.def++
		at.rep++
		at.slot = at.def
		list.ElemDef, list.ElemRep = at.def, at.rep
		elem, err := p.content(e, at, false)
		if err != nil {
			return nil, err
		}
		list.Children = []*Node{elem}
		list.Field = arrow.Field{Name: e.Name, Type: arrow.ListOfField(named(elem.Field, "element"))}
		return list, nil
	}
	if rep == format.Optional {
		at.def++
	}
	return p.content(e, at, rep == format.Optional)
}

func named(f arrow.Field, name string) arrow.Field {
	f.Name = name
	return f
}

// content parses what lies below an element that has been counted into the levels.
func (p *parser) content(e *format.SchemaElement, at levels, nullable bool) (*Node, error) {
	n, err := children(e)
	if err != nil {
		return nil, err
	}
	if e.Type.Valid {
		return p.leaf(e, at, nullable)
	}
	if n == 0 {
		return nil, &page.Unsupported{Feature: fmt.Sprintf("the group %q without fields", e.Name)}
	}
	node := &Node{Def: at.def, Rep: at.rep, SlotDef: at.slot}
	switch {
	case isList(e) && n == 1 && repeated(p.peek()):
		err = p.list(node, at)
	case isMap(e) && n == 1 && repeated(p.peek()) && isPair(p.peek()):
		err = p.mapping(node, at)
	default:
		err = p.group(node, at, n)
	}
	if err != nil {
		return nil, err
	}
	node.Field.Name, node.Field.Nullable = e.Name, nullable
	return node, nil
}

func repeated(e *format.SchemaElement) bool {
	return e.RepetitionType.Valid && e.RepetitionType.V == format.Repeated
}

func isList(e *format.SchemaElement) bool {
	_, ok := e.LogicalType.Value.(*format.ListType)
	return ok || e.ConvertedType.Valid && e.ConvertedType.V == deprecated.List
}

func isMap(e *format.SchemaElement) bool {
	_, ok := e.LogicalType.Value.(*format.MapType)
	return ok || e.ConvertedType.Valid && (e.ConvertedType.V == deprecated.Map || e.ConvertedType.V == deprecated.MapKeyValue)
}

func isPair(e *format.SchemaElement) bool { return e.NumChildren.Valid && e.NumChildren.V == 2 }

func (p *parser) group(node *Node, at levels, n int) error {
	node.Kind = Struct
	fields := make([]arrow.Field, 0, min(n, 64))
	for range n {
		c, err := p.node(at)
		if err != nil {
			return err
		}
		node.Children = append(node.Children, c)
		fields = append(fields, c.Field)
	}
	node.Field.Type = arrow.StructOf(fields...)
	return nil
}

// list parses the repeated element of a LIST group: the three-level form, or the older ones with two levels
// (parquet-format, LogicalTypes.md, "backward-compatibility rules").
func (p *parser) list(node *Node, at levels) error {
	e, err := p.next()
	if err != nil {
		return err
	}
	parent := at.path[len(at.path)-1]
	at = at.below(e.Name)
	at.def++
	at.rep++
	at.slot = at.def
	node.Kind, node.ElemDef, node.ElemRep = List, at.def, at.rep
	n, err := children(e)
	if err != nil {
		return err
	}
	var elem *Node
	if n == 1 && !e.Type.Valid && e.Name != "array" && e.Name != parent+"_tuple" && !repeated(p.peek()) {
		elem, err = p.node(at)
	} else {
		elem, err = p.content(e, at, false)
	}
	if err != nil {
		return err
	}
	node.Children = []*Node{elem}
	node.Field.Type = arrow.ListOfField(elem.Field)
	return nil
}

func (p *parser) mapping(node *Node, at levels) error {
	e, err := p.next()
	if err != nil {
		return err
	}
	at = at.below(e.Name)
	at.def++
	at.rep++
	at.slot = at.def
	node.Kind, node.ElemDef, node.ElemRep = Map, at.def, at.rep
	pair := &Node{Def: at.def, Rep: at.rep, SlotDef: at.slot}
	if err := p.group(pair, at, 2); err != nil {
		return err
	}
	pair.Field.Name = e.Name
	key, value := pair.Children[0].Field, pair.Children[1].Field
	key.Nullable = false // Arrow's rule; a file that breaks it has null keys, which read as empty values
	m := arrow.MapOfFields(key, value)
	pair.Children[0].Field, pair.Children[1].Field = m.KeyField(), m.ItemField()
	pair.Field.Type = m.Elem()
	node.Children = []*Node{pair}
	node.Field.Type = m
	return nil
}

func (p *parser) leaf(e *format.SchemaElement, at levels, nullable bool) (*Node, error) {
	if len(p.tree.Columns) == MaxColumns {
		return nil, &page.Unsupported{Feature: fmt.Sprintf("a schema of more than %d columns", MaxColumns)}
	}
	c := &Column{
		Index: len(p.tree.Columns), Path: at.path, Physical: e.Type.V, MaxDef: at.def, MaxRep: at.rep, SlotDef: at.slot,
	}
	if e.Type.V == format.FixedLenByteArray {
		if e.TypeLength.V <= 0 || e.TypeLength.V > math.MaxUint16 {
			return nil, page.Corrupt("its schema gives %q a width of %d bytes", e.Name, e.TypeLength.V)
		}
		c.Width = int(e.TypeLength.V)
	}
	metadata, err := c.setType(e)
	if err != nil {
		return nil, err
	}
	p.tree.Columns = append(p.tree.Columns, c)
	return &Node{
		Kind: Leaf, Leaf: c, Def: at.def, Rep: at.rep, SlotDef: at.slot,
		Field: arrow.Field{Name: e.Name, Type: c.Type, Nullable: nullable, Metadata: metadata},
	}, nil
}
