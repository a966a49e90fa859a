package registry

import (
	"bytes"
	"context"
	"encoding/binary"

	"github.com/tidwall/gjson"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// ID names the schema of a record, and for Protobuf its message in the schema too. It is stable: the same record has
// the same one after a restart. The zero ID is none.
type ID int64

// Schema is the registry's id.
func (id ID) Schema() uint32 { return uint32(id) }

// message is the number of the message within the schema.
func (id ID) message() int { return int(id >> 32) }

// Decoder makes JSON of records of one format. It is safe for concurrent use.
type Decoder struct {
	registry *Registry
	format   Format
}

// Decoder returns a decoder for records of a format.
func (r *Registry) Decoder(f Format) *Decoder { return &Decoder{r, f} }

// Append appends a record's value as one JSON object and returns the extended buffer and what an encoder needs to write
// such a record again. The context bounds the fetch of a schema that is new. On an error dst is as it was; the codes are
//
//   - schema.unknown: the value names no schema, or one that the registry does not know
//   - record.schema: the value does not fit its schema, or the schema is of another format or can't be read
//   - schema.registry: the registry does not answer; the same value may be tried again
func (d *Decoder) Append(ctx context.Context, dst, value []byte) (out []byte, id ID, err error) {
	if len(value) < headSize || value[0] != 0 {
		return dst, 0, fault.New(fault.SchemaUnknown, "the value does not begin with a byte 0 and the id of a schema").
			WithFix("look at the producer: it writes without the schema registry, or the format is another")
	}
	number, payload := binary.BigEndian.Uint32(value[1:]), value[headSize:]
	s, err := d.registry.schema(ctx, number)
	if err != nil {
		return dst, 0, err
	}
	if s.format != d.format {
		return dst, 0, fault.New(fault.RecordSchema, "the schema %d is of the type %s, not %s", number, s.text.Type, d.format)
	}
	if s.broken != nil {
		return dst, 0, fault.New(fault.RecordSchema, "the schema %d: %w", number, s.broken)
	}
	id = ID(number)
	switch s.format {
	case Avro:
		out, err = s.avro.AppendJSON(dst, payload)
	case Protobuf:
		var message int
		if message, payload, err = s.protobuf.TakeIndex(payload); err != nil {
			return dst, 0, err
		}
		id |= ID(message) << 32
		out, err = s.protobuf.AppendJSON(dst, message, payload)
	default:
		out, err = s.appendObject(dst, payload)
	}
	if err != nil {
		return dst, 0, err
	}
	return out, id, nil
}

// appendObject appends a payload that is JSON already.
func (s *schema) appendObject(dst, payload []byte) ([]byte, error) {
	payload = bytes.TrimSpace(payload)
	if len(payload) == 0 || payload[0] != '{' || !gjson.ValidBytes(payload) {
		return dst, fault.New(fault.RecordSchema, "the payload is not one JSON object")
	}
	if s.json != nil {
		if err := s.json.Validate(payload); err != nil {
			return dst, err
		}
	}
	return append(dst, payload...), nil
}
