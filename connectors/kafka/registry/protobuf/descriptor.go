package protobuf

import (
	"encoding/base64"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/winnow-stream/winnow/connectors/kafka/registry/result"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// descriptor reads a schema that is not a .proto file's text but its descriptor in base64, as Confluent's client for
// Python registers it; nil for any other.
func descriptor(text string) *descriptorpb.FileDescriptorProto {
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(raw) == 0 {
		return nil
	}
	file := new(descriptorpb.FileDescriptorProto)
	if err := proto.Unmarshal(raw, file); err != nil {
		return nil
	}
	return file
}

// labelDescriptor adds fields to the message at a path of a descriptor and returns it in base64.
func (s *Schema) labelDescriptor(file *descriptorpb.FileDescriptorProto, number int, fields []result.Field) (string, error) {
	of := s.messages[number].of
	var m *descriptorpb.DescriptorProto
	for list, path := file.MessageType, s.messages[number].path; len(path) > 0; path = path[1:] {
		if path[0] >= len(list) {
			return "", fault.New(fault.SchemaInvalid, "the Protobuf descriptor has no message at %v", s.messages[number].path)
		}
		m = list[path[0]]
		list = m.NestedType
	}
	next := freeNumber(of, 0)
	for _, f := range fields {
		if taken(of, f.Name) {
			return "", result.Conflict(f.Name)
		}
		s.add(m, of, f, next)
		next = freeNumber(of, next)
	}
	raw, err := proto.Marshal(file)
	return base64.StdEncoding.EncodeToString(raw), err
}

// types are the protobuf types of results.
var types = [...]descriptorpb.FieldDescriptorProto_Type{
	result.Label:      descriptorpb.FieldDescriptorProto_TYPE_STRING,
	result.Confidence: descriptorpb.FieldDescriptorProto_TYPE_FLOAT,
	result.Labels:     descriptorpb.FieldDescriptorProto_TYPE_MESSAGE,
	result.Tokens:     descriptorpb.FieldDescriptorProto_TYPE_INT32,
	result.Classifier: descriptorpb.FieldDescriptorProto_TYPE_STRING,
	result.Entities:   descriptorpb.FieldDescriptorProto_TYPE_MESSAGE,

	result.EntitiesWithID: descriptorpb.FieldDescriptorProto_TYPE_MESSAGE,
	result.Keyphrases:     descriptorpb.FieldDescriptorProto_TYPE_MESSAGE,

	result.Explanation:        descriptorpb.FieldDescriptorProto_TYPE_MESSAGE,
	result.ExplanationByLabel: descriptorpb.FieldDescriptorProto_TYPE_MESSAGE,
}

// add declares what declare writes as text.
func (s *Schema) add(m *descriptorpb.DescriptorProto, of protoreflect.MessageDescriptor, f result.Field, number protowire.Number) {
	field := plainField(f.Name, number, types[f.Kind])
	switch f.Kind {
	case result.Labels:
		item := itemName(of, f.Name)
		m.NestedType = append(m.NestedType, &descriptorpb.DescriptorProto{Name: &item, Field: []*descriptorpb.FieldDescriptorProto{
			plainField("label", 1, types[result.Label]), plainField("confidence", 2, types[result.Confidence]),
		}})
		field.Label = descriptorpb.FieldDescriptorProto_LABEL_REPEATED.Enum()
		field.TypeName = proto.String("." + string(of.FullName()) + "." + item)
	case result.Entities, result.EntitiesWithID, result.Keyphrases, result.Explanation, result.ExplanationByLabel:
		item := itemName(of, f.Name)
		message := &descriptorpb.DescriptorProto{Name: &item}
		for i, part := range itemFields(f.Kind) {
			message.Field = append(message.Field, plainField(part.name, protowire.Number(i+1), part.of))
		}
		m.NestedType = append(m.NestedType, message)
		field.Label = descriptorpb.FieldDescriptorProto_LABEL_REPEATED.Enum()
		field.TypeName = proto.String("." + string(of.FullName()) + "." + item)
	case result.Label, result.Confidence:
		if s.file.Syntax() == protoreflect.Proto3 { // presence, by a oneof of one field
			field.Proto3Optional, field.OneofIndex = proto.Bool(true), proto.Int32(int32(len(m.OneofDecl)))
			m.OneofDecl = append(m.OneofDecl, &descriptorpb.OneofDescriptorProto{Name: proto.String("_" + f.Name)})
		}
	}
	m.Field = append(m.Field, field)
}

func plainField(name string, number protowire.Number, of descriptorpb.FieldDescriptorProto_Type) *descriptorpb.FieldDescriptorProto {
	return &descriptorpb.FieldDescriptorProto{
		Name: &name, JsonName: proto.String(jsonName(name)), Number: proto.Int32(int32(number)), Type: &of,
		Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum(),
	}
}

// jsonName is the name that JSON has for a field unless its own is asked for: fine_label becomes fineLabel.
func jsonName(name string) string {
	var b []byte
	for i := range len(name) {
		switch c := name[i]; {
		case c == '_':
		case i > 0 && name[i-1] == '_' && c >= 'a' && c <= 'z':
			b = append(b, c-'a'+'A')
		default:
			b = append(b, c)
		}
	}
	return string(b)
}
