package spec

import (
	"encoding"
	"encoding/json"
	"reflect"

	"github.com/invopop/jsonschema"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/pipeline/expr"
	"github.com/winnow-stream/winnow/pipeline/unit"
)

//go:generate go run ./commentgen -package spec -var ownComments -o comments.gen.go pipeline/spec classify

// Schema is the JSON Schema (draft 2020-12) of specs with the connectors of a build, indented, for editors.
func Schema(kinds Kinds) ([]byte, error) {
	g := &schemaMaker{kinds: &kinds}
	root := g.reflect(New())
	root.Version = jsonschema.Version
	root.Title = "winnow pipeline"
	root.PatternProperties = map[string]*jsonschema.Schema{"^" + extension: {Description: "Free for anchors."}}
	root.Definitions = jsonschema.Definitions{
		"source": g.component("Where records come from.", kinds.sourceKinds(), func(kind string) any { return kinds.Sources[kind]() }),
		"sink":   g.sink(),
	}
	if k, ok := root.Properties.Get("classify"); ok {
		g.backends(k)
		if stages, ok := k.Properties.Get("cascade"); ok {
			g.backends(stages.Items)
		}
	}
	references(root)
	data, err := json.MarshalIndent(root, "", "  ")
	return append(data, '\n'), err
}

type schemaMaker struct{ kinds *Kinds }

// reflect makes the schema of a configuration, with its values as defaults.
func (g *schemaMaker) reflect(v any) *jsonschema.Schema {
	r := &jsonschema.Reflector{
		Anonymous: true, DoNotReference: true, ExpandedStruct: true, FieldNameTag: "yaml", RequiredFromJSONSchemaTags: true,
		Mapper: mapType, LookupComment: g.kinds.comment,
	}
	s := r.Reflect(v)
	s.Version = ""
	defaults(s, reflect.ValueOf(v))
	return s
}

// backends lists the backends of the build where one is chosen.
func (g *schemaMaker) backends(s *jsonschema.Schema) {
	if backend, ok := s.Properties.Get("backend"); ok {
		for _, name := range g.kinds.Backends {
			backend.Enum = append(backend.Enum, name)
		}
	}
}

// sink is a map of a kind, and of redact beside it.
func (g *schemaMaker) sink() *jsonschema.Schema {
	s := g.component("Where records go.", g.kinds.sinkKinds(), func(kind string) any { return g.kinds.Sinks[kind]() })
	two := uint64(2)
	s.MaxProperties = &two
	types := &jsonschema.Schema{Type: "array", Items: &jsonschema.Schema{Type: "string"}}
	s.Properties.Set(redactKey, &jsonschema.Schema{
		Description: "What this sink does not get to see: types of entities, or a map.", AnyOf: []*jsonschema.Schema{types, g.reflect(new(Redact))},
	})
	return s
}

// component is a map of one key, the connector's kind.
func (g *schemaMaker) component(description string, kinds []string, config func(kind string) any) *jsonschema.Schema {
	one := uint64(1)
	s := &jsonschema.Schema{
		Type: "object", Description: description, MinProperties: &one, MaxProperties: &one,
		Properties: jsonschema.NewProperties(), AdditionalProperties: jsonschema.FalseSchema,
	}
	for _, kind := range kinds {
		c := g.reflect(config(kind))
		c.Type = ""
		c.Extras = map[string]any{"type": []string{"object", "null"}}
		s.Properties.Set(kind, c)
	}
	return s
}

// mapType gives the schemas of the types that have a form of their own in YAML.
func mapType(t reflect.Type) *jsonschema.Schema {
	switch t {
	case reflect.TypeFor[Source]():
		return &jsonschema.Schema{Ref: "#/$defs/source"}
	case reflect.TypeFor[Sink]():
		return &jsonschema.Schema{Ref: "#/$defs/sink"}
	case reflect.TypeFor[Sinks]():
		one := uint64(1)
		return &jsonschema.Schema{Type: "object", MinProperties: &one, AdditionalProperties: &jsonschema.Schema{Ref: "#/$defs/sink"}}
	case reflect.TypeFor[expr.Code]():
		return &jsonschema.Schema{Type: "string"}
	case reflect.TypeFor[classify.LabelSet]():
		return raw(classify.LabelSetSchema)
	case reflect.TypeFor[unit.Secret]():
		return secretSchema()
	}
	if p, ok := reflect.New(t).Interface().(interface{ Pattern() string }); ok {
		return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{{Type: "string", Pattern: p.Pattern()}, variable(), {Const: 0}}}
	}
	if t.Implements(reflect.TypeFor[encoding.TextMarshaler]()) {
		return &jsonschema.Schema{Type: "string"}
	}
	return nil
}

// raw is a schema from its text. The comment of the field that it is for becomes its description.
func raw(text string) *jsonschema.Schema {
	s := &jsonschema.Schema{}
	if err := json.Unmarshal([]byte(text), &s.Extras); err != nil {
		panic("spec: a schema is not JSON: " + err.Error())
	}
	delete(s.Extras, "description")
	return s
}

func secretSchema() *jsonschema.Schema {
	file := jsonschema.NewProperties()
	file.Set("file", &jsonschema.Schema{Type: "string", Description: "The file that holds the secret."})
	return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{
		{Type: "string"},
		{Type: "object", Properties: file, Required: []string{"file"}, AdditionalProperties: jsonschema.FalseSchema},
	}}
}

// defaults writes a configuration's values as the defaults of its properties.
func defaults(s *jsonschema.Schema, v reflect.Value) {
	for v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	if v.Kind() != reflect.Struct || s.Properties == nil {
		return
	}
	for _, f := range structFields(v.Type()) {
		p, ok := s.Properties.Get(f.name)
		value := v.FieldByIndex(f.index)
		if !ok || value.IsZero() || isSecret(value) {
			continue
		}
		if t, ok := value.Interface().(encoding.TextMarshaler); ok {
			text, _ := t.MarshalText()
			p.Default = string(text)
			continue
		}
		switch value.Kind() {
		case reflect.Struct:
			defaults(p, value)
		case reflect.Pointer, reflect.Map, reflect.Interface:
		default:
			p.Default = value.Interface()
		}
	}
}

// variable is a text with a reference to a variable in it.
func variable() *jsonschema.Schema { return &jsonschema.Schema{Type: "string", Pattern: `\$\{.+\}`} }

// references lets ${NAME} stand for every value that is not any text: editors check specs before it is replaced.
func references(s *jsonschema.Schema) {
	if s == nil || s == jsonschema.FalseSchema || s == jsonschema.TrueSchema {
		return
	}
	restricted := s.Type == "integer" || s.Type == "number" || s.Type == "boolean" || s.Type == "string" && (s.Pattern != "" || len(s.Enum) > 0)
	if restricted {
		value := &jsonschema.Schema{
			Type: s.Type, Pattern: s.Pattern, Enum: s.Enum, Minimum: s.Minimum, Maximum: s.Maximum,
			ExclusiveMinimum: s.ExclusiveMinimum, ExclusiveMaximum: s.ExclusiveMaximum,
		}
		*s = jsonschema.Schema{Description: s.Description, Default: s.Default, AnyOf: []*jsonschema.Schema{value, variable()}}
		return
	}
	for p := s.Properties.Oldest(); p != nil; p = p.Next() {
		references(p.Value)
	}
	references(s.Items)
	references(s.AdditionalProperties)
	for _, d := range s.Definitions {
		references(d)
	}
}
