package registry

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/sr"

	"github.com/winnow-stream/winnow/connectors/kafka/registry/avro"
	"github.com/winnow-stream/winnow/connectors/kafka/registry/jsonschema"
	"github.com/winnow-stream/winnow/connectors/kafka/registry/protobuf"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Format is the language of a schema and of the records that it describes.
type Format string

const (
	Avro       Format = "avro"
	Protobuf   Format = "protobuf"
	JSONSchema Format = "json_schema"
)

// formats are the registry's names for them.
var formats = map[sr.SchemaType]Format{sr.TypeAvro: Avro, sr.TypeProtobuf: Protobuf, sr.TypeJSON: JSONSchema}

// schema is one that was fetched. Of avro, protobuf and json the one of its format is set, unless it is broken.
type schema struct {
	format     Format
	text       sr.Schema
	references []reference
	avro       *avro.Schema
	protobuf   *protobuf.Schema
	json       *jsonschema.Schema // only where records are validated
	broken     error              // why the text can't be read
}

// reference is a schema that another refers to by a name.
type reference struct{ name, text string }

// fetch gets a schema and those that it refers to.
func (r *Registry) fetch(ctx context.Context, id uint32) (*schema, error) {
	text, err := r.client.SchemaByID(ctx, int(id))
	if err != nil {
		if absent(err) {
			r.remember(id)
			return nil, unknownID(id)
		}
		return nil, away(err, "get the schema %d", id)
	}
	f := fetcher{client: r.client, seen: map[string]bool{}}
	if err := f.follow(ctx, text.References); err != nil {
		return nil, err
	}
	s := &schema{format: formats[text.Type], text: text, references: f.list}
	s.broken = s.compile(text.Schema, r.cfg.Validate)
	return s, nil
}

// compile reads a text with the schema's references.
func (s *schema) compile(text string, validate bool, lenient ...string) (err error) {
	switch s.format {
	case Avro:
		s.avro, err = avro.Compile(text, s.texts(), lenient...)
	case Protobuf:
		s.protobuf, err = protobuf.Compile(text, s.byName())
	case JSONSchema:
		if validate {
			s.json, err = jsonschema.Compile(text, s.byName())
		}
	default:
		err = fault.New(fault.SchemaInvalid, "it is of the type %s", s.text.Type)
	}
	return err
}

func (s *schema) texts() []string {
	list := make([]string, len(s.references))
	for i, r := range s.references {
		list[i] = r.text
	}
	return list
}

func (s *schema) byName() map[string]string {
	m := make(map[string]string, len(s.references))
	for _, r := range s.references {
		m[r.name] = r.text
	}
	return m
}

// fetcher gathers references, each after those that it has itself.
type fetcher struct {
	client *sr.Client
	seen   map[string]bool
	list   []reference
}

func (f *fetcher) follow(ctx context.Context, references []sr.SchemaReference) error {
	for _, ref := range references {
		key := fmt.Sprintf("%q %q %d", ref.Name, ref.Subject, ref.Version)
		if f.seen[key] {
			continue
		}
		if f.seen[key] = true; len(f.seen) > maxReferences {
			return fault.New(fault.RecordSchema, "a schema refers to more than %d others", maxReferences)
		}
		got, err := f.client.SchemaByVersion(ctx, ref.Subject, ref.Version)
		if err != nil {
			return away(err, "get the schema %s, version %d, that another refers to", ref.Subject, ref.Version)
		}
		if err := f.follow(ctx, got.References); err != nil {
			return err
		}
		f.list = append(f.list, reference{ref.Name, got.Schema.Schema})
	}
	return nil
}
