package protobuf

import (
	"encoding/base64"
	"math"
	"strconv"
	"sync"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/winnow-stream/winnow/connectors/kafka/registry/jsontext"
)

// encoder writes JSON as a message without a message in between, where the JSON has the form that direct gives it and
// results are plain. All else is left to the library: its methods report false then.
type encoder struct {
	jsontext.Cursor
	dst   []byte
	depth int
	seen  []bool // of the fields of the messages that are open
}

var encoders = sync.Pool{New: func() any { return new(encoder) }}

func encodeDirect(dst []byte, p *plan, json []byte) ([]byte, bool) {
	e := encoders.Get().(*encoder)
	defer encoders.Put(e)
	e.In, e.At, e.dst, e.depth, e.seen = json, 0, dst, 0, e.seen[:0]
	ok := e.message(p) && e.Peek() == 0 && e.At == len(e.In)
	out := e.dst
	e.In, e.dst = nil, nil
	return out, ok
}

func (e *encoder) message(p *plan) bool {
	if p.time {
		return e.time()
	}
	if e.depth++; p.hard || e.depth > maxDepth || !e.Take('{') {
		return false
	}
	base := len(e.seen)
	for range p.fields {
		e.seen = append(e.seen, false)
	}
	for first := true; !e.Take('}'); first = false {
		if !first && !e.Take(',') {
			return false
		}
		name, ok := e.Text()
		if !ok {
			return false
		}
		i, known := p.names[string(name)]
		if !known || e.seen[base+i] || !e.Take(':') {
			return false
		}
		e.seen[base+i] = true
		if !e.field(p, i, base) {
			return false
		}
	}
	e.seen = e.seen[:base]
	e.depth--
	return true
}

func (e *encoder) field(p *plan, i, base int) bool {
	f := &p.fields[i]
	switch {
	case f.isMap:
		return e.Take('{') && e.Take('}')
	case e.Word("null"): // unset; a well-known type may mean it
		return !f.hard
	case f.hard:
		return false
	case f.list:
		return e.list(f)
	}
	if f.oneof >= 0 {
		for j := range p.fields {
			if j != i && p.fields[j].oneof == f.oneof && e.seen[base+j] {
				return false
			}
		}
	}
	from := len(e.dst)
	e.dst = protowire.AppendTag(e.dst, f.number, wires(f.kind))
	set, ok := e.value(f)
	if !set && !f.presence {
		e.dst = e.dst[:from]
	}
	return ok
}

func (e *encoder) list(f *planField) bool {
	if !e.Take('[') {
		return false
	}
	from := len(e.dst)
	for first := true; !e.Take(']'); first = false {
		if !first && !e.Take(',') {
			return false
		}
		if !f.packed {
			e.dst = protowire.AppendTag(e.dst, f.number, wires(f.kind))
		}
		if _, ok := e.value(f); !ok {
			return false
		}
	}
	if f.packed && len(e.dst) > from {
		e.prefix(from, protowire.AppendTag(nil, f.number, protowire.BytesType))
	}
	return true
}

// prefix puts head and the length of what was written from an index on before that.
func (e *encoder) prefix(from int, head []byte) {
	size := len(e.dst) - from
	var room [32]byte
	front := protowire.AppendVarint(append(room[:0], head...), uint64(size))
	e.dst = append(e.dst, front...)
	copy(e.dst[from+len(front):], e.dst[from:])
	copy(e.dst[from:], front)
}

// value writes a value and reports whether it is not its type's zero.
func (e *encoder) value(f *planField) (set, ok bool) {
	from := len(e.dst)
	switch f.kind {
	case protoreflect.MessageKind:
		ok = e.message(f.of)
		e.prefix(from, nil)
		return true, ok
	case protoreflect.StringKind:
		text, ok := e.Text()
		e.dst = protowire.AppendBytes(e.dst, text)
		return len(text) > 0, ok
	case protoreflect.BytesKind:
		text, ok := e.Text()
		if ok {
			var err error
			e.dst, err = base64.StdEncoding.Strict().AppendDecode(e.dst, text)
			ok = err == nil
		}
		set = len(e.dst) > from
		e.prefix(from, nil)
		return set, ok
	case protoreflect.BoolKind:
		set = e.Word("true")
		e.dst = protowire.AppendVarint(e.dst, protowire.EncodeBool(set))
		return set, set || e.Word("false")
	case protoreflect.EnumKind:
		return e.enum(f)
	case protoreflect.FloatKind:
		v, ok := e.float(32)
		e.dst = protowire.AppendFixed32(e.dst, math.Float32bits(float32(v)))
		return math.Float32bits(float32(v)) != 0, ok
	case protoreflect.DoubleKind:
		v, ok := e.float(64)
		e.dst = protowire.AppendFixed64(e.dst, math.Float64bits(v))
		return math.Float64bits(v) != 0, ok
	default:
		return e.integer(f.kind)
	}
}

func (e *encoder) enum(f *planField) (set, ok bool) {
	if e.Peek() != '"' { // a value that has no name
		return e.integer(protoreflect.Int32Kind)
	}
	text, ok := e.Text()
	if !ok {
		return false, false
	}
	v := f.enum.Values().ByName(protoreflect.Name(text))
	if v == nil {
		return false, false
	}
	e.dst = protowire.AppendVarint(e.dst, uint64(v.Number()))
	return v.Number() != 0, true
}

func (e *encoder) float(bits int) (float64, bool) {
	text, _ := e.Number()
	if text == nil {
		return 0, false
	}
	v, err := strconv.ParseFloat(string(text), bits)
	return v, err == nil
}

func (e *encoder) integer(kind protoreflect.Kind) (set, ok bool) {
	quoted := e.Take('"')
	from := e.At
	text, fraction := e.Number()
	if text == nil || quoted && e.At-len(text) != from || // no white space inside the quotes
		fraction || quoted && (e.At >= len(e.In) || e.In[e.At] != '"') {
		return false, false
	}
	if quoted {
		e.At++
	}
	var signed int64
	var unsigned uint64
	var err error
	switch kind {
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		signed, err = strconv.ParseInt(string(text), 10, 32)
	case protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind:
		signed, err = strconv.ParseInt(string(text), 10, 64)
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		unsigned, err = strconv.ParseUint(string(text), 10, 32)
	default:
		unsigned, err = strconv.ParseUint(string(text), 10, 64)
	}
	v := uint64(signed) | unsigned // one of them is 0
	switch kind {
	case protoreflect.Sint32Kind, protoreflect.Sint64Kind:
		e.dst = protowire.AppendVarint(e.dst, protowire.EncodeZigZag(signed))
	case protoreflect.Sfixed32Kind, protoreflect.Fixed32Kind:
		e.dst = protowire.AppendFixed32(e.dst, uint32(v))
	case protoreflect.Sfixed64Kind, protoreflect.Fixed64Kind:
		e.dst = protowire.AppendFixed64(e.dst, v)
	default:
		e.dst = protowire.AppendVarint(e.dst, v)
	}
	return v != 0, err == nil
}

// time writes a google.protobuf.Timestamp.
func (e *encoder) time() bool {
	text, ok := e.Text()
	if !ok || len(text) == 0 || text[len(text)-1] != 'Z' {
		return false
	}
	t, err := time.Parse(time.RFC3339, string(text))
	if err != nil || t.Year() < 1 {
		return false
	}
	if s := t.Unix(); s != 0 {
		e.dst = protowire.AppendVarint(protowire.AppendTag(e.dst, 1, protowire.VarintType), uint64(s))
	}
	if n := t.Nanosecond(); n != 0 {
		e.dst = protowire.AppendVarint(protowire.AppendTag(e.dst, 2, protowire.VarintType), uint64(n))
	}
	return true
}
