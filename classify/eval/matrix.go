package eval

import (
	"cmp"
	"slices"
)

// None stands for no label: a gold label outside of the set, or no answer.
const None int32 = -1

// Cell counts rows of one gold label that got one answer.
type Cell struct {
	Gold, Predicted int32 // indexes of labels, or None
	Rows            int64
}

// Matrix counts pairs of gold label and answer. Pairs that never occur take no memory.
type Matrix struct {
	cells map[[2]int32]int64
}

// Add counts rows of a pair.
func (m *Matrix) Add(gold, predicted int32, rows int64) {
	if m.cells == nil {
		m.cells = make(map[[2]int32]int64)
	}
	m.cells[[2]int32{gold, predicted}] += rows
}

// Cells lists the pairs that occur in a fixed order.
func (m *Matrix) Cells() []Cell {
	cells := make([]Cell, 0, len(m.cells))
	for pair, rows := range m.cells {
		cells = append(cells, Cell{pair[0], pair[1], rows})
	}
	slices.SortFunc(cells, func(a, b Cell) int {
		return cmp.Or(cmp.Compare(uint32(a.Gold), uint32(b.Gold)), cmp.Compare(uint32(a.Predicted), uint32(b.Predicted))) // None comes last
	})
	return cells
}

// Confusion is a pair of labels that were mixed up. An empty name stands for no label (Predicted) or one outside of the
// set (Gold).
type Confusion struct {
	Gold      string `json:"gold"`
	Predicted string `json:"predicted"`
	Count     int64  `json:"count"`
}

// confusions are the cells off the diagonal, most frequent first; equal ones in the order of the labels.
func confusions(names []string, cells []Cell) []Confusion {
	name := func(i int32) string {
		if i < 0 {
			return ""
		}
		return names[i]
	}
	var out []Confusion
	for _, c := range cells {
		if c.Gold != c.Predicted || c.Gold < 0 {
			out = append(out, Confusion{name(c.Gold), name(c.Predicted), c.Rows})
		}
	}
	slices.SortStableFunc(out, func(a, b Confusion) int { return cmp.Compare(b.Count, a.Count) })
	return out
}
