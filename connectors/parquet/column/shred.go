package column

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/winnow-stream/winnow/connectors/parquet/schema"
)

// appendNested takes rows apart into the levels and values of the column.
func (e *Encoder) appendNested(arr arrow.Array, rows []int32) error {
	s := shredder{e: e}
	e.slots = e.slots[:0]
	n := arr.Len()
	if rows != nil {
		n = len(rows)
	}
	for i := range n {
		row := i
		if rows != nil {
			row = int(rows[i])
		}
		s.walk(e.path, arr, row, 0)
	}
	e.rows += n
	if s.err != nil || s.leaf == nil {
		return s.err
	}
	return e.values(s.leaf, e.slots, len(e.slots))
}

type shredder struct {
	e    *Encoder
	leaf arrow.Array // the column's values; the same for all rows of an array
	err  error
}

func (s *shredder) entry(rep, def byte) {
	e := s.e
	e.defs = append(e.defs, def)
	if e.col.MaxRep > 0 {
		e.reps = append(e.reps, rep)
	}
	if def < e.col.MaxDef {
		e.nulls++
	}
}

// walk goes down the path at slot i of its first node's array. Rep is the repetition level of the next entry.
func (s *shredder) walk(path []*schema.Node, arr arrow.Array, i int, rep byte) {
	n := path[0]
	if arr.IsNull(i) {
		if n.Def == n.SlotDef || !n.Field.Nullable && n.Kind != schema.Leaf {
			s.err = s.e.errNull()
			return
		}
		s.entry(rep, n.Def-1)
		return
	}
	switch n.Kind {
	case schema.Leaf:
		s.leaf = arr
		s.e.slots = append(s.e.slots, int32(i))
		s.entry(rep, n.Def)
	case schema.Struct:
		st, ok := arr.(*array.Struct)
		if !ok {
			s.err = fmt.Errorf("a struct came as %s", arr.DataType())
			return
		}
		for j, c := range n.Children {
			if c == path[1] {
				s.walk(path[1:], st.Field(j), i, rep)
			}
		}
	case schema.List, schema.Map:
		list, ok := arr.(array.ListLike)
		if !ok {
			s.err = fmt.Errorf("a list came as %s", arr.DataType())
			return
		}
		from, to := list.ValueOffsets(i)
		if from == to {
			s.entry(rep, n.Def)
			return
		}
		for k := from; k < to && s.err == nil; k++ {
			s.walk(path[1:], list.ListValues(), int(k), rep)
			rep = n.ElemRep
		}
	}
}
