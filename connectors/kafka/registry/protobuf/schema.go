package protobuf

import (
	"context"
	"maps"
	"strings"

	"github.com/bufbuild/protocompile"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Schema is a compiled .proto file. It is safe for concurrent use.
type Schema struct {
	file     protoreflect.FileDescriptor
	messages []message
	types    *dynamicpb.Types
}

// message is a type of message and where it stands in the file.
type message struct {
	of   protoreflect.MessageDescriptor
	path []int
	plan *plan // nil where the library does all
}

// top is what the compiler calls the file that is compiled.
const top = "the schema.proto"

// builtins are files that Confluent's registry takes without a reference.
var builtins = map[string]string{
	"confluent/meta.proto": `syntax = "proto3"; package confluent; import "google/protobuf/descriptor.proto";
message Meta { string doc = 1; map<string, string> params = 2; repeated string tags = 3; }
extend google.protobuf.FileOptions { Meta file_meta = 1088; }
extend google.protobuf.MessageOptions { Meta message_meta = 1088; }
extend google.protobuf.FieldOptions { Meta field_meta = 1088; }
extend google.protobuf.EnumOptions { Meta enum_meta = 1088; }
extend google.protobuf.EnumValueOptions { Meta enum_value_meta = 1088; }`,
	"confluent/type/decimal.proto": `syntax = "proto3"; package confluent.type;
message Decimal { bytes value = 1; uint32 precision = 2; int32 scale = 3; }`,
}

// Compile reads the text of a .proto file, or its descriptor in base64. Imports are the files that it imports, by the names it uses for them; those
// of google/protobuf need not be among them.
func Compile(text string, imports map[string]string) (s *Schema, err error) {
	defer func() {
		if r := recover(); r != nil { // the text comes from outside, and so does the library that reads it
			s, err = nil, fault.New(fault.SchemaInvalid, "the Protobuf schema can't be read: %v", r)
		}
	}()
	texts := maps.Clone(builtins)
	maps.Copy(texts, imports)
	texts[top] = text
	c := protocompile.Compiler{Resolver: protocompile.WithStandardImports(resolver(texts)), MaxParallelism: 1}
	compiled, err := c.Compile(context.Background(), top)
	if err != nil {
		return nil, fault.New(fault.SchemaInvalid, "the Protobuf schema can't be read: %w", err)
	}
	s = &Schema{file: compiled[0]}
	s.collect(s.file.Messages(), nil, planner{})
	if len(s.messages) == 0 {
		return nil, fault.New(fault.SchemaInvalid, "the Protobuf schema has no message")
	}
	files := new(protoregistry.Files)
	if err := register(files, s.file); err != nil {
		return nil, fault.New(fault.SchemaInvalid, "the Protobuf schema can't be read: %w", err)
	}
	s.types = dynamicpb.NewTypes(files)
	return s, nil
}

// resolver finds files by their names.
type resolver map[string]string

// FindFileByPath implements protocompile.Resolver.
func (r resolver) FindFileByPath(path string) (protocompile.SearchResult, error) {
	text, ok := r[path]
	if !ok {
		return protocompile.SearchResult{}, protoregistry.NotFound
	}
	if file := descriptor(text); file != nil {
		file.Name = &path
		return protocompile.SearchResult{Proto: file}, nil
	}
	return protocompile.SearchResult{Source: strings.NewReader(text)}, nil
}

// register adds a file after those that it imports.
func register(files *protoregistry.Files, f protoreflect.FileDescriptor) error {
	if _, err := files.FindFileByPath(f.Path()); err == nil {
		return nil
	}
	for i := range f.Imports().Len() {
		if err := register(files, f.Imports().Get(i).FileDescriptor); err != nil {
			return err
		}
	}
	return files.RegisterFile(f)
}

func (s *Schema) collect(list protoreflect.MessageDescriptors, path []int, plans planner) {
	for i := range list.Len() {
		at := append(path[:len(path):len(path)], i)
		s.messages = append(s.messages, message{list.Get(i), at, plans.plan(list.Get(i))})
		s.collect(list.Get(i).Messages(), at, plans)
	}
}

// AppendJSON appends the JSON form of a message of a number, and returns the extended buffer. On an error, which has
// the code record.schema, dst is as it was.
func (s *Schema) AppendJSON(dst []byte, number int, payload []byte) (out []byte, err error) {
	defer func() {
		if r := recover(); r != nil { // a library walks bytes from outside
			out, err = dst, misfit("%v", r)
		}
	}()
	of, err := s.message(number)
	if err != nil {
		return dst, err
	}
	parts := maxParts
	if err := check(payload, of, 0, &parts); err != nil {
		return dst, err
	}
	if p := s.messages[number].plan; p != nil {
		if out, ok := appendDirect(dst, p, payload); ok {
			return out, nil
		}
	}
	return s.appendByLibrary(dst, of, payload)
}

// appendByLibrary is AppendJSON by way of a message.
func (s *Schema) appendByLibrary(dst []byte, of protoreflect.MessageDescriptor, payload []byte) ([]byte, error) {
	m := dynamicpb.NewMessage(of)
	if err := (proto.UnmarshalOptions{Resolver: s.types, RecursionLimit: maxDepth}).Unmarshal(payload, m); err != nil {
		return dst, misfit("%w", err)
	}
	opts := protojson.MarshalOptions{UseProtoNames: true, EmitDefaultValues: true, Resolver: s.types}
	out, err := opts.MarshalAppend(dst, m)
	if err != nil {
		return dst, misfit("%w", err)
	}
	if of.FullName() == "google.protobuf.Value" || out[len(dst)] != '{' {
		return dst, misfit("its JSON form is no object")
	}
	return compact(out, len(dst)), nil
}

// AppendBinary appends the encoded form of a message of a number whose JSON is given, and returns the extended buffer.
// On an error, which has the code record.schema, dst is as it was.
func (s *Schema) AppendBinary(dst []byte, number int, json []byte) (out []byte, err error) {
	defer func() {
		if r := recover(); r != nil {
			out, err = dst, misfit("%v", r)
		}
	}()
	of, err := s.message(number)
	if err != nil {
		return dst, err
	}
	if p := s.messages[number].plan; p != nil {
		if out, ok := encodeDirect(dst, p, json); ok {
			return out, nil
		}
	}
	return s.encodeByLibrary(dst, of, json)
}

// encodeByLibrary is AppendBinary by way of a message.
func (s *Schema) encodeByLibrary(dst []byte, of protoreflect.MessageDescriptor, json []byte) ([]byte, error) {
	m := dynamicpb.NewMessage(of)
	opts := protojson.UnmarshalOptions{Resolver: s.types, RecursionLimit: maxDepth}
	if err := opts.Unmarshal(json, m); err != nil {
		return dst, misfit("%w", err)
	}
	out, err := proto.MarshalOptions{Deterministic: true}.MarshalAppend(dst, m)
	if err != nil {
		return dst, misfit("%w", err)
	}
	return out, nil
}

func (s *Schema) message(number int) (protoreflect.MessageDescriptor, error) {
	if number < 0 || number >= len(s.messages) || s.messages[number].of.IsMapEntry() {
		return nil, misfit("the schema has no message number %d", number)
	}
	return s.messages[number].of, nil
}

func misfit(format string, args ...any) error {
	return fault.New(fault.RecordSchema, "the message does not fit its Protobuf schema: "+format, args...)
}

// compact takes out the white space that protojson puts between tokens, at random by design.
func compact(b []byte, from int) []byte {
	to, quoted := from, false
	for i := from; i < len(b); i++ {
		c := b[i]
		if c == ' ' && !quoted {
			continue
		}
		b[to] = c
		to++
		switch {
		case c == '\\' && quoted:
			i++
			b[to] = b[i]
			to++
		case c == '"':
			quoted = !quoted
		}
	}
	return b[:to]
}

// Number is the number of the message at a path of indexes, each counted within the one before; -1 for none.
func (s *Schema) Number(path []int) int {
	list, number := s.file.Messages(), 0
	for depth, i := range path {
		if i < 0 || i >= list.Len() {
			return -1
		}
		for j := range i {
			number += size(list.Get(j))
		}
		if depth > 0 {
			number++
		}
		list = list.Get(i).Messages()
	}
	return number
}

// size is how many messages a message and those inside of it are.
func size(m protoreflect.MessageDescriptor) int {
	n := 1
	for i := range m.Messages().Len() {
		n += size(m.Messages().Get(i))
	}
	return n
}

// Messages is how many messages the schema has.
func (s *Schema) Messages() int { return len(s.messages) }

// Path is where the message of a number stands.
func (s *Schema) Path(number int) []int { return s.messages[number].path }
