package registry

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"

	"github.com/twmb/franz-go/pkg/sr"

	"github.com/winnow-stream/winnow/connectors/kafka/registry/jsonschema"
	"github.com/winnow-stream/winnow/connectors/kafka/registry/result"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Field is a result's field in a labelled record.
type Field = result.Field

// What a field holds.
const (
	Label      = result.Label
	Confidence = result.Confidence
	Labels     = result.Labels
	Tokens     = result.Tokens
	Classifier = result.Classifier
	Entities   = result.Entities

	EntitiesWithID = result.EntitiesWithID
	Keyphrases     = result.Keyphrases

	Explanation        = result.Explanation
	ExplanationByLabel = result.ExplanationByLabel
)

// Encoder makes values of labelled JSON objects whose records had one schema. It is safe for concurrent use.
type Encoder struct {
	id      uint32 // of the labelled schema
	head    []byte // what each value begins with
	schema  *schema
	message int
}

// prepared is an encoder, or why there can be none.
type prepared struct {
	encoder *Encoder
	err     error
}

// Encoder returns the encoder for records of an input schema on their way to a topic: the labelled schema is the input's
// with the results' fields added, each with a default. It is registered under the topic's subject, or looked up where
// the configuration says so. The same arguments give the same encoder. Codes of errors:
//
//   - record.field_conflict: the input's schema has a field of a result's name; these records have no place for results
//   - schema.refused: the registry does not take the labelled schema, or does not have it
//   - schema.registry: the registry does not answer; the same call may be tried again
func (r *Registry) Encoder(ctx context.Context, f Format, topic string, input ID, results []Field) (*Encoder, error) {
	key := fmt.Sprintf("%s %q %d %v", f, topic, input, results)
	r.mu.Lock()
	p, ok := r.encoders[key]
	r.mu.Unlock()
	if ok {
		return p.encoder, p.err
	}
	e, err := r.prepare(ctx, f, topic, input, results)
	if err != nil && fault.FateOf(err) != fault.Row { // what is no record's fault may be mended and asked again
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if p, ok := r.encoders[key]; ok { // two callers came at once; registering twice gives the same id
		return p.encoder, p.err
	}
	r.encoders[key] = prepared{e, err}
	return e, err
}

func (r *Registry) prepare(ctx context.Context, f Format, topic string, input ID, results []Field) (*Encoder, error) {
	if err := result.Check(results); err != nil {
		return nil, err
	}
	in, err := r.schema(ctx, input.Schema())
	if err != nil {
		return nil, err
	}
	if in.format != f || in.broken != nil {
		return nil, fault.New(fault.RecordSchema, "the schema %d is no readable schema of %s", input.Schema(), f)
	}
	text, err := in.labelled(input.message(), results)
	if err != nil {
		return nil, err
	}
	out := &schema{
		format: f, text: sr.Schema{Schema: text, Type: in.text.Type, References: in.text.References}, references: in.references,
	}
	if err := out.compile(text, false, result.Names(results)...); err != nil {
		return nil, err
	}
	id, err := r.register(ctx, r.cfg.subject(topic), out.text)
	if err != nil {
		return nil, err
	}
	e := &Encoder{id: id, schema: out, message: input.message()}
	e.head = binary.BigEndian.AppendUint32([]byte{0}, id)
	if f == Protobuf {
		e.head = out.protobuf.AppendIndex(e.head, e.message)
	}
	return e, nil
}

func (s *schema) labelled(message int, results []Field) (string, error) {
	switch s.format {
	case Avro:
		return s.avro.Labelled(s.text.Schema, results)
	case Protobuf:
		return s.protobuf.Labelled(s.text.Schema, message, results)
	default:
		return jsonschema.Labelled(s.text.Schema, results)
	}
}

// register returns the id of a schema under a subject.
func (r *Registry) register(ctx context.Context, subject string, s sr.Schema) (uint32, error) {
	if r.cfg.autoRegister() {
		id, err := r.client.RegisterSchema(ctx, subject, s, -1, -1)
		if message, no := refused(err); no {
			return 0, fault.New(fault.SchemaRefused, "%s does not take the labelled schema: %s (%s)", subject, message, r.level(ctx, subject))
		} else if err != nil {
			return 0, away(err, "register the labelled schema under %s", subject)
		}
		return uint32(id), nil
	}
	found, err := r.client.LookupSchema(ctx, subject, s)
	if message, no := refused(err); no {
		return 0, fault.New(fault.SchemaRefused, "%s does not have the labelled schema: %s (%s)", subject, message, r.level(ctx, subject)).
			WithFix("register this schema there, or set auto_register: true: %s", s.Schema)
	} else if err != nil {
		return 0, away(err, "look up the labelled schema under %s", subject)
	}
	return uint32(found.ID), nil
}

// level says what the registry asks of a subject's schemas.
func (r *Registry) level(ctx context.Context, subject string) string {
	for _, of := range []string{subject, sr.GlobalSubject} {
		for _, got := range r.client.Compatibility(ctx, of) {
			if got.Err == nil {
				return "its compatibility level is " + got.Level.String()
			}
		}
	}
	return "its compatibility level is not known"
}

// ID is the registry's id of the labelled schema.
func (e *Encoder) ID() uint32 { return e.id }

// Schema is the text of the labelled schema.
func (e *Encoder) Schema() string { return e.schema.text.Schema }

// Append appends a labelled record's value and returns the extended buffer. Results may be missing or null, which gives
// their default. On an error, which has the code record.schema, dst is as it was.
func (e *Encoder) Append(dst, json []byte) ([]byte, error) {
	out := append(dst, e.head...)
	var err error
	switch e.schema.format {
	case Avro:
		out, err = e.schema.avro.AppendBinary(out, json)
	case Protobuf:
		out, err = e.schema.protobuf.AppendBinary(out, e.message, json)
	default:
		out = append(out, bytes.TrimSpace(json)...)
	}
	if err != nil {
		return dst, err
	}
	return out, nil
}
