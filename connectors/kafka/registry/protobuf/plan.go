package protobuf

import (
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/winnow-stream/winnow/connectors/codec/jsonl"
)

// plan is a message of proto3 as the direct road needs it. Fields are in the order of the file, as protojson has them.
type plan struct {
	fields []planField
	index  map[protowire.Number]int
	names  map[string]int
	time   bool // it is google.protobuf.Timestamp
	hard   bool // it has a field that the direct road does not know
}

type planField struct {
	key      []byte // as a JSON string with its colon
	kind     protoreflect.Kind
	number   protowire.Number
	list     bool
	packed   bool
	isMap    bool
	presence bool
	hard     bool // left to the library where it is set
	oneof    int  // the oneof it is in, -1 for none
	of       *plan
	enum     protoreflect.EnumDescriptor
	// unset is what stands in JSON for a field without presence that is unset.
	unset string
}

// planner builds plans. A message that holds itself has one plan for both.
type planner map[protoreflect.FullName]*plan

// plan returns nil for a message that is left to the library.
func (p planner) plan(m protoreflect.MessageDescriptor) *plan {
	if done, ok := p[m.FullName()]; ok {
		return done
	}
	if m.FullName() == "google.protobuf.Timestamp" {
		return &plan{time: true}
	}
	if m.FullName().Parent() == "google.protobuf" || m.ParentFile().Syntax() != protoreflect.Proto3 {
		return nil
	}
	out := &plan{index: map[protowire.Number]int{}, names: map[string]int{}}
	p[m.FullName()] = out
	for i := range m.Fields().Len() {
		f := m.Fields().Get(i)
		out.index[f.Number()] = i
		out.names[string(f.Name())] = i
		out.fields = append(out.fields, p.field(f))
		out.hard = out.hard || f.Enum() != nil && out.fields[i].hard
	}
	return out
}

func (p planner) field(f protoreflect.FieldDescriptor) planField {
	out := planField{
		key:  append(jsonl.AppendString(nil, string(f.Name())), ':'),
		kind: f.Kind(), number: f.Number(), list: f.IsList(), packed: f.IsPacked(), isMap: f.IsMap(), presence: f.HasPresence(), hard: f.IsMap(), enum: f.Enum(), oneof: -1,
	}
	if o := f.ContainingOneof(); o != nil && !o.IsSynthetic() {
		out.oneof = o.Index()
	}
	switch {
	case f.IsMap():
		out.unset = "{}"
	case f.IsList():
		out.unset = "[]"
	default:
		out.unset = zero(f)
	}
	switch f.Kind() {
	case protoreflect.MessageKind:
		if out.of = p.plan(f.Message()); out.of == nil {
			out.hard = true
		}
	case protoreflect.EnumKind:
		if f.Enum().FullName().Parent() == "google.protobuf" || f.Enum().IsClosed() {
			out.hard = true
		}
	}
	return out
}

// zero is the JSON of a field's zero.
func zero(f protoreflect.FieldDescriptor) string {
	switch f.Kind() {
	case protoreflect.BoolKind:
		return "false"
	case protoreflect.StringKind, protoreflect.BytesKind:
		return `""`
	case protoreflect.EnumKind:
		return string(appendEnum(nil, f.Enum(), 0))
	case protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Uint64Kind, protoreflect.Fixed64Kind, protoreflect.Sfixed64Kind:
		return `"0"`
	default:
		return "0"
	}
}
