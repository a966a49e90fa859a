package pipeline

import (
	"encoding/json"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/winnow-stream/winnow/classify"
)

// LabelNames appends the labels that a row of an input's own column holds: a string, a list of strings, or such a list as
// JSON text; dictionaries count as what they stand for, numbers as their digits. ok is false where the row has no value:
// null, absent or an empty text. A list without elements is a value without labels.
func LabelNames(col arrow.Array, row int, into []string) (names []string, ok bool) {
	if col == nil || col.IsNull(row) {
		return into, false
	}
	if list, isList := col.(*array.List); isList {
		start, end := list.ValueOffsets(row)
		return stringsIn(list.ListValues(), int(start), int(end), into), true
	}
	s := stringAt(col, row)
	switch {
	case s == "" || s == "null":
		return into, false
	case s[0] == '[':
		var list []string
		if json.Unmarshal([]byte(s), &list) == nil {
			return append(into, list...), true
		}
	case s[0] == '"': // JSON text of a string
		var name string
		if json.Unmarshal([]byte(s), &name) == nil {
			s = name
		}
	}
	if strings.TrimSpace(s) == "" {
		return into, false
	}
	return append(into, s), true
}

func stringsIn(values arrow.Array, start, end int, into []string) []string {
	for i := start; i < end; i++ {
		if values.IsValid(i) {
			into = append(into, stringAt(values, i))
		}
	}
	return into
}

func stringAt(col arrow.Array, row int) string {
	switch c := col.(type) {
	case *array.String:
		return c.Value(row)
	case *array.Dictionary:
		return stringAt(c.Dictionary(), c.GetValueIndex(row))
	default:
		return c.ValueStr(row)
	}
}

// goldColumn compares labels with a batch's gold labels.
type goldColumn struct {
	col   arrow.Array
	index map[string]int32
	names []string // of the row at hand
}

// compare returns a row's gold label (-1: outside of the set) and whether the label given is right; ok is false for
// rows without a gold label. Of several gold labels it is the label itself if it is among them, else the first.
func (g *goldColumn) compare(row int, label int32) (gold int32, correct, ok bool) {
	g.names, ok = LabelNames(g.col, row, g.names[:0])
	if !ok || len(g.names) == 0 {
		return 0, false, false
	}
	gold = g.lookup(g.names[0])
	for _, n := range g.names {
		if i := g.lookup(n); i >= 0 && i == label {
			return i, true, true
		}
	}
	return gold, false, true
}

func (g *goldColumn) lookup(name string) int32 {
	if i, ok := g.index[name]; ok { // most gold labels are written as the label is
		return i
	}
	if i, ok := g.index[classify.FoldName(name)]; ok {
		return i
	}
	return -1
}
