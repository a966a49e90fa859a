package avro

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/winnow-stream/winnow/connectors/codec/jsonl"
	"github.com/winnow-stream/winnow/connectors/kafka/registry/jsontext"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// AppendJSON appends the JSON form of an encoded record and returns the extended buffer. On an error, which has the
// code record.schema, dst is as it was.
func (s *Schema) AppendJSON(dst, payload []byte) (out []byte, err error) {
	r := reader{data: payload, dst: dst, limit: len(dst) + MaxJSON}
	ok := r.record(s.root)
	if ok && r.at < len(payload) {
		ok = r.fail("%d bytes follow the record", len(payload)-r.at)
	}
	if !ok {
		return dst, fault.New(fault.RecordSchema, "the Avro bytes do not fit the schema: %s", r.what).
			At(fault.Where{Field: r.path})
	}
	return r.dst, nil
}

// reader walks one payload. Its methods report whether what they read fits.
type reader struct {
	data  []byte
	at    int
	dst   []byte
	limit int // how long dst may grow
	depth int
	what  string // what is wrong
	path  string // and the field in which
}

func (r *reader) fail(format string, args ...any) bool {
	r.what = fmt.Sprintf(format, args...)
	return false
}

func (r *reader) value(n *node) bool {
	switch n.kind {
	case null:
		r.dst = append(r.dst, "null"...)
		return true
	case boolean:
		return r.boolean()
	case integer, long:
		return r.integer(n)
	case float:
		return r.float(4, 32)
	case double:
		return r.float(8, 64)
	case bytes, fixed:
		return r.bytes(n)
	case str:
		return r.string()
	case enum:
		return r.symbol(n)
	case array:
		return r.blocks(n, '[', ']')
	case mapping:
		return r.blocks(n, '{', '}')
	case union:
		return r.union(n)
	default:
		return r.record(n)
	}
}

func (r *reader) record(n *node) bool {
	if !r.enter() {
		return false
	}
	r.dst = append(r.dst, '{')
	for i := range n.fields {
		f := &n.fields[i]
		if i > 0 {
			r.dst = append(r.dst, ',')
		}
		r.dst = append(r.dst, f.key...)
		if !r.value(f.of) {
			if r.path != "" {
				r.path = "." + r.path
			}
			r.path = f.name + r.path
			return false
		}
	}
	r.dst = append(r.dst, '}')
	r.depth--
	return len(r.dst) <= r.limit || r.tooLong()
}

// enter begins a value that holds others.
func (r *reader) enter() bool {
	if r.depth++; r.depth > maxDepth {
		return r.fail("it is nested more than %d levels deep", maxDepth)
	}
	return true
}

func (r *reader) tooLong() bool { return r.fail("it is longer than %d MiB as JSON", MaxJSON>>20) }

// number reads a zigzag number of variable length.
func (r *reader) number(v *int64) bool {
	if r.at < len(r.data) && r.data[r.at] < 0x80 {
		u := uint64(r.data[r.at])
		*v = int64(u>>1) ^ -int64(u&1)
		r.at++
		return true
	}
	var n int
	if *v, n = binary.Varint(r.data[r.at:]); n == 0 {
		return r.fail("it is cut short")
	} else if n < 0 {
		return r.fail("a number has more than 64 bits")
	}
	r.at += n
	return true
}

// take reads n bytes.
func (r *reader) take(n int64) ([]byte, bool) {
	if n < 0 {
		return nil, r.fail("a length is negative")
	}
	if n > int64(len(r.data)-r.at) {
		return nil, r.fail("it is cut short: %d bytes are announced, %d are left", n, len(r.data)-r.at)
	}
	b := r.data[r.at : r.at+int(n)]
	r.at += int(n)
	return b, true
}

func (r *reader) boolean() bool {
	b, ok := r.take(1)
	switch {
	case !ok:
		return false
	case b[0] > 1:
		return r.fail("a boolean is %d", b[0])
	}
	r.dst = strconv.AppendBool(r.dst, b[0] == 1)
	return true
}

func (r *reader) integer(n *node) bool {
	var v int64
	if !r.number(&v) {
		return false
	}
	if n.kind == integer && v != int64(int32(v)) {
		return r.fail("an int has more than 32 bits")
	}
	if n.logical != none {
		r.dst = appendTime(r.dst, n.logical, v)
		return true
	}
	r.dst = strconv.AppendInt(r.dst, v, 10)
	return true
}

func (r *reader) float(size int64, bits int) bool {
	b, ok := r.take(size)
	if !ok {
		return false
	}
	var v float64
	if bits == 32 {
		v = float64(math.Float32frombits(binary.LittleEndian.Uint32(b)))
	} else {
		v = math.Float64frombits(binary.LittleEndian.Uint64(b))
	}
	r.dst = appendFloat(r.dst, v, bits)
	return true
}

// appendFloat appends the shortest number that reads back as v, with a fraction or an exponent in any case.
func appendFloat(dst []byte, v float64, bits int) []byte {
	from := len(dst)
	dst = jsontext.AppendFloat(dst, v, bits)
	for _, c := range dst[from:] {
		if c == '.' || c == 'e' || c == '"' {
			return dst
		}
	}
	return append(dst, ".0"...)
}

func (r *reader) bytes(n *node) bool {
	size := int64(n.size)
	if n.kind == bytes && !r.number(&size) {
		return false
	}
	b, ok := r.take(size)
	if !ok {
		return false
	}
	switch n.logical {
	case decimal:
		if b = b[signBytes(b):]; len(b) > maxDecimal {
			return r.fail("a decimal is %d bytes long", len(b))
		}
		r.dst = appendDecimal(r.dst, b, n.scale)
	case uuid:
		r.dst = appendUUID(r.dst, b)
	default:
		r.dst = append(r.dst, '"')
		r.dst = base64.StdEncoding.AppendEncode(r.dst, b)
		r.dst = append(r.dst, '"')
	}
	return true
}

func (r *reader) string() bool {
	var size int64
	if !r.number(&size) {
		return false
	}
	b, ok := r.take(size)
	if !ok {
		return false
	}
	if !utf8.Valid(b) {
		return r.fail("a string is not UTF-8")
	}
	r.dst = jsonl.AppendString(r.dst, b)
	return true
}

func (r *reader) symbol(n *node) bool {
	var v int64
	if !r.number(&v) {
		return false
	}
	if v < 0 || v >= int64(len(n.symbols)) {
		return r.fail("the enum %s has no symbol number %d", n.name, v)
	}
	r.dst = append(r.dst, n.symbols[v]...)
	return true
}

func (r *reader) union(n *node) bool {
	var v int64
	if !r.number(&v) {
		return false
	}
	if v < 0 || v >= int64(len(n.kids)) {
		return r.fail("a union has no branch number %d", v)
	}
	from := len(r.dst)
	if t := n.branch.tags[v]; t != nil {
		r.dst = append(r.dst, t...)
		ok := r.value(n.kids[v])
		r.dst = append(r.dst, '}')
		return ok
	}
	if !r.value(n.kids[v]) {
		return false
	}
	if t := n.branch.nonFinite[v]; t != nil && r.dst[from] == '"' {
		word := string(r.dst[from:])
		r.dst = append(append(r.dst[:from], t...), word...)
		r.dst = append(r.dst, '}')
	}
	return true
}

// blocks reads the items of an array or the entries of a map. A negative count is followed by the block's size.
func (r *reader) blocks(n *node, begin, end byte) bool {
	if !r.enter() {
		return false
	}
	r.dst = append(r.dst, begin)
	for first := true; ; {
		var count, size int64
		if !r.number(&count) {
			return false
		}
		if count == 0 {
			break
		}
		stop := int64(-1)
		if count < 0 {
			if !r.number(&size) {
				return false
			}
			if size < 0 || size > int64(len(r.data)-r.at) || count == math.MinInt64 {
				return r.fail("it is cut short: a block of %d bytes is announced, %d are left", size, len(r.data)-r.at)
			}
			count, stop = -count, int64(r.at)+size
		}
		for ; count > 0; count-- {
			if !first {
				r.dst = append(r.dst, ',')
			}
			first = false
			if !r.item(n) {
				return false
			}
		}
		if stop >= 0 && int64(r.at) != stop {
			return r.fail("a block is not as long as it says")
		}
	}
	r.dst = append(r.dst, end)
	r.depth--
	return true
}

func (r *reader) item(n *node) bool {
	if n.kind == mapping {
		if !r.string() {
			return false
		}
		r.dst = append(r.dst, ':')
	}
	// An item of no bytes still makes JSON, so that a count of billions ends here.
	return r.value(n.kids[0]) && (len(r.dst) <= r.limit || r.tooLong())
}
