package protobuf

import (
	"fmt"
	"strings"

	"github.com/bufbuild/protocompile/ast"
	"github.com/bufbuild/protocompile/parser"
	"github.com/bufbuild/protocompile/reporter"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/winnow-stream/winnow/connectors/kafka/registry/result"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Labelled is the schema's text with fields added at the end of the message of a number. Their numbers follow the
// highest that the message has or reserves; all else of the text stays as it is. Text is what s was compiled from.
func (s *Schema) Labelled(text string, number int, fields []result.Field) (labelled string, err error) {
	defer func() {
		if r := recover(); r != nil {
			labelled, err = "", fault.New(fault.SchemaInvalid, "the Protobuf schema can't be read: %v", r)
		}
	}()
	of, err := s.message(number)
	if err != nil {
		return "", err
	}
	if file := descriptor(text); file != nil {
		return s.labelDescriptor(file, number, fields)
	}
	at, err := brace(text, s.messages[number].path)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	next := freeNumber(of, 0)
	for _, f := range fields {
		if taken(of, f.Name) {
			return "", result.Conflict(f.Name)
		}
		b.WriteString(s.declare(of, f, next))
		next = freeNumber(of, next)
	}
	return text[:at] + b.String() + text[at:], nil
}

// brace is the offset of the brace that closes the message at a path.
func brace(text string, path []int) (int, error) {
	file, err := parser.Parse(top, strings.NewReader(text), reporter.NewHandler(nil))
	if err != nil {
		return 0, fault.New(fault.SchemaInvalid, "the Protobuf schema can't be read: %w", err)
	}
	var body *ast.MessageBody
	for _, want := range path {
		if body = child(file, body, want); body == nil {
			return 0, fault.New(fault.SchemaInvalid, "the message of the Protobuf schema is a group, which can't take fields")
		}
	}
	return file.NodeInfo(body.CloseBrace).Start().Offset, nil
}

// child is the body of a message of the file, or of one within a message; nil if it is of another kind.
func child(file *ast.FileNode, in *ast.MessageBody, want int) *ast.MessageBody {
	var nodes []ast.Node
	if in == nil {
		for _, d := range file.Decls {
			nodes = append(nodes, d)
		}
	} else {
		for _, d := range in.Decls {
			nodes = append(nodes, d)
		}
	}
	for _, n := range nodes {
		switch n := n.(type) {
		case *ast.MessageNode:
			if want == 0 {
				return &n.MessageBody
			}
		case *ast.GroupNode, *ast.MapFieldNode: // they are messages too
			if want == 0 {
				return nil
			}
		default:
			continue
		}
		want--
	}
	return nil
}

func (s *Schema) declare(m protoreflect.MessageDescriptor, f result.Field, number protowire.Number) string {
	presence := "optional "
	if s.file.Syntax() == protoreflect.Editions { // fields have presence there
		presence = ""
	}
	plain := presence
	if s.file.Syntax() == protoreflect.Proto3 {
		plain = ""
	}
	switch f.Kind {
	case result.Confidence:
		return fmt.Sprintf("  %sfloat %s = %d;\n", presence, f.Name, number)
	case result.Labels:
		item := itemName(m, f.Name)
		return fmt.Sprintf("  message %s {\n    %sstring label = 1;\n    %sfloat confidence = 2;\n  }\n  repeated %s %s = %d;\n",
			item, plain, plain, item, f.Name, number)
	case result.Entities, result.EntitiesWithID, result.Keyphrases, result.Explanation, result.ExplanationByLabel:
		item := itemName(m, f.Name)
		var b strings.Builder
		fmt.Fprintf(&b, "  message %s {\n", item)
		for i, part := range itemFields(f.Kind) {
			fmt.Fprintf(&b, "    %s%s %s = %d;\n", plain, part.typed, part.name, i+1)
		}
		fmt.Fprintf(&b, "  }\n  repeated %s %s = %d;\n", item, f.Name, number)
		return b.String()
	case result.Tokens:
		return fmt.Sprintf("  %sint32 %s = %d;\n", plain, f.Name, number)
	case result.Classifier:
		return fmt.Sprintf("  %sstring %s = %d;\n", plain, f.Name, number)
	default:
		return fmt.Sprintf("  %sstring %s = %d;\n", presence, f.Name, number)
	}
}

// itemField is a field of the message of what was found in a text.
type itemField struct {
	name, typed string
	of          descriptorpb.FieldDescriptorProto_Type
}

func itemFields(kind result.Kind) []itemField {
	const text, number, share = descriptorpb.FieldDescriptorProto_TYPE_STRING, descriptorpb.FieldDescriptorProto_TYPE_INT32,
		descriptorpb.FieldDescriptorProto_TYPE_FLOAT
	reason := []itemField{{"word", "string", text}, {"weight", "float", share}, {"start", "int32", number}, {"end", "int32", number}}
	entity := []itemField{
		{"type", "string", text}, {"text", "string", text}, {"start", "int32", number}, {"end", "int32", number}, {"confidence", "float", share},
	}
	switch kind {
	case result.Keyphrases:
		return []itemField{{"text", "string", text}, {"score", "float", share}}
	case result.Explanation:
		return reason
	case result.ExplanationByLabel:
		return append(reason, itemField{"label", "string", text})
	case result.EntitiesWithID:
		return append(entity, itemField{"id", "string", text})
	default:
		return entity
	}
}

// itemName is a name for the type of a list's items that the message does not have yet.
func itemName(m protoreflect.MessageDescriptor, field string) string {
	item := result.Pascal(field) + "Item"
	for taken(m, item) {
		item += "_"
	}
	return item
}

// taken reports whether a name means something in the message or in JSON of it.
func taken(m protoreflect.MessageDescriptor, name string) bool {
	n := protoreflect.Name(name)
	if m.Fields().ByName(n) != nil || m.Fields().ByJSONName(name) != nil || m.Oneofs().ByName(n) != nil ||
		m.Messages().ByName(n) != nil || m.Enums().ByName(n) != nil || m.Extensions().ByName(n) != nil || m.ReservedNames().Has(n) {
		return true
	}
	for i := range m.Enums().Len() {
		if m.Enums().Get(i).Values().ByName(n) != nil {
			return true
		}
	}
	return false
}

// freeNumber is a number for a field that is above after and above those of all fields, and that nothing reserves.
func freeNumber(m protoreflect.MessageDescriptor, after protowire.Number) protowire.Number {
	next := after
	for i := range m.Fields().Len() {
		next = max(next, m.Fields().Get(i).Number())
	}
	next++
	for moved := true; moved; {
		moved = false
		for _, r := range []protoreflect.FieldRanges{m.ReservedRanges(), m.ExtensionRanges()} {
			for i := range r.Len() {
				if from, end := r.Get(i)[0], r.Get(i)[1]; next >= from && next < end {
					next, moved = end, true
				}
			}
		}
		if next >= protowire.FirstReservedNumber && next <= protowire.LastReservedNumber {
			next, moved = protowire.LastReservedNumber+1, true
		}
	}
	return next
}
