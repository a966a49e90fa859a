package column

import (
	"encoding/binary"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/decimal256"
	"github.com/parquet-go/parquet-go/format"

	"github.com/winnow-stream/winnow/connectors/parquet/schema"
)

// values appends the values at slots of an array; nil: at the first n.
func (e *Encoder) values(arr arrow.Array, slots []int32, n int) error {
	defer func() { e.n += n }()
	if e.col.Conversion == schema.Bytes {
		return e.texts(arr, slots, n)
	}
	if d, ok := arr.(*array.Dictionary); ok {
		at := make([]int32, n)
		for i := range at {
			at[i] = int32(d.GetValueIndex(slotAt(slots, i)))
		}
		arr, slots = d.Dictionary(), at
	}
	if !fits(arr.DataType(), e.col) {
		return fmt.Errorf("the column %q came as %s instead of %s", e.col.Path[0], arr.DataType(), e.col.Type)
	}
	switch a := arr.(type) {
	case *array.Boolean:
		e.booleans(a, slots, n)
	case *array.Int8:
		e.wide(n, func(i int) int32 { return int32(a.Value(slotAt(slots, i))) })
	case *array.Int16:
		e.wide(n, func(i int) int32 { return int32(a.Value(slotAt(slots, i))) })
	case *array.Uint8:
		e.wide(n, func(i int) int32 { return int32(a.Value(slotAt(slots, i))) })
	case *array.Uint16:
		e.wide(n, func(i int) int32 { return int32(a.Value(slotAt(slots, i))) })
	case *array.Date64:
		e.wide(n, func(i int) int32 { return int32(floorDiv(int64(a.Value(slotAt(slots, i))), 86_400_000)) })
	case *array.Decimal128:
		for i := range n {
			e.decimal128(a.Value(slotAt(slots, i)))
		}
	case *array.Decimal256:
		for i := range n {
			e.decimal256(a.Value(slotAt(slots, i)))
		}
	case *array.Timestamp:
		if a.DataType().(*arrow.TimestampType).Unit != arrow.Second {
			e.fixed(arr, slots, n)
			return nil
		}
		for i := range n {
			e.vals = binary.LittleEndian.AppendUint64(e.vals, uint64(a.Value(slotAt(slots, i))*1000))
		}
	case *array.Time32:
		if a.DataType().(*arrow.Time32Type).Unit != arrow.Second {
			e.fixed(arr, slots, n)
			return nil
		}
		e.wide(n, func(i int) int32 { return int32(a.Value(slotAt(slots, i))) * 1000 })
	default:
		e.fixed(arr, slots, n)
	}
	return nil
}

func slotAt(slots []int32, i int) int {
	if slots == nil {
		return i
	}
	return int(slots[i])
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// fits tells whether an array's type is written as the column's.
func fits(t arrow.DataType, c *schema.Column) bool {
	switch t.ID() {
	case arrow.DATE64:
		return c.Type.ID() == arrow.DATE32
	case arrow.DURATION:
		return c.Type.ID() == arrow.INT64
	case arrow.TIMESTAMP, arrow.TIME32:
		return c.Type.ID() == t.ID()
	default:
		return arrow.TypeEqual(t, c.Type)
	}
}

func (e *Encoder) wide(n int, value func(i int) int32) {
	for i := range n {
		e.vals = binary.LittleEndian.AppendUint32(e.vals, uint32(value(i)))
	}
}

func (e *Encoder) booleans(a *array.Boolean, slots []int32, n int) {
	for i := range n {
		at := e.n + i
		if at%8 == 0 {
			e.vals = append(e.vals, 0)
		}
		if a.Value(slotAt(slots, i)) {
			e.vals[at/8] |= 1 << (at % 8)
		}
	}
}

// fixed appends values that are in Parquet as they are in Arrow.
func (e *Encoder) fixed(arr arrow.Array, slots []int32, n int) {
	w := arr.DataType().(arrow.FixedWidthDataType).BitWidth() / 8
	d := arr.Data()
	raw := d.Buffers()[1].Bytes()[d.Offset()*w:]
	if slots == nil {
		e.vals = append(e.vals, raw[:n*w]...)
		return
	}
	for _, s := range slots[:n] {
		e.vals = append(e.vals, raw[int(s)*w:(int(s)+1)*w]...)
	}
}

func (e *Encoder) decimal128(v decimal128.Num) {
	switch e.col.Physical {
	case format.Int32:
		e.vals = binary.LittleEndian.AppendUint32(e.vals, uint32(v.LowBits()))
	case format.Int64:
		e.vals = binary.LittleEndian.AppendUint64(e.vals, v.LowBits())
	default:
		var b [16]byte
		binary.BigEndian.PutUint64(b[:], uint64(v.HighBits()))
		binary.BigEndian.PutUint64(b[8:], v.LowBits())
		e.bigEndian(b[:])
	}
}

func (e *Encoder) decimal256(v decimal256.Num) {
	words := v.Array()
	switch e.col.Physical {
	case format.Int32:
		e.vals = binary.LittleEndian.AppendUint32(e.vals, uint32(words[0]))
	case format.Int64:
		e.vals = binary.LittleEndian.AppendUint64(e.vals, words[0])
	default:
		var b [32]byte
		for i, w := range words {
			binary.BigEndian.PutUint64(b[24-8*i:], w)
		}
		e.bigEndian(b[:])
	}
}

// bigEndian appends the low bytes of a number, or the number with its sign extended, at the column's width.
func (e *Encoder) bigEndian(b []byte) {
	for range e.col.Width - len(b) {
		e.vals = append(e.vals, byte(int8(b[0])>>7))
	}
	e.vals = append(e.vals, b[max(len(b)-e.col.Width, 0):]...)
}

// startDictionary decides whether the next page tries a dictionary.
func (e *Encoder) startDictionary() {
	e.dict = false
	if e.col.Conversion != schema.Bytes {
		return
	}
	if e.hint > 0 {
		e.hint--
		return
	}
	e.dict = true
}

// leaveDictionary writes what was collected as ids out as values.
func (e *Encoder) leaveDictionary() {
	for _, id := range e.ids {
		e.text(e.table.entry(id))
	}
	e.ids = e.ids[:0]
	e.table.reset()
	e.dict = false
	e.hint = dictionaryRest
}

func (e *Encoder) text(s []byte) {
	e.vals = binary.LittleEndian.AppendUint32(e.vals, uint32(len(s)))
	e.vals = append(e.vals, s...)
}

// texts appends byte arrays.
func (e *Encoder) texts(arr arrow.Array, slots []int32, n int) error {
	if d, ok := arr.(*array.Dictionary); ok {
		return e.dictionary(d, slots, n)
	}
	get, err := textsOf(arr)
	if err != nil {
		return fmt.Errorf("the column %q came as %w", e.col.Path[0], err)
	}
	for i := range n {
		s := get(slotAt(slots, i))
		if !e.dict {
			e.text(s)
			continue
		}
		e.ids = append(e.ids, e.table.find(s))
		distinct := e.table.len()
		if len(e.ids) == dictionaryTrial && distinct > dictionaryTrial/2 || distinct > dictionaryEntries || len(e.table.data) > dictionaryBytes {
			e.leaveDictionary()
		}
	}
	return nil
}

// dictionary appends byte arrays of a dictionary: each entry is looked up once.
func (e *Encoder) dictionary(d *array.Dictionary, slots []int32, n int) error {
	get, err := textsOf(d.Dictionary())
	if err != nil {
		return fmt.Errorf("the column %q came as a dictionary of %w", e.col.Path[0], err)
	}
	var ids []int32
	for i := range n {
		x := d.GetValueIndex(slotAt(slots, i))
		if !e.dict {
			e.text(get(x))
			continue
		}
		if ids == nil {
			ids = make([]int32, d.Dictionary().Len())
		}
		if ids[x] == 0 {
			ids[x] = e.table.find(get(x)) + 1
		}
		e.ids = append(e.ids, ids[x]-1)
		if e.table.len() > dictionaryEntries || len(e.table.data) > dictionaryBytes {
			e.leaveDictionary()
		}
	}
	return nil
}

// textsOf returns access to an array's byte arrays, without copies.
func textsOf(arr arrow.Array) (func(i int) []byte, error) {
	switch a := arr.(type) {
	case *array.String:
		data, offs := a.ValueBytes(), a.ValueOffsets()
		return bytesAt(data, offs), nil
	case *array.Binary:
		return bytesAt(a.ValueBytes(), a.ValueOffsets()), nil
	case *array.LargeString:
		return func(i int) []byte { return []byte(a.Value(i)) }, nil
	case *array.LargeBinary:
		return a.Value, nil
	case *array.StringView:
		return func(i int) []byte { return []byte(a.Value(i)) }, nil
	case *array.BinaryView:
		return a.Value, nil
	default:
		return nil, fmt.Errorf("%s, which is no text", arr.DataType())
	}
}

func bytesAt(data []byte, offs []int32) func(i int) []byte {
	if len(offs) == 0 {
		return func(int) []byte { return nil }
	}
	base := offs[0]
	return func(i int) []byte { return data[offs[i]-base : offs[i+1]-base] }
}
