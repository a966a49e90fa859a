package avro

import (
	"slices"
	"strings"

	"github.com/twmb/avro"

	"github.com/winnow-stream/winnow/connectors/codec/jsonl"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Schema is a compiled Avro schema whose top is a record. It is safe for concurrent use.
type Schema struct {
	root  *node
	names map[string]*node // by full name
	// unions are told apart at the end: records among their branches may hold the union itself.
	unions []*node
}

type kind uint8

const (
	null kind = iota
	boolean
	integer // int
	long
	float
	double
	bytes
	str
	fixed
	enum
	array
	mapping
	record
	union
)

var kinds = map[string]kind{
	"null": null, "boolean": boolean, "int": integer, "long": long, "float": float, "double": double, "bytes": bytes,
	"string": str, "fixed": fixed, "enum": enum, "array": array, "map": mapping, "record": record, "error": record,
	"union": union,
}

// node is a type of a schema. Named types are one node wherever they are used, so that they may hold themselves.
type node struct {
	kind    kind
	logical logical
	name    string         // full name of a named type, else the type's own
	fields  []field        // of a record
	index   map[string]int // of a record's fields and an enum's symbols
	kids    []*node        // branches of a union; the item of an array, the value of a map
	branch  branches       // of a union
	symbols [][]byte       // of an enum, as JSON strings
	size    int            // of a fixed
	scale   int            // of a decimal
}

type field struct {
	name string
	key  []byte // as a JSON string with its colon
	of   *node
	// standIn is the encoded default, which stands in for a missing field; nil without a default.
	standIn []byte
	// lenient also lets the default stand in for a null that the type does not have.
	lenient bool
}

// Compile reads a schema. References are the schemas whose names it uses, each after those that it uses itself.
// Lenient names fields of the top record in which null means the default.
func Compile(text string, references []string, lenient ...string) (s *Schema, err error) {
	defer func() {
		if r := recover(); r != nil { // a schema comes from outside, and so does the library that reads it
			s, err = nil, fault.New(fault.SchemaInvalid, "the Avro schema can't be read: %v", r)
		}
	}()
	var cache avro.SchemaCache
	s = &Schema{names: map[string]*node{}}
	for _, r := range references {
		if _, err := s.parse(&cache, r); err != nil {
			return nil, err
		}
	}
	if s.root, err = s.parse(&cache, text); err != nil {
		return nil, err
	}
	if s.root.kind != record {
		return nil, fault.New(fault.SchemaInvalid, "the top of the Avro schema is of type %s, not a record", s.root.name)
	}
	for _, n := range s.unions {
		n.split()
	}
	s.unions = nil
	for i := range s.root.fields {
		f := &s.root.fields[i]
		f.lenient = slices.Contains(lenient, f.name) && f.standIn != nil
	}
	return s, nil
}

// Has reports whether the top record has a field of the name.
func (s *Schema) Has(name string) bool {
	_, ok := s.root.index[name]
	return ok
}

func (s *Schema) parse(cache *avro.SchemaCache, text string) (*node, error) {
	parsed, err := cache.Parse(text)
	if err != nil {
		return nil, fault.New(fault.SchemaInvalid, "the Avro schema can't be read: %w", err)
	}
	return s.compile(parsed.Root(), "")
}

// compile compiles a type that stands within a namespace.
func (s *Schema) compile(in *avro.SchemaNode, space string) (*node, error) {
	k, ok := kinds[in.Type]
	if !ok {
		if n, ok := s.names[qualified(space, in.Type)]; ok {
			return n, nil
		}
		if n, ok := s.names[in.Type]; ok {
			return n, nil
		}
		return nil, fault.New(fault.SchemaInvalid, "the Avro schema has no type %q", in.Type)
	}
	n := &node{kind: k, name: in.Type, size: in.Size, scale: in.Scale}
	if k == fixed || k == enum || k == record {
		n.name = qualified(in.Namespace, in.Name)
		space = n.name[:max(0, strings.LastIndexByte(n.name, '.'))]
		s.names[n.name] = n
	}
	n.logical = logicalOf(n, in)
	return n, s.fill(n, in, space)
}

// qualified is a name in full: one without dots is of the namespace.
func qualified(space, name string) string {
	if space == "" || strings.Contains(name, ".") {
		return name
	}
	return space + "." + name
}

// fill compiles what n holds.
func (s *Schema) fill(n *node, in *avro.SchemaNode, space string) error {
	switch n.kind {
	case record:
		return s.fillRecord(n, in, space)
	case enum:
		n.index = map[string]int{}
		for i, symbol := range in.Symbols {
			n.index[symbol] = i
			n.symbols = append(n.symbols, jsonl.AppendString(nil, symbol))
		}
	case array:
		return s.fillKids(n, in.Items, space)
	case mapping:
		return s.fillKids(n, in.Values, space)
	case union:
		for i := range in.Branches {
			if err := s.fillKids(n, &in.Branches[i], space); err != nil {
				return err
			}
		}
		s.unions = append(s.unions, n)
	}
	return nil
}

func (s *Schema) fillKids(n *node, in *avro.SchemaNode, space string) error {
	kid, err := s.compile(in, space)
	n.kids = append(n.kids, kid)
	return err
}

func (s *Schema) fillRecord(n *node, in *avro.SchemaNode, space string) error {
	n.index = map[string]int{}
	n.fields = make([]field, len(in.Fields))
	for i := range in.Fields {
		f := &in.Fields[i]
		of, err := s.compile(&f.Type, space)
		if err != nil {
			return err
		}
		n.index[f.Name] = i
		n.fields[i] = field{name: f.Name, key: append(jsonl.AppendString(nil, f.Name), ':'), of: of}
		if f.HasDefault {
			if n.fields[i].standIn, err = standIn(f); err != nil {
				return err
			}
		}
	}
	return nil
}

// standIn encodes a default, which is of the first branch where the type is a union.
func standIn(f *avro.SchemaField) ([]byte, error) {
	if f.Default == nil && f.Type.Type == "null" {
		return []byte{}, nil
	}
	of, err := f.Type.Schema()
	if err == nil {
		var out []byte
		if out, err = of.AppendEncode([]byte{}, f.Default); err == nil {
			return out, nil
		}
	}
	return nil, fault.New(fault.SchemaInvalid, "the default of field %s can't be encoded: %w", f.Name, err)
}
