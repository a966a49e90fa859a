package column

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/parquet-go/parquet-go/format"

	"github.com/winnow-stream/winnow/connectors/parquet/schema"
)

// Bounds are the least and the greatest value of a page or a column, in the plain encoding without length; nil where
// there is no value, or no order.
type Bounds struct {
	Min, Max []byte
	// Bounded tells that they are known: of columns that have an order, for pages with values.
	Bounded bool
}

// order is how a column's values compare.
type order uint8

const (
	unordered order = iota
	signed32
	signed64
	unsigned32
	unsigned64
	float32s
	float64s
	bytewise
	booleans
)

// orderOf is the order that parquet-format gives the column's type (ColumnOrder, TypeDefinedOrder).
func orderOf(c *schema.Column) order {
	switch c.Physical {
	case format.Boolean:
		return booleans
	case format.Int32:
		switch c.Type.ID() {
		case arrow.UINT8, arrow.UINT16, arrow.UINT32:
			return unsigned32
		case arrow.NULL:
			return unordered
		}
		return signed32
	case format.Int64:
		if c.Type.ID() == arrow.UINT64 {
			return unsigned64
		}
		return signed64
	case format.Float:
		return float32s
	case format.Double:
		return float64s
	case format.ByteArray:
		if c.Conversion == schema.Bytes {
			return bytewise
		}
	case format.FixedLenByteArray:
		if c.Type.ID() == arrow.FIXED_SIZE_BINARY && c.Width != 12 { // 12 bytes may be an INTERVAL, which has no order
			return bytewise
		}
	}
	return unordered
}

// compare compares two values of an order. NaN is never passed.
func (o order) compare(a, b []byte) int {
	switch o {
	case signed32:
		return cmp(int32(binary.LittleEndian.Uint32(a)), int32(binary.LittleEndian.Uint32(b)))
	case unsigned32:
		return cmp(binary.LittleEndian.Uint32(a), binary.LittleEndian.Uint32(b))
	case signed64:
		return cmp(int64(binary.LittleEndian.Uint64(a)), int64(binary.LittleEndian.Uint64(b)))
	case unsigned64:
		return cmp(binary.LittleEndian.Uint64(a), binary.LittleEndian.Uint64(b))
	case float32s:
		return cmp(math.Float32frombits(binary.LittleEndian.Uint32(a)), math.Float32frombits(binary.LittleEndian.Uint32(b)))
	case float64s:
		return cmp(math.Float64frombits(binary.LittleEndian.Uint64(a)), math.Float64frombits(binary.LittleEndian.Uint64(b)))
	default:
		return bytes.Compare(a, b)
	}
}

func cmp[T int32 | uint32 | int64 | uint64 | float32 | float64](a, b T) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	default:
		return 0
	}
}

// bounds collects the bounds of what an encoder holds.
type bounds struct {
	min, max []byte
	has      bool
}

func (b *bounds) see(o order, v []byte) {
	if !b.has {
		b.min, b.max, b.has = append(b.min[:0], v...), append(b.max[:0], v...), true
		return
	}
	if o.compare(v, b.min) < 0 {
		b.min = append(b.min[:0], v...)
	} else if o.compare(v, b.max) > 0 {
		b.max = append(b.max[:0], v...)
	}
}

// take computes the bounds of the encoder's values.
func (b *bounds) take(c *schema.Column, e *Encoder) Bounds {
	o := orderOf(c)
	b.has = false
	switch {
	case o == unordered || e.n == 0:
		return Bounds{}
	case e.dict:
		for i := range e.table.len() {
			b.see(o, e.table.entry(int32(i)))
		}
	case c.Physical == format.ByteArray:
		for v := e.vals; len(v) > 0; {
			n := binary.LittleEndian.Uint32(v)
			b.see(o, v[4:4+n])
			v = v[4+n:]
		}
	case o == booleans:
		b.seeBooleans(e)
	default:
		b.seeFixed(o, c, e.vals)
	}
	if !b.has {
		return Bounds{}
	}
	zeros(o, b)
	return Bounds{Min: slices.Clone(b.min), Max: slices.Clone(b.max), Bounded: true}
}

func (b *bounds) seeBooleans(e *Encoder) {
	for i := range e.n {
		b.see(booleans, []byte{e.vals[i/8] >> (i % 8) & 1})
	}
}

func (b *bounds) seeFixed(o order, c *schema.Column, vals []byte) {
	switch o {
	case signed32:
		b.set32(extremes(arrow.Int32Traits.CastFromBytes(vals)))
	case signed64:
		lo, hi := extremes(arrow.Int64Traits.CastFromBytes(vals))
		b.min = binary.LittleEndian.AppendUint64(b.min[:0], uint64(lo))
		b.max = binary.LittleEndian.AppendUint64(b.max[:0], uint64(hi))
		b.has = true
	default:
		w := physicalWidth(c)
		for ; len(vals) >= w; vals = vals[w:] {
			v := vals[:w]
			if o == float32s && binary.LittleEndian.Uint32(v)&0x7fffffff > 0x7f800000 ||
				o == float64s && binary.LittleEndian.Uint64(v)&(1<<63-1) > 0x7ff<<52 {
				continue // NaN has no place in the order
			}
			b.see(o, v)
		}
	}
}

func (b *bounds) set32(lo, hi int32) {
	b.min = binary.LittleEndian.AppendUint32(b.min[:0], uint32(lo))
	b.max = binary.LittleEndian.AppendUint32(b.max[:0], uint32(hi))
	b.has = true
}

func extremes[T int32 | int64](vals []T) (lo, hi T) {
	lo, hi = vals[0], vals[0]
	for _, v := range vals[1:] {
		lo, hi = min(lo, v), max(hi, v)
	}
	return lo, hi
}

// zeros makes a least zero negative and a greatest positive, as parquet-format asks for floats.
func zeros(o order, b *bounds) {
	if o != float32s && o != float64s {
		return
	}
	top := len(b.min) - 1
	if isZero(b.min) {
		b.min[top] = 0x80
	}
	if isZero(b.max) {
		b.max[top] = 0
	}
}

func isZero(v []byte) bool {
	for _, x := range v[:len(v)-1] {
		if x != 0 {
			return false
		}
	}
	return v[len(v)-1]&0x7f == 0
}

// join widens b by c.
func (b *Bounds) join(o order, c Bounds) {
	switch {
	case !c.Bounded:
	case !b.Bounded:
		*b = Bounds{Min: c.Min, Max: c.Max, Bounded: true}
	default:
		if o.compare(c.Min, b.Min) < 0 {
			b.Min = c.Min
		}
		if o.compare(c.Max, b.Max) > 0 {
			b.Max = c.Max
		}
	}
}

// cut shortens bounds of byte arrays to about maxBound bytes: the least by cutting, the greatest by cutting and counting
// its end up. Texts stay texts. A greatest that can't be counted up stays whole.
func (b Bounds) cut(text bool) Bounds {
	if len(b.Min) > maxBound {
		b.Min = prefix(b.Min, text)
	}
	if len(b.Max) > maxBound {
		if top := above(prefix(b.Max, text), text); top != nil {
			b.Max = top
		}
	}
	return b
}

func prefix(v []byte, text bool) []byte {
	n := maxBound
	for text && n > 0 && !utf8.RuneStart(v[n]) {
		n--
	}
	return v[:n]
}

// above returns a value greater than everything that begins with v; nil if there is none.
func above(v []byte, text bool) []byte {
	for len(v) > 0 {
		if !text {
			last := len(v) - 1
			if v[last] < 0xff {
				return append(slices.Clone(v[:last]), v[last]+1)
			}
			v = v[:last]
			continue
		}
		r, n := utf8.DecodeLastRune(v)
		v = v[:len(v)-n]
		if r == 0xd7ff {
			r = 0xdfff // the next that is a character is behind the surrogates
		}
		if r != utf8.RuneError && r < utf8.MaxRune {
			return utf8.AppendRune(slices.Clone(v), r+1)
		}
	}
	return nil
}
