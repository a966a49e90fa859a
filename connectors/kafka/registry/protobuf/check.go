package protobuf

import (
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// check walks the bytes of a message before anything is made of them: every field is in the schema, nesting and the
// number of parts are within the limits. Whether values have their right form is left to the decoder.
func check(b []byte, of protoreflect.MessageDescriptor, depth int, parts *int) error {
	if depth > maxDepth {
		return misfit("it is nested more than %d levels deep", maxDepth)
	}
	for len(b) > 0 {
		number, wire, n := protowire.ConsumeTag(b)
		if n < 0 {
			return misfit("%w", protowire.ParseError(n))
		}
		b = b[n:]
		size := protowire.ConsumeFieldValue(number, wire, b)
		if size < 0 {
			return misfit("%w", protowire.ParseError(size))
		}
		f := of.Fields().ByNumber(number)
		if f == nil {
			return misfit("%s has no field number %d", of.FullName(), number)
		}
		if *parts--; *parts < 0 {
			return tooMany()
		}
		if err := checkField(b[:size], wire, f, depth, parts); err != nil {
			return err
		}
		b = b[size:]
	}
	return nil
}

// wires is the form that a field's values have.
func wires(k protoreflect.Kind) protowire.Type {
	switch k {
	case protoreflect.MessageKind, protoreflect.StringKind, protoreflect.BytesKind:
		return protowire.BytesType
	case protoreflect.GroupKind:
		return protowire.StartGroupType
	case protoreflect.Fixed32Kind, protoreflect.Sfixed32Kind, protoreflect.FloatKind:
		return protowire.Fixed32Type
	case protoreflect.Fixed64Kind, protoreflect.Sfixed64Kind, protoreflect.DoubleKind:
		return protowire.Fixed64Type
	default:
		return protowire.VarintType
	}
}

func checkField(value []byte, wire protowire.Type, f protoreflect.FieldDescriptor, depth int, parts *int) error {
	want := wires(f.Kind())
	packed := wire == protowire.BytesType && want != wire && want != protowire.StartGroupType && f.IsList()
	if wire != want && !packed { // a decoder would keep it as an unknown field
		return misfit("the field %s is of another type", f.FullName())
	}
	switch f.Kind() {
	case protoreflect.MessageKind:
		inside, _ := protowire.ConsumeBytes(value)
		return check(inside, f.Message(), depth+1, parts)
	case protoreflect.GroupKind:
		inside, _ := protowire.ConsumeGroup(f.Number(), value)
		return check(inside, f.Message(), depth+1, parts)
	}
	if packed {
		value, _ = protowire.ConsumeBytes(value)
		if *parts -= len(value); *parts < 0 { // at least a byte each
			return tooMany()
		}
	}
	return checkEnums(value, f)
}

// checkEnums finds values that a closed enum does not have: a decoder keeps those as unknown fields.
func checkEnums(b []byte, f protoreflect.FieldDescriptor) error {
	if f.Kind() != protoreflect.EnumKind || !f.Enum().IsClosed() {
		return nil
	}
	for len(b) > 0 {
		v, n := protowire.ConsumeVarint(b)
		if n < 0 {
			return misfit("%w", protowire.ParseError(n))
		}
		if f.Enum().Values().ByNumber(protoreflect.EnumNumber(v)) == nil {
			return misfit("the enum %s has no value %d", f.Enum().FullName(), int32(v))
		}
		b = b[n:]
	}
	return nil
}

func tooMany() error { return misfit("it has more than %d parts", maxParts) }
