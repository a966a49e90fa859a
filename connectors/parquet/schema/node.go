package schema

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/parquet-go/parquet-go/format"
)

// KeyLogical is the key in a field's metadata for Parquet's logical type where Arrow's does not tell: JSON, ENUM, BSON,
// UUID, INTERVAL.
const KeyLogical = "parquet.logical"

// KeyJSON marks utf8 fields whose values are JSON texts, as pipeline.Layout has it.
const KeyJSON = "json"

// Kind is what a node is made of.
type Kind uint8

const (
	Leaf   Kind = iota // a column of values
	Struct             // of its children
	List               // of its one child
	Map                // of its child, a struct of key and value
)

// Node is a field of the Arrow schema and what it is in Parquet.
//
// Levels: an entry of a leaf below the node stands for a slot of the node where its definition level is at least
// SlotDef and its repetition level at most Rep. The slot is not null where its definition level is at least Def. For
// lists, it holds an element where the definition level is at least ElemDef, and an entry continues the list before it
// where its repetition level is ElemRep.
type Node struct {
	Field    arrow.Field
	Kind     Kind
	Children []*Node

	Def, Rep, SlotDef byte
	ElemDef, ElemRep  byte

	Leaf *Column // of kind Leaf
}

// Column is a leaf as the file stores it.
type Column struct {
	Index      int      // among the file's columns
	Path       []string // names from the root, Parquet's own intermediate groups included
	Physical   format.Type
	Width      int // bytes of a FIXED_LEN_BYTE_ARRAY
	MaxDef     byte
	MaxRep     byte
	SlotDef    byte // definition level from which on an entry stands for a slot
	Conversion Conversion
	Type       arrow.DataType
}

// Conversion says how a physical value becomes an Arrow value.
type Conversion uint8

const (
	Same    Conversion = iota // the same bytes
	Narrow                    // the low bytes of a 32-bit integer
	Decimal                   // an integer, or big-endian bytes, to Arrow's 16 or 32 bytes
	Int96                     // a Julian day and nanoseconds to nanoseconds since 1970
	Bool                      // a bit
	Bytes                     // a byte array: utf8 or binary
	Null                      // always null
)

// Leaves appends the leaves below the node, in the order of the file.
func (n *Node) Leaves(to []*Column) []*Column {
	if n.Kind == Leaf {
		return append(to, n.Leaf)
	}
	for _, c := range n.Children {
		to = c.Leaves(to)
	}
	return to
}

// Tree is a whole schema.
type Tree struct {
	Fields  []*Node
	Columns []*Column // all leaves by index
}

// Schema returns the tree's Arrow schema.
func (t *Tree) Schema(metadata *arrow.Metadata) *arrow.Schema {
	fields := make([]arrow.Field, len(t.Fields))
	for i, n := range t.Fields {
		fields[i] = n.Field
	}
	return arrow.NewSchema(fields, metadata)
}
