package jsonl

import (
	"fmt"
	"math"
	"strconv"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/connectors/codec/column"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// column builds column c of what was found.
func (d *decoder) column(c int, alloc memory.Allocator) arrow.Array {
	values := d.values[c*d.rows : (c+1)*d.rows]
	switch d.plan.kinds[c] {
	case ints:
		return d.ints(c, values, column.NewNumbers[int64](alloc, d.rows))
	case floats:
		return d.floats(c, values, column.NewNumbers[float64](alloc, d.rows))
	case bools:
		return d.bools(c, values, column.NewBools(alloc, d.rows))
	default:
		return d.strings(c, values, alloc)
	}
}

func (d *decoder) strings(c int, values []value, alloc memory.Allocator) arrow.Array {
	size, kind := 0, d.plan.kinds[c]
	for i := range values {
		if v := &values[i]; v.kind == String || v.kind == Escaped || kind == jsonText {
			size += int(v.to - v.from)
		}
	}
	col := column.NewStrings(alloc, d.rows, size)
	for row := range values {
		v := &values[row]
		switch {
		case v.kind == Absent || v.kind == Null:
			col.Null()
		case v.kind == String || kind == jsonText:
			col.Append(d.bytes[v.from:v.to])
		case v.kind == Escaped:
			n, ok := unescape(col.Space(), d.bytes[v.from:v.to])
			if !ok {
				d.kill(row, c, fault.RecordUTF8, "an escape is half of a surrogate pair, which is no character",
					"escape both halves, or write the character itself")
				col.Null()
				continue
			}
			col.Keep(n)
		default:
			if kind == strictText {
				d.mismatch(row, c, "a string")
			}
			col.Null()
		}
	}
	return col.Array()
}

func (d *decoder) ints(c int, values []value, col *column.Numbers[int64]) arrow.Array {
	for row, v := range values {
		switch v.kind {
		case Absent, Null:
			col.Null()
		case Int:
			n, err := strconv.ParseInt(string(d.bytes[v.from:v.to]), 10, 64)
			if err == nil {
				col.Append(n)
				continue
			}
			d.kill(row, c, fault.RecordType, "the number does not fit into 64 bits", "")
			col.Null()
		default:
			d.mismatch(row, c, "an integer")
			col.Null()
		}
	}
	return col.Array()
}

func (d *decoder) floats(c int, values []value, col *column.Numbers[float64]) arrow.Array {
	for row, v := range values {
		switch v.kind {
		case Absent, Null:
			col.Null()
		case Int, Float:
			f, err := strconv.ParseFloat(string(d.bytes[v.from:v.to]), 64)
			if err == nil && !math.IsInf(f, 0) {
				col.Append(f)
				continue
			}
			d.kill(row, c, fault.RecordType, "the number is too large for a float64", "")
			col.Null()
		default:
			d.mismatch(row, c, "a number")
			col.Null()
		}
	}
	return col.Array()
}

func (d *decoder) bools(c int, values []value, col *column.Bools) arrow.Array {
	for row, v := range values {
		switch v.kind {
		case Absent, Null:
			col.Null()
		case True, False:
			col.Append(v.kind == True)
		default:
			d.mismatch(row, c, "true or false")
			col.Null()
		}
	}
	return col.Array()
}

// extraColumn builds _extra: the fields that no column takes as one object, null where there are none.
func (d *decoder) extraColumn(alloc memory.Allocator) arrow.Array {
	size := 2 * d.rows
	for _, m := range d.extras {
		size += int(m.to-m.from) + 1
	}
	col := column.NewStrings(alloc, d.rows, size)
	at := int32(0)
	for _, end := range d.extraEnds {
		if end == at {
			col.Null()
			continue
		}
		space, n := col.Space(), 0
		for sep := byte('{'); at < end; at++ {
			space[n] = sep
			sep = ','
			n += 1 + copy(space[n+1:], d.bytes[d.extras[at].from:d.extras[at].to])
		}
		space[n] = '}'
		col.Keep(n + 1)
	}
	return col.Array()
}

func (d *decoder) mismatch(row, c int, want string) {
	v := d.values[c*d.rows+row]
	d.kill(row, c, fault.RecordType, fmt.Sprintf("the value is %s where the column takes %s", kindName[v.kind], want), "")
}

// kill rejects a row by reason of a wanted value.
func (d *decoder) kill(row, c int, code *fault.Code, what, fix string) {
	w := place{d.batch.Split.File, d.offsets[row]}.at(0)
	w.Field = d.plan.want.Columns[c].Name
	err := fault.New(code, "%s", what).At(w)
	err.Fix = fix
	d.batch.Kill(row, err)
}

var kindName = [...]string{
	Null: "null", False: "false", True: "true", Int: "a number", Float: "a number with a fraction or exponent",
	String: "a string", Escaped: "a string", Object: "an object", Array: "an array",
}
