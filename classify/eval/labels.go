package eval

import (
	"slices"
	"strings"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// labelIndex finds labels by name. Names that a reader would take for the same are the same (classify.FoldName). An open
// index takes in names that it does not know.
type labelIndex struct {
	names []string
	index map[string]int32
	open  bool
}

func newLabelIndex(names []string) *labelIndex {
	x := &labelIndex{names: slices.Clone(names), index: make(map[string]int32, 2*len(names)), open: len(names) == 0}
	for i, n := range names {
		x.index[classify.FoldName(n)] = int32(i)
	}
	for i, n := range names {
		x.index[n] = int32(i)
	}
	return x
}

// find returns the label of a name; None where it is unknown.
func (x *labelIndex) find(name string) (int32, error) {
	if i, ok := x.index[name]; ok { // most names are written as the label is
		return i, nil
	}
	folded := classify.FoldName(name)
	i, ok := x.index[folded]
	switch {
	case !ok && !x.open:
		return None, nil
	case !ok && len(name) > maxName:
		return None, fault.New(fault.EvalLabels, "a label has %d bytes, which no label has; it begins with %q", len(name), cut(name, 60))
	case !ok && len(x.names) == MaxLabels:
		return None, fault.New(fault.EvalLabels, "there are more than %d different labels; one of them is %q", MaxLabels, cut(name, 60))
	case !ok:
		i = int32(len(x.names))
		x.names = append(x.names, strings.Clone(name))
		x.index[folded] = i
	}
	if len(x.index) < maxSpellings {
		x.index[strings.Clone(name)] = i
	}
	return i, nil
}

// order is that of the labels in a report: as they were named, or by name.
func (x *labelIndex) order() []int32 {
	order := make([]int32, len(x.names))
	for i := range order {
		order[i] = int32(i)
	}
	if x.open {
		slices.SortFunc(order, func(a, b int32) int { return strings.Compare(x.names[a], x.names[b]) })
	}
	return order
}
