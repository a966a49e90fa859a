package encode

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/winnow-stream/winnow/pipeline"
)

// column writes the values of one Arrow array. The caller handles nulls: their rows never reach it. Methods append and
// return the extended buffer; they allocate nothing for common types.
type column interface {
	// json appends a value as JSON.
	json(dst []byte, row int) []byte
	// text appends it as bare text: a string without quotes, nested values as JSON.
	text(dst []byte, row int) []byte
	// isText reports whether values are text rather than numbers and the like: what could hold a formula.
	isText() bool
}

// newColumn returns the writer of an array. In results 32-bit floats are probabilities and written with 4 decimals.
func newColumn(f arrow.Field, a arrow.Array, result bool) column {
	if pipeline.IsJSONText(f) {
		if s, ok := a.(stringer); ok {
			return jsonTexts{s}
		}
	}
	if c := newNumbers(a, result); c != nil {
		return c
	}
	if c := newTimes(a); c != nil {
		return c
	}
	switch a := a.(type) {
	case *array.Dictionary:
		return newDictionary(f, a, result)
	case *array.Null:
		return nulls{}
	case array.ExtensionArray:
		return newColumn(arrow.Field{Type: a.Storage().DataType()}, a.Storage(), result)
	case stringer:
		if a.DataType().ID() == arrow.STRING || a.DataType().ID() == arrow.LARGE_STRING || a.DataType().ID() == arrow.STRING_VIEW {
			return texts{a}
		}
	case bytesValuer:
		return binaries{a}
	case *array.Struct:
		return newStructs(a, result)
	case *array.Map:
		return newMaps(a, result)
	case array.ListLike:
		return lists{a, a.ListValues(), newColumn(elem(a), a.ListValues(), result)}
	}
	return others{a}
}

func elem(a arrow.Array) arrow.Field {
	if t, ok := a.DataType().(arrow.ListLikeType); ok {
		return t.ElemField()
	}
	return arrow.Field{}
}

type nulls struct{}

func (nulls) json(dst []byte, _ int) []byte { return append(dst, "null"...) }
func (nulls) text(dst []byte, _ int) []byte { return dst }
func (nulls) isText() bool                  { return false }

// others are types without a writer of their own: Arrow's text of them.
type others struct{ a arrow.Array }

func (c others) json(dst []byte, row int) []byte { return appendJSONString(dst, c.a.ValueStr(row)) }
func (c others) text(dst []byte, row int) []byte { return append(dst, c.a.ValueStr(row)...) }
func (c others) isText() bool                    { return true }
