package column

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/connectors/parquet/page"
	"github.com/winnow-stream/winnow/connectors/parquet/schema"
)

// Assemble builds the array of a node from its leaves' values, which come in the order of schema.Node.Leaves. It takes
// over the leaves' arrays. Rows counts the rows. Levels that contradict each other are an error.
func Assemble(n *schema.Node, rows int, leaves []Values, alloc memory.Allocator) (arrow.Array, error) {
	if rest, ok := agree(n, leaves, rows); !ok || len(rest) > 0 {
		for _, l := range leaves {
			l.Array.Release()
		}
		return nil, page.Corrupt("the levels of the columns below %q contradict each other", n.Field.Name)
	}
	a := assembler{leaves: leaves, alloc: alloc}
	return a.node(n, rows), nil
}

// agree tells whether each node has as many slots as its parent has places for them, and returns the leaves that
// follow the node's.
func agree(n *schema.Node, leaves []Values, slots int) (rest []Values, ok bool) {
	first := &leaves[0]
	switch n.Kind {
	case schema.Struct:
		have := 0
		for i := range first.Defs {
			if stands(n, first, i) {
				have++
			}
		}
		ok = have == slots
	case schema.List, schema.Map:
		have, elems := 0, 0
		for i, d := range first.Defs {
			if r := first.Reps[i]; d >= n.SlotDef && r <= n.ElemRep {
				if r < n.ElemRep {
					have++
				}
				if d >= n.ElemDef {
					elems++
				}
				if have == 0 {
					return nil, false
				}
			}
		}
		ok, slots = have == slots, elems
	default:
		return leaves[1:], first.Array.Len() == slots
	}
	for _, c := range n.Children {
		if !ok {
			return nil, false
		}
		leaves, ok = agree(c, leaves, slots)
	}
	return leaves, ok
}

type assembler struct {
	leaves []Values
	alloc  memory.Allocator
}

// node builds the next node's array and takes its leaves off the list.
func (a *assembler) node(n *schema.Node, slots int) arrow.Array {
	first := a.leaves[0]
	switch n.Kind {
	case schema.Struct:
		return a.structure(n, first, slots)
	case schema.List, schema.Map:
		return a.list(n, first, slots)
	default:
		a.leaves = a.leaves[1:]
		return first.Array
	}
}

// stands tells whether an entry stands for a slot of the node.
func stands(n *schema.Node, v *Values, i int) bool {
	return v.Defs[i] >= n.SlotDef && (v.Reps == nil || v.Reps[i] <= n.Rep)
}

func (a *assembler) structure(n *schema.Node, first Values, slots int) arrow.Array {
	var valid *memory.Buffer
	nulls := 0
	if n.Def > n.SlotDef {
		valid = memory.NewResizableBuffer(a.alloc)
		valid.Resize(bitutil.CeilByte(slots) / 8)
		clear(valid.Bytes())
		slot := 0
		for i := range first.Defs {
			if !stands(n, &first, i) {
				continue
			}
			if first.Defs[i] >= n.Def {
				bitutil.SetBit(valid.Bytes(), slot)
			} else {
				nulls++
			}
			slot++
		}
	}
	children := make([]arrow.ArrayData, len(n.Children))
	for i, c := range n.Children {
		arr := a.node(c, slots)
		defer arr.Release()
		children[i] = arr.Data()
	}
	return a.build(n.Field.Type, slots, []*memory.Buffer{valid}, children, nulls)
}

func (a *assembler) list(n *schema.Node, first Values, slots int) arrow.Array {
	offs := memory.NewResizableBuffer(a.alloc)
	offs.Resize(4 * (slots + 1))
	offsets := arrow.Int32Traits.CastFromBytes(offs.Bytes())
	valid := memory.NewResizableBuffer(a.alloc)
	valid.Resize(bitutil.CeilByte(slots) / 8)
	clear(valid.Bytes())
	slot, elems, nulls := -1, int32(0), 0
	for i, d := range first.Defs {
		r := first.Reps[i]
		if d < n.SlotDef || r > n.ElemRep {
			continue
		}
		if r < n.ElemRep {
			slot++
			offsets[slot] = elems
			if d >= n.Def {
				bitutil.SetBit(valid.Bytes(), slot)
			} else {
				nulls++
			}
		}
		if d >= n.ElemDef {
			elems++
		}
	}
	offsets[slots] = elems
	child := a.node(n.Children[0], int(elems))
	defer child.Release()
	return a.build(n.Field.Type, slots, []*memory.Buffer{valid, offs}, []arrow.ArrayData{child.Data()}, nulls)
}

func (a *assembler) build(t arrow.DataType, n int, buffers []*memory.Buffer, children []arrow.ArrayData, nulls int) arrow.Array {
	if nulls == 0 && buffers[0] != nil {
		buffers[0].Release()
		buffers[0] = nil
	}
	data := array.NewData(t, n, buffers, children, nulls, 0)
	defer data.Release()
	for _, b := range buffers {
		if b != nil {
			b.Release()
		}
	}
	return array.MakeFromData(data)
}

// RowOf returns the row in which a leaf's slot lies.
func (v *Values) RowOf(col *schema.Column, slot int) int {
	if v.Reps == nil {
		return slot
	}
	row, s := -1, -1
	for i, r := range v.Reps {
		if r == 0 {
			row++
		}
		if v.Defs[i] >= col.SlotDef {
			s++
		}
		if s == slot {
			break
		}
	}
	return row
}
