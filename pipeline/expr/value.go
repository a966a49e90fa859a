package expr

import (
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/expr-lang/expr/types"
	"github.com/tidwall/gjson"

	"github.com/winnow-stream/winnow/pipeline"
)

// natureOf is the type in expressions of a column's values.
func natureOf(f arrow.Field) types.Type {
	if pipeline.IsJSONText(f) {
		return types.Any
	}
	t := f.Type
	if d, ok := t.(*arrow.DictionaryType); ok {
		t = d.ValueType
	}
	switch t.ID() {
	case arrow.STRING, arrow.LARGE_STRING, arrow.BINARY, arrow.LARGE_BINARY:
		return types.String
	case arrow.BOOL:
		return types.Bool
	case arrow.INT8, arrow.INT16, arrow.INT32, arrow.INT64, arrow.UINT8, arrow.UINT16, arrow.UINT32:
		return types.Int
	case arrow.FLOAT32, arrow.FLOAT64, arrow.DECIMAL128, arrow.DECIMAL256:
		return types.Float64
	case arrow.TIMESTAMP, arrow.DATE32, arrow.DATE64:
		return types.TypeOf(time.Time{})
	case arrow.LIST, arrow.LARGE_LIST, arrow.FIXED_SIZE_LIST:
		return types.TypeOf([]any{})
	case arrow.STRUCT, arrow.MAP:
		return types.TypeOf(map[string]any{})
	default:
		return types.Any
	}
}

// reader gives a row's value of a column as expressions see it; nil where it is null.
type reader func(row int) any

// newReader makes a reader of a column of a batch. jsonText tells that the values are JSON texts.
func newReader(col arrow.Array, jsonText bool) reader {
	if jsonText {
		if s, ok := col.(*array.String); ok {
			return nullable(s, func(row int) any { return gjson.Parse(s.Value(row)).Value() })
		}
	}
	if d, ok := col.(*array.Dictionary); ok {
		return dictionaryReader(d)
	}
	switch c := col.(type) {
	case *array.String:
		return nullable(c, func(row int) any { return c.Value(row) })
	case *array.LargeString:
		return nullable(c, func(row int) any { return c.Value(row) })
	case *array.Binary:
		return nullable(c, func(row int) any { return string(c.Value(row)) })
	case *array.LargeBinary:
		return nullable(c, func(row int) any { return string(c.Value(row)) })
	case *array.Boolean:
		return nullable(c, func(row int) any { return c.Value(row) })
	case *array.Int64:
		return nullable(c, func(row int) any { return int(c.Value(row)) })
	case *array.Float64:
		return nullable(c, func(row int) any { return c.Value(row) })
	default:
		return nullable(col, func(row int) any { return valueOf(col, row) })
	}
}

func nullable(col arrow.Array, value reader) reader {
	return func(row int) any {
		if col.IsNull(row) {
			return nil
		}
		return value(row)
	}
}

// dictionaryReader boxes each distinct value once.
func dictionaryReader(d *array.Dictionary) reader {
	value := newReader(d.Dictionary(), false)
	boxed := make([]any, d.Dictionary().Len())
	return nullable(d, func(row int) any {
		i := d.GetValueIndex(row)
		if boxed[i] == nil {
			boxed[i] = value(i)
		}
		return boxed[i]
	})
}

// valueOf converts one value that is not null. Types without a counterpart are given as their text.
func valueOf(col arrow.Array, row int) any {
	switch c := col.(type) {
	case *array.Int8:
		return int(c.Value(row))
	case *array.Int16:
		return int(c.Value(row))
	case *array.Int32:
		return int(c.Value(row))
	case *array.Uint8:
		return int(c.Value(row))
	case *array.Uint16:
		return int(c.Value(row))
	case *array.Uint32:
		return int(c.Value(row))
	case *array.Uint64:
		return c.Value(row)
	case *array.Float32:
		return float64(c.Value(row))
	case *array.Decimal128:
		return c.Value(row).ToFloat64(c.DataType().(*arrow.Decimal128Type).Scale)
	case *array.Decimal256:
		return c.Value(row).ToFloat64(c.DataType().(*arrow.Decimal256Type).Scale)
	case *array.Timestamp:
		return c.Value(row).ToTime(c.DataType().(*arrow.TimestampType).Unit)
	case *array.Date32:
		return c.Value(row).ToTime()
	case *array.Date64:
		return c.Value(row).ToTime()
	case *array.Struct:
		m := make(map[string]any, c.NumField())
		for i, f := range c.DataType().(*arrow.StructType).Fields() {
			m[f.Name] = newReader(c.Field(i), false)(row)
		}
		return m
	case *array.Map:
		return mapOf(c, row)
	case array.ListLike:
		start, end := c.ValueOffsets(row)
		read := newReader(c.ListValues(), false)
		list := make([]any, 0, end-start)
		for i := start; i < end; i++ {
			list = append(list, read(int(i)))
		}
		return list
	default:
		return col.ValueStr(row)
	}
}

func mapOf(c *array.Map, row int) map[string]any {
	start, end := c.ValueOffsets(row)
	value := newReader(c.Items(), false)
	m := make(map[string]any, end-start)
	for i := start; i < end; i++ {
		m[c.Keys().ValueStr(int(i))] = value(int(i))
	}
	return m
}
