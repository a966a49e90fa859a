package encode

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// lists are JSON arrays.
type lists struct {
	a      array.ListLike
	values arrow.Array
	column column
}

func (c lists) json(dst []byte, row int) []byte {
	from, to := c.a.ValueOffsets(row)
	dst = append(dst, '[')
	for i := from; i < to; i++ {
		if i > from {
			dst = append(dst, ',')
		}
		dst = appendValue(dst, c.values, c.column, int(i))
	}
	return append(dst, ']')
}
func (c lists) text(dst []byte, row int) []byte { return c.json(dst, row) }
func (c lists) isText() bool                    { return false }

func appendValue(dst []byte, values arrow.Array, c column, row int) []byte {
	if values.IsNull(row) {
		return append(dst, "null"...)
	}
	return c.json(dst, row)
}

// structs are JSON objects.
type structs []field

func newStructs(a *array.Struct, result bool) column {
	t := a.DataType().(*arrow.StructType)
	c := make(structs, a.NumField())
	for i := range c {
		c[i] = newField(t.Field(i), a.Field(i), !result)
	}
	return c
}

func (c structs) json(dst []byte, row int) []byte {
	dst = append(dst, '{')
	for i := range c {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, c[i].key...)
		dst = appendValue(dst, c[i].values, c[i].column, row)
	}
	return append(dst, '}')
}
func (c structs) text(dst []byte, row int) []byte { return c.json(dst, row) }
func (c structs) isText() bool                    { return false }

// maps are JSON objects whose keys are the map's keys as text.
type maps struct {
	a           *array.Map
	keys, items column
}

func newMaps(a *array.Map, result bool) column {
	t := a.DataType().(*arrow.MapType)
	return maps{a, newColumn(t.KeyField(), a.Keys(), result), newColumn(t.ItemField(), a.Items(), result)}
}

func (c maps) json(dst []byte, row int) []byte {
	from, to := c.a.ValueOffsets(row)
	dst = append(dst, '{')
	for i := int(from); i < int(to); i++ {
		if i > int(from) {
			dst = append(dst, ',')
		}
		if _, ok := c.keys.(texts); ok {
			dst = c.keys.json(dst, i)
		} else {
			dst = appendJSONString(dst, string(c.keys.text(nil, i)))
		}
		dst = append(dst, ':')
		dst = appendValue(dst, c.a.Items(), c.items, i)
	}
	return append(dst, '}')
}
func (c maps) text(dst []byte, row int) []byte { return c.json(dst, row) }
func (c maps) isText() bool                    { return false }
