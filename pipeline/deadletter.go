package pipeline

import (
	"encoding/base64"
	"encoding/json"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// DeadLetterLayout is what the sink of the dead letters is opened with: why a record was rejected, where it stood, and
// its original bytes, as text where they are UTF-8 (record) and in base64 where not (record_base64).
var DeadLetterLayout = &Layout{
	Format: "dead",
	Schema: deadLetterSchema,
	Raw:    RawNone,
}

var omitNull = arrow.NewMetadata([]string{"omit_null"}, []string{"true"})

// headersType is a message's headers with values as text where they are UTF-8, else in base64 with a mark before it.
var headersType = arrow.ListOf(arrow.StructOf(
	arrow.Field{Name: "key", Type: arrow.BinaryTypes.String},
	arrow.Field{Name: "value", Type: arrow.BinaryTypes.String, Nullable: true},
	arrow.Field{Name: "value_base64", Type: arrow.BinaryTypes.String, Nullable: true},
))

var deadLetterSchema = arrow.NewSchema([]arrow.Field{
	{Name: "code", Type: arrow.BinaryTypes.String},
	{Name: "message", Type: arrow.BinaryTypes.String},
	{Name: "fix", Type: arrow.BinaryTypes.String, Nullable: true},
	{Name: "file", Type: arrow.BinaryTypes.String},
	{Name: "split", Type: arrow.BinaryTypes.String},
	{Name: "offset", Type: arrow.PrimitiveTypes.Int64},
	{Name: "line", Type: arrow.PrimitiveTypes.Int64, Nullable: true},
	{Name: "attempts", Type: arrow.PrimitiveTypes.Int64},
	{Name: "classifier", Type: arrow.BinaryTypes.String, Nullable: true},
	{Name: "record", Type: arrow.BinaryTypes.String, Nullable: true},
	{Name: "record_base64", Type: arrow.BinaryTypes.String, Nullable: true},
	// Of messages: what they have beside their value.
	{Name: "time", Type: arrow.FixedWidthTypes.Timestamp_ms, Nullable: true},
	{Name: "key", Type: arrow.BinaryTypes.String, Nullable: true},
	{Name: "key_base64", Type: arrow.BinaryTypes.String, Nullable: true},
	{Name: "headers", Type: headersType, Nullable: true},
	// Of records that are too large to be kept.
	{Name: "size", Type: arrow.PrimitiveTypes.Int64, Nullable: true},
	{Name: "sha256", Type: arrow.BinaryTypes.String, Nullable: true},
}, &omitNull)

// deadRecord is the schema of the batches: these columns behind the offset of the record in its split.
var deadRecord = arrow.NewSchema(append([]arrow.Field{{Name: ColOffset, Type: arrow.PrimitiveTypes.Int64}}, deadLetterSchema.Fields()...), &omitNull)

// deadLetters makes a batch of a batch's dead rows, in their order. The caller releases its Record.
func (p *Pipeline) deadLetters(b *Batch) *Batch {
	faults := make(map[int]*RowFault, len(b.Faults))
	for i := range b.Faults {
		faults[b.Faults[i].Row] = &b.Faults[i]
	}
	build := array.NewRecordBuilder(p.cfg.Alloc, deadRecord)
	defer build.Release()
	for row := range b.Len() {
		if f := faults[row]; f != nil {
			p.appendLetter(build, b, f)
		}
	}
	return &Batch{Split: b.Split, First: b.First, Next: b.Next, Record: build.NewRecordBatch()}
}

func (p *Pipeline) appendLetter(build *array.RecordBuilder, b *Batch, f *RowFault) {
	str := func(column int, s string) {
		c := build.Field(column).(*array.StringBuilder)
		if s == "" {
			c.AppendNull()
			return
		}
		c.Append(s)
	}
	build.Field(0).(*array.Int64Builder).Append(b.Offsets()[f.Row])
	str(1, f.Err.Code.ID)
	str(2, f.Err.What)
	str(3, f.Err.Remedy())
	from := b.Origin(f.Row)
	str(4, from.File)
	str(5, from.Split)
	build.Field(6).(*array.Int64Builder).Append(from.Offset)
	line := build.Field(7).(*array.Int64Builder)
	if f.Err.Where.Line > 0 {
		line.Append(f.Err.Where.Line)
	} else {
		line.AppendNull()
	}
	build.Field(8).(*array.Int64Builder).Append(from.Attempts + 1)
	str(9, b.gen.version)
	text, binary := originalRecord(b, f)
	str(10, text)
	str(11, binary)
	appendMessage(build, b, f.Row)
	if size := build.Field(16).(*array.Int64Builder); f.Size > 0 {
		size.Append(f.Size)
	} else {
		size.AppendNull()
	}
	str(17, f.SHA256)
}

// appendMessage fills in what a message has beside its value.
func appendMessage(build *array.RecordBuilder, b *Batch, row int) {
	at := build.Field(12).(*array.TimestampBuilder)
	if c, ok := b.Column(ColTime).(*array.Timestamp); ok && c.IsValid(row) {
		at.Append(c.Value(row))
	} else {
		at.AppendNull()
	}
	text, binary := build.Field(13).(*array.StringBuilder), build.Field(14).(*array.StringBuilder)
	if c, ok := b.Column(ColKey).(*array.Binary); ok && c.IsValid(row) {
		appendEither(text, binary, c.Value(row))
	} else {
		text.AppendNull()
		binary.AppendNull()
	}
	list := build.Field(15).(*array.ListBuilder)
	c, ok := b.Column(ColHeaders).(*array.List)
	if !ok || c.IsNull(row) {
		list.AppendNull()
		return
	}
	from, to := c.ValueOffsets(row)
	pairs := c.ListValues().(*array.Struct)
	keys, values := pairs.Field(0).(*array.String), pairs.Field(1).(*array.Binary)
	list.Append(true)
	pair := list.ValueBuilder().(*array.StructBuilder)
	for i := int(from); i < int(to); i++ {
		pair.Append(true)
		pair.FieldBuilder(0).(*array.StringBuilder).Append(keys.Value(i))
		appendEither(pair.FieldBuilder(1).(*array.StringBuilder), pair.FieldBuilder(2).(*array.StringBuilder), values.Value(i))
	}
}

// appendEither appends bytes as text where they are UTF-8, else in base64 to the other column.
func appendEither(text, binary *array.StringBuilder, value []byte) {
	if utf8.Valid(value) {
		text.Append(string(value))
		binary.AppendNull()
		return
	}
	text.AppendNull()
	binary.Append(base64.StdEncoding.EncodeToString(value))
}

// originalRecord is a row as it came, a line without its end: as text, or in base64 where it is not UTF-8. A source
// without bytes of single records gives its columns as a JSON object.
func originalRecord(b *Batch, f *RowFault) (text, binary string) {
	raw := f.Raw
	if original, ok := b.Column(ColOriginal).(*array.Binary); ok && raw == nil && f.Size == 0 {
		raw = original.Value(f.Row)
	}
	if raw == nil && f.Size == 0 {
		raw = b.Raw(f.Row)
	}
	if raw == nil && b.Column(ColRaw) == nil {
		raw = rowJSON(b.Record, f.Row)
	}
	for !b.Streamed && len(raw) > 0 && (raw[len(raw)-1] == '\n' || raw[len(raw)-1] == '\r') {
		raw = raw[:len(raw)-1]
	}
	if utf8.Valid(raw) {
		return string(raw), ""
	}
	return "", base64.StdEncoding.EncodeToString(raw)
}

func rowJSON(rec arrow.RecordBatch, row int) []byte {
	object := make(map[string]any, rec.NumCols())
	for i, f := range rec.Schema().Fields() {
		if f.Name[0] != '_' {
			object[f.Name] = rec.Column(i).GetOneForMarshal(row)
		}
	}
	data, err := json.Marshal(object)
	if err != nil { // NaN and the like: the position still tells which row it was
		return nil
	}
	return data
}
