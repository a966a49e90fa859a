package avro

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"sync"

	"github.com/winnow-stream/winnow/connectors/kafka/registry/jsontext"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// writers keeps the memory of writers between values.
var writers = sync.Pool{New: func() any { return new(writer) }}

// AppendBinary appends the encoded form of a record's JSON and returns the extended buffer. Members may come in any
// order; a missing one is its default. On an error, which has the code record.schema, dst is as it was.
func (s *Schema) AppendBinary(dst, json []byte) (out []byte, err error) {
	w := writers.Get().(*writer)
	defer writers.Put(w)
	w.In, w.At, w.dst, w.depth, w.jumbled, w.spans = json, 0, dst, 0, false, w.spans[:0]
	w.what, w.path = "", ""
	ok := w.record(s.root)
	if ok && w.Peek() != 0 {
		ok = w.fail("text follows the object")
	}
	out = w.dst
	w.In, w.dst = nil, nil
	if !ok {
		return dst, fault.New(fault.RecordSchema, "the record does not fit its Avro schema: %s", w.what).
			At(fault.Where{Field: w.path})
	}
	return out, nil
}

// writer encodes one value. Its methods report whether the JSON fits.
type writer struct {
	jsontext.Cursor
	dst   []byte
	depth int
	// jumbled is set at the first object whose members are not in the schema's order: from then on members are looked
	// for before they are written, so that no value is written more than once a level.
	jumbled bool
	spans   []int // where the values of the objects begin that are being written, by field; -1 for none
	what    string
	path    string
}

func (w *writer) fail(format string, args ...any) bool {
	if w.what == "" {
		w.what = fmt.Sprintf(format, args...)
	}
	return false
}

func (w *writer) wants(what string) bool { return w.fail("%s is expected", what) }

func (w *writer) value(n *node) bool {
	switch n.kind {
	case null:
		return w.Word("null") || w.wants("null")
	case boolean:
		return w.boolean()
	case integer, long:
		return w.integer(n)
	case float:
		return w.float(32)
	case double:
		return w.float(64)
	case bytes, fixed:
		return w.bytes(n)
	case str:
		return w.string()
	case enum:
		return w.symbol(n)
	case array:
		return w.array(n)
	case mapping:
		return w.mapping(n)
	case union:
		return w.union(n)
	default:
		return w.record(n)
	}
}

func (w *writer) int(v int64) { w.dst = binary.AppendVarint(w.dst, v) }

func (w *writer) boolean() bool {
	switch {
	case w.Word("true"):
		w.dst = append(w.dst, 1)
	case w.Word("false"):
		w.dst = append(w.dst, 0)
	default:
		return w.wants("true or false")
	}
	return true
}

func (w *writer) integer(n *node) bool {
	if n.logical != none && w.Peek() == '"' {
		text, ok := w.Text()
		if !ok {
			return w.wants("a string")
		}
		v, ok := parseTime(n.logical, text)
		if !ok || n.kind == integer && v != int64(int32(v)) {
			return w.fail("a time does not have the form %s", layouts[n.logical])
		}
		w.int(v)
		return true
	}
	text, fraction := w.Number()
	if text == nil || fraction {
		return w.wants("an integer")
	}
	bits := 64
	if n.kind == integer {
		bits = 32
	}
	v, err := strconv.ParseInt(string(text), 10, bits)
	if err != nil {
		return w.fail("an integer does not fit into %d bits", bits)
	}
	w.int(v)
	return true
}

func (w *writer) float(bits int) bool {
	var v float64
	if w.Peek() == '"' {
		text, _ := w.Text()
		switch string(text) {
		case "NaN":
			v = math.NaN()
		case "Infinity":
			v = math.Inf(1)
		case "-Infinity":
			v = math.Inf(-1)
		default:
			return w.wants("a number")
		}
	} else {
		text, _ := w.Number()
		if text == nil {
			return w.wants("a number")
		}
		var err error
		if v, err = strconv.ParseFloat(string(text), bits); err != nil {
			return w.fail("a number is too large for %d bits", bits)
		}
	}
	if bits == 32 {
		w.dst = binary.LittleEndian.AppendUint32(w.dst, math.Float32bits(float32(v)))
	} else {
		w.dst = binary.LittleEndian.AppendUint64(w.dst, math.Float64bits(v))
	}
	return true
}

func (w *writer) bytes(n *node) bool {
	// The value goes behind what is written, and then to its place: its length stands before it.
	from := len(w.dst)
	switch n.logical {
	case decimal:
		text, _ := w.Number()
		var ok bool
		if w.dst, ok = parseDecimal(w.dst, text, n.scale); text == nil || !ok {
			return w.fail("a decimal has an exponent or more than %d digits after the point", n.scale)
		}
		if n.kind == fixed {
			return w.widen(from, n.size)
		}
	case uuid:
		text, ok := w.Text()
		if ok {
			w.dst, ok = parseUUID(w.dst, text)
		}
		return ok || w.wants("a uuid")
	default:
		text, ok := w.Text()
		if ok {
			var err error
			w.dst, err = base64.StdEncoding.AppendDecode(w.dst, text)
			ok = err == nil
		}
		if !ok {
			return w.wants("a string in base64")
		}
	}
	size := len(w.dst) - from
	if n.kind == fixed {
		return size == n.size || w.fail("%d bytes stand where the schema has %d", size, n.size)
	}
	w.prefix(from, int64(size))
	return true
}

// widen repeats the sign of the two's complement number that begins at from until it has size bytes.
func (w *writer) widen(from, size int) bool {
	had := len(w.dst) - from
	if had > size {
		return w.fail("a decimal does not fit into %d bytes", size)
	}
	sign := byte(0)
	if w.dst[from] >= 0x80 {
		sign = 0xff
	}
	for range size - had {
		w.dst = append(w.dst, 0)
	}
	copy(w.dst[from+size-had:], w.dst[from:from+had])
	for i := range size - had {
		w.dst[from+i] = sign
	}
	return true
}

// prefix puts a number before what was written from an index on.
func (w *writer) prefix(from int, v int64) {
	var head [binary.MaxVarintLen64]byte
	n := binary.PutVarint(head[:], v)
	w.dst = append(w.dst, head[:n]...)
	copy(w.dst[from+n:], w.dst[from:])
	copy(w.dst[from:], head[:n])
}

func (w *writer) string() bool {
	text, ok := w.Text()
	if !ok {
		return w.wants("a string of UTF-8")
	}
	w.int(int64(len(text)))
	w.dst = append(w.dst, text...)
	return true
}

func (w *writer) symbol(n *node) bool {
	text, ok := w.Text()
	i, known := n.index[string(text)]
	if !ok || !known {
		return w.fail("the enum %s has no such symbol", n.name)
	}
	w.int(int64(i))
	return true
}

// enter begins a value that holds others.
func (w *writer) enter() bool {
	if w.depth++; w.depth > maxDepth {
		return w.fail("it is nested more than %d levels deep", maxDepth)
	}
	return true
}

func (w *writer) array(n *node) bool {
	if !w.enter() {
		return false
	}
	if !w.Take('[') {
		return w.wants("an array")
	}
	from, count := len(w.dst), int64(0)
	for !w.Take(']') {
		if count > 0 && !w.Take(',') {
			return w.wants("a comma or the end of an array")
		}
		if !w.value(n.kids[0]) {
			return false
		}
		count++
	}
	w.block(from, count)
	return true
}

// block ends the items that begin at from: their count goes before them.
func (w *writer) block(from int, count int64) {
	if count > 0 {
		w.prefix(from, count)
	}
	w.dst = append(w.dst, 0)
	w.depth--
}

func (w *writer) mapping(n *node) bool {
	if !w.enter() {
		return false
	}
	if !w.Take('{') {
		return w.wants("an object")
	}
	from, count := len(w.dst), int64(0)
	for !w.Take('}') {
		if count > 0 && !w.Take(',') {
			return w.wants("a comma or the end of an object")
		}
		if !w.string() {
			return false
		}
		if !w.Take(':') {
			return w.wants("a colon")
		}
		if !w.value(n.kids[0]) {
			return false
		}
		count++
	}
	w.block(from, count)
	return true
}
