package protobuf

import (
	"encoding/base64"
	"math"
	"strconv"
	"sync"
	"time"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/winnow-stream/winnow/connectors/codec/jsonl"
	"github.com/winnow-stream/winnow/connectors/kafka/registry/jsontext"
)

// direct walks the bytes of a message that check found sound and writes JSON without a message in between, which is
// many times as fast (BenchmarkLibrary). Whatever is not plain (maps, fields that come twice or interleaved, proto2, most well-known
// types, mistakes) it leaves to the library: its methods report false then.
type direct struct {
	dst   []byte
	spans []span // of the fields of the messages that are open
}

// span is where a field's values stand in its message, tags included; zero for an unset field.
type span struct{ from, to int }

var directs = sync.Pool{New: func() any { return new(direct) }}

func appendDirect(dst []byte, p *plan, b []byte) ([]byte, bool) {
	d := directs.Get().(*direct)
	defer directs.Put(d)
	d.dst, d.spans = dst, d.spans[:0]
	ok := d.message(p, b)
	out := d.dst
	d.dst = nil
	return out, ok
}

func (d *direct) message(p *plan, b []byte) bool {
	if p.time {
		return d.time(b)
	}
	if p.hard {
		return false
	}
	base := len(d.spans)
	for range p.fields {
		d.spans = append(d.spans, span{})
	}
	if !d.find(p, b, base) {
		return false
	}
	d.dst = append(d.dst, '{')
	first := true
	for i := range p.fields {
		f, s := &p.fields[i], d.spans[base+i]
		if s.to == 0 && f.presence {
			continue
		}
		if !first {
			d.dst = append(d.dst, ',')
		}
		first = false
		d.dst = append(d.dst, f.key...)
		switch {
		case s.to == 0:
			d.dst = append(d.dst, f.unset...)
		case f.list:
			if !d.list(f, b[s.from:s.to]) {
				return false
			}
		default:
			_, _, n := protowire.ConsumeTag(b[s.from:])
			if n < 0 {
				return false
			}
			if _, ok := d.value(f, b[s.from+n:s.to]); !ok {
				return false
			}
		}
	}
	d.dst = append(d.dst, '}')
	d.spans = d.spans[:base]
	return true
}

// find notes where each field stands.
func (d *direct) find(p *plan, b []byte, base int) bool {
	for at := 0; at < len(b); {
		number, wire, n := protowire.ConsumeTag(b[at:])
		if n < 0 {
			return false
		}
		size := protowire.ConsumeFieldValue(number, wire, b[at+n:])
		i, ok := p.index[number]
		if size < 0 || !ok {
			return false
		}
		f, s, end := &p.fields[i], &d.spans[base+i], at+n+size
		switch {
		case f.hard:
			return false
		case s.to == 0:
			if f.oneof >= 0 && d.taken(p, base, f.oneof) {
				return false
			}
			*s = span{at, end}
		case f.list && s.to == at:
			s.to = end
		default: // it comes twice, or between others
			return false
		}
		at = end
	}
	return true
}

// taken reports whether a field of a oneof was seen.
func (d *direct) taken(p *plan, base, oneof int) bool {
	for i := range p.fields {
		if p.fields[i].oneof == oneof && d.spans[base+i].to > 0 {
			return true
		}
	}
	return false
}

// list writes the values of a list, packed or not. A list that is there and yet empty is [] too.
func (d *direct) list(f *planField, b []byte) bool {
	d.dst = append(d.dst, '[')
	first := true
	for len(b) > 0 {
		_, wire, n := protowire.ConsumeTag(b)
		if n < 0 {
			return false
		}
		b = b[n:]
		values := b
		if wire == protowire.BytesType && wires(f.kind) != protowire.BytesType {
			if values, n = protowire.ConsumeBytes(b); n < 0 {
				return false
			}
			b = b[n:]
			for len(values) > 0 {
				n, ok := d.element(f, values, &first)
				if !ok {
					return false
				}
				values = values[n:]
			}
			continue
		}
		n, ok := d.element(f, values, &first)
		if !ok {
			return false
		}
		b = b[n:]
	}
	d.dst = append(d.dst, ']')
	return true
}

func (d *direct) element(f *planField, b []byte, first *bool) (int, bool) {
	if !*first {
		d.dst = append(d.dst, ',')
	}
	*first = false
	return d.value(f, b)
}

// value writes the value at the front of b and returns its length.
func (d *direct) value(f *planField, b []byte) (int, bool) {
	switch wires(f.kind) {
	case protowire.BytesType:
		v, n := protowire.ConsumeBytes(b)
		return n, n >= 0 && d.bytes(f, v)
	case protowire.Fixed32Type:
		v, n := protowire.ConsumeFixed32(b)
		if n < 0 {
			return n, false
		}
		switch f.kind {
		case protoreflect.FloatKind:
			d.dst = jsontext.AppendFloat(d.dst, float64(math.Float32frombits(v)), 32)
		case protoreflect.Sfixed32Kind:
			d.dst = strconv.AppendInt(d.dst, int64(int32(v)), 10)
		default:
			d.dst = strconv.AppendUint(d.dst, uint64(v), 10)
		}
		return n, true
	case protowire.Fixed64Type:
		v, n := protowire.ConsumeFixed64(b)
		if n < 0 {
			return n, false
		}
		switch f.kind {
		case protoreflect.DoubleKind:
			d.dst = jsontext.AppendFloat(d.dst, math.Float64frombits(v), 64)
		case protoreflect.Sfixed64Kind:
			d.quoted(int64(v))
		default:
			d.quotedUnsigned(v)
		}
		return n, true
	default:
		v, n := protowire.ConsumeVarint(b)
		if n >= 0 {
			d.varint(f, v)
		}
		return n, n >= 0
	}
}

func (d *direct) varint(f *planField, v uint64) {
	switch f.kind {
	case protoreflect.BoolKind:
		d.dst = strconv.AppendBool(d.dst, v != 0)
	case protoreflect.EnumKind:
		d.dst = appendEnum(d.dst, f.enum, protoreflect.EnumNumber(v))
	case protoreflect.Int32Kind:
		d.dst = strconv.AppendInt(d.dst, int64(int32(v)), 10)
	case protoreflect.Sint32Kind:
		d.dst = strconv.AppendInt(d.dst, int64(int32(protowire.DecodeZigZag(v&math.MaxUint32))), 10)
	case protoreflect.Uint32Kind:
		d.dst = strconv.AppendUint(d.dst, uint64(uint32(v)), 10)
	case protoreflect.Int64Kind:
		d.quoted(int64(v))
	case protoreflect.Sint64Kind:
		d.quoted(protowire.DecodeZigZag(v))
	default:
		d.quotedUnsigned(v)
	}
}

func (d *direct) quoted(v int64) {
	d.dst = append(d.dst, '"')
	d.dst = strconv.AppendInt(d.dst, v, 10)
	d.dst = append(d.dst, '"')
}

func (d *direct) quotedUnsigned(v uint64) {
	d.dst = append(d.dst, '"')
	d.dst = strconv.AppendUint(d.dst, v, 10)
	d.dst = append(d.dst, '"')
}

func (d *direct) bytes(f *planField, v []byte) bool {
	switch f.kind {
	case protoreflect.MessageKind:
		return d.message(f.of, v)
	case protoreflect.StringKind:
		if !utf8.Valid(v) {
			return false
		}
		d.dst = jsonl.AppendString(d.dst, v)
	default:
		d.dst = append(d.dst, '"')
		d.dst = base64.StdEncoding.AppendEncode(d.dst, v)
		d.dst = append(d.dst, '"')
	}
	return true
}

func appendEnum(dst []byte, of protoreflect.EnumDescriptor, number protoreflect.EnumNumber) []byte {
	if v := of.Values().ByNumber(number); v != nil {
		return append(append(append(dst, '"'), v.Name()...), '"')
	}
	return strconv.AppendInt(dst, int64(number), 10)
}

// time writes a google.protobuf.Timestamp: with 0, 3, 6 or 9 digits after the second.
func (d *direct) time(b []byte) bool {
	var parts [3]uint64 // seconds and nanoseconds by their numbers
	for len(b) > 0 {
		number, wire, n := protowire.ConsumeTag(b)
		if n < 0 || wire != protowire.VarintType || number > 2 {
			return false
		}
		v, m := protowire.ConsumeVarint(b[n:])
		if m < 0 {
			return false
		}
		parts[number] = v
		b = b[n+m:]
	}
	seconds, nanos := int64(parts[1]), int64(int32(parts[2]))
	const from, to = -62135596800, 253402300800 // the years 1 to 9999
	if seconds < from || seconds >= to || nanos < 0 || nanos >= 1e9 {
		return false
	}
	layout := "2006-01-02T15:04:05.000000000Z"
	switch {
	case nanos == 0:
		layout = "2006-01-02T15:04:05Z"
	case nanos%1e6 == 0:
		layout = "2006-01-02T15:04:05.000Z"
	case nanos%1e3 == 0:
		layout = "2006-01-02T15:04:05.000000Z"
	}
	d.dst = append(d.dst, '"')
	d.dst = time.Unix(seconds, nanos).UTC().AppendFormat(d.dst, layout)
	d.dst = append(d.dst, '"')
	return true
}
