package kafka

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/connectors/kafka/registry"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// colSchema is the hidden column of the schemas that values were read by: int64, registry.ID.
const colSchema = "_schema"

// registryFormats are the formats whose values name a schema of a registry.
var registryFormats = map[string]registry.Format{
	"avro": registry.Avro, "protobuf": registry.Protobuf, "json_schema": registry.JSONSchema,
}

// unwrapped is a batch's record with values of a registry's formats turned into JSON: offsets, values, then the schemas,
// the values as they came, and the message's other columns. Values that can't be read are killed.
func (d *decoder) unwrap(ctx context.Context, b *pipeline.Batch, alloc memory.Allocator) (arrow.RecordBatch, error) {
	whole := b.Record
	raw := whole.Column(1).(*array.Binary)
	values := array.NewBinaryBuilder(alloc, arrow.BinaryTypes.Binary)
	defer values.Release()
	ids := array.NewInt64Builder(alloc)
	defer ids.Release()
	values.Reserve(raw.Len())
	values.ReserveData(2 * len(raw.ValueBytes()))
	ids.Reserve(raw.Len())
	var scratch []byte
	for row := range raw.Len() {
		if !b.Live(row) || raw.IsNull(row) {
			values.AppendNull()
			ids.UnsafeAppend(-1)
			continue
		}
		text, id, err := d.registry.Append(ctx, scratch[:0], raw.Value(row))
		scratch = text
		if err != nil {
			e, ok := fault.As(err)
			if !ok || e.Code.Fate != fault.Row {
				return nil, err
			}
			b.Kill(row, e)
			values.AppendNull()
			ids.UnsafeAppend(-1)
			continue
		}
		values.Append(text)
		ids.UnsafeAppend(int64(id))
	}
	fields := append([]arrow.Field(nil), whole.Schema().Fields()...)
	cols := append([]arrow.Array(nil), whole.Columns()...)
	fields = append(fields, arrow.Field{Name: colSchema, Type: arrow.PrimitiveTypes.Int64},
		arrow.Field{Name: pipeline.ColOriginal, Type: arrow.BinaryTypes.Binary, Nullable: true})
	made, schemas := values.NewArray(), ids.NewArray()
	defer made.Release()
	defer schemas.Release()
	cols = append(cols, schemas, raw)
	cols[1] = made
	return array.NewRecordBatch(arrow.NewSchema(fields, nil), cols, whole.NumRows()), nil
}

// resultFields describes a classifier's result columns to a registry.
func resultFields(results *arrow.Schema) []registry.Field {
	var out []registry.Field
	for i, f := range results.Fields() {
		kind := registry.Classifier
		switch {
		case pipeline.IsEntities(f.Type):
			kind = registry.Entities
			if f.Type.(*arrow.ListType).Elem().(*arrow.StructType).NumFields() > pipeline.EntityID {
				kind = registry.EntitiesWithID
			}
		case pipeline.IsKeyphrases(f.Type):
			kind = registry.Keyphrases
		case pipeline.IsExplanation(f.Type):
			kind = registry.Explanation
			if f.Type.(*arrow.ListType).Elem().(*arrow.StructType).NumFields() > pipeline.ExplanationLabel {
				kind = registry.ExplanationByLabel
			}
		case i == 0:
			kind = registry.Label
		case f.Type.ID() == arrow.FLOAT32:
			kind = registry.Confidence
		case f.Type.ID() == arrow.LIST:
			kind = registry.Labels
		case f.Type.ID() == arrow.INT32:
			kind = registry.Tokens
		}
		out = append(out, registry.Field{Name: f.Name, Kind: kind})
	}
	return out
}

// wrap turns the JSON values of e into the registry's format, by the schema of each record and the results' fields. Rows
// that don't fit become faults, and have no value.
func (s *Sink) wrap(ctx context.Context, e *encoded, b *pipeline.Batch) error {
	ids, ok := b.Column(colSchema).(*array.Int64)
	if !ok {
		return fault.New(fault.SchemaInvalid, "the records came without schemas, so that none can be written in the format %s", s.cfg.Format).
			WithFix("set format: json for the sink, or read records of a schema registry")
	}
	last := int64(-1)
	lastTopic := ""
	var enc *registry.Encoder
	from := 0
	for i, row := range e.plain {
		to := e.ends[i]
		value := e.data[from : to-1] // without the line end
		from = to
		topic, stray := s.topicOf(b, int(row))
		if stray != nil { // no schema is registered for it
			e.faults = append(e.faults, rowFault(b, row, stray))
			e.wireEnds = append(e.wireEnds, len(e.wire))
			continue
		}
		var err error
		if id := ids.Value(int(row)); id != last || topic != lastTopic || enc == nil {
			enc, err = s.registry.Encoder(ctx, registryFormats[s.cfg.Format], topic, registry.ID(id), s.fields)
			last, lastTopic = id, topic
		}
		if err == nil {
			e.wire, err = enc.Append(e.wire, value)
		}
		if err != nil {
			f, ok := fault.As(err)
			if !ok || f.Code.Fate != fault.Row {
				return err
			}
			enc = nil
			e.faults = append(e.faults, rowFault(b, row, f))
		}
		e.wireEnds = append(e.wireEnds, len(e.wire))
	}
	return nil
}
