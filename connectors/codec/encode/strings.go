package encode

import (
	"encoding/base64"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// stringer is an array of strings: String, LargeString, StringView.
type stringer interface {
	arrow.Array
	Value(row int) string
}

// bytesValuer is an array of bytes: Binary, LargeBinary, BinaryView, FixedSizeBinary.
type bytesValuer interface {
	arrow.Array
	Value(row int) []byte
}

// texts are strings. Bytes that are not UTF-8 come out as U+FFFD in JSON.
type texts struct{ a stringer }

func (c texts) json(dst []byte, row int) []byte { return appendJSONString(dst, c.a.Value(row)) }
func (c texts) text(dst []byte, row int) []byte { return append(dst, c.a.Value(row)...) }
func (c texts) isText() bool                    { return true }

// jsonTexts are strings that are JSON already.
type jsonTexts struct{ a stringer }

func (c jsonTexts) json(dst []byte, row int) []byte { return append(dst, c.a.Value(row)...) }
func (c jsonTexts) text(dst []byte, row int) []byte { return append(dst, c.a.Value(row)...) }
func (c jsonTexts) isText() bool                    { return true }

// binaries are bytes: base64.
type binaries struct{ a bytesValuer }

func (c binaries) json(dst []byte, row int) []byte { return append(c.text(append(dst, '"'), row), '"') }
func (c binaries) isText() bool                    { return false }
func (c binaries) text(dst []byte, row int) []byte {
	return base64.StdEncoding.AppendEncode(dst, c.a.Value(row))
}

// dictionaries write each distinct value once, where there are few of them, and then copy bytes.
type dictionaries struct {
	a      *array.Dictionary
	values column
	dict   arrow.Array
	ready  []byte  // the values as JSON, one after another; nil: written one by one
	ends   []int32 // of each value in ready
}

// fewValues is up to how many values of a dictionary are written ahead, as a share of the rows: 1/4.
const fewValues = 4

func newDictionary(f arrow.Field, a *array.Dictionary, result bool) column {
	f.Type = a.Dictionary().DataType()
	c := &dictionaries{a: a, dict: a.Dictionary(), values: newColumn(f, a.Dictionary(), result)}
	if c.dict.Len() > a.Len()/fewValues {
		return c
	}
	c.ready, c.ends = make([]byte, 0, 32*c.dict.Len()), make([]int32, c.dict.Len())
	for i := range c.ends {
		c.ready = c.direct(c.ready, i)
		c.ends[i] = int32(len(c.ready))
	}
	return c
}

func (c *dictionaries) direct(dst []byte, value int) []byte {
	if c.dict.IsNull(value) {
		return append(dst, "null"...)
	}
	return c.values.json(dst, value)
}

func (c *dictionaries) json(dst []byte, row int) []byte {
	v := c.a.GetValueIndex(row)
	if c.ends == nil {
		return c.direct(dst, v)
	}
	var start int32
	if v > 0 {
		start = c.ends[v-1]
	}
	return append(dst, c.ready[start:c.ends[v]]...)
}

func (c *dictionaries) text(dst []byte, row int) []byte {
	v := c.a.GetValueIndex(row)
	if c.dict.IsNull(v) {
		return dst
	}
	return c.values.text(dst, v)
}

func (c *dictionaries) isText() bool { return c.values.isText() }
