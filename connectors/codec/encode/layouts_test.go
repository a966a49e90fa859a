package encode_test

import (
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/pipeline"
)

// input is a layout with a batch of it.
type input struct {
	name   string
	layout *pipeline.Layout
	result *arrow.Schema
	batch  func(t testing.TB, alloc memory.Allocator) *pipeline.Batch
}

var (
	utf8Type = arrow.BinaryTypes.String
	dictType = &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: utf8Type}
	jsonMeta = arrow.NewMetadata([]string{"json"}, []string{"true"})
	scores   = arrow.ListOf(arrow.StructOf(
		arrow.Field{Name: "label", Type: dictType},
		arrow.Field{Name: "confidence", Type: arrow.PrimitiveTypes.Float32},
	))
	single = arrow.NewSchema([]arrow.Field{
		{Name: "label", Type: dictType, Nullable: true},
		{Name: "confidence", Type: arrow.PrimitiveTypes.Float32, Nullable: true},
		{Name: "tokens", Type: arrow.PrimitiveTypes.Int32},
		{Name: "classifier", Type: dictType},
	}, nil)
	multi = arrow.NewSchema([]arrow.Field{
		{Name: "predicted_label", Type: dictType, Nullable: true},
		{Name: "predicted_confidence", Type: arrow.PrimitiveTypes.Float32, Nullable: true},
		{Name: "predicted_labels", Type: scores, Nullable: true},
	}, nil)
)

const (
	singleRows = `[
		{"label": "bug, \"fatal\"", "confidence": 0.93124, "tokens": 4, "classifier": "static@1"},
		{"label": null, "confidence": null, "tokens": 0, "classifier": "static@1"},
		{"label": "praise", "confidence": 1, "tokens": 12, "classifier": "static@1"},
		{"label": "praise", "confidence": 0.00004, "tokens": 3, "classifier": "static@1"}]`
	multiRows = `[
		{"predicted_label": "bug", "predicted_confidence": 0.5,
			"predicted_labels": [{"label": "bug", "confidence": 0.5}, {"label": "praise", "confidence": 0.25}]},
		{"predicted_label": null, "predicted_confidence": null, "predicted_labels": []},
		{"predicted_label": null, "predicted_confidence": null, "predicted_labels": null},
		{"predicted_label": "praise", "predicted_confidence": 0.9999, "predicted_labels": [{"label": "praise", "confidence": 0.9999}]}]`
)

// record builds a batch's columns from JSON, with offsets 0, 1, … before them.
func record(t testing.TB, alloc memory.Allocator, schema *arrow.Schema, rows string) arrow.RecordBatch {
	t.Helper()
	rec, _, err := array.RecordFromJSON(alloc, schema, strings.NewReader(rows))
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

// columns is a source without raw bytes.
func columns(name string, schema *arrow.Schema, rows string, result *arrow.Schema, results string) input {
	return input{
		name:   name,
		layout: &pipeline.Layout{Format: name, Schema: schema},
		result: result,
		batch: func(t testing.TB, alloc memory.Allocator) *pipeline.Batch {
			b := &pipeline.Batch{Split: &pipeline.Split{File: "in." + name}}
			fields := append([]arrow.Field{{Name: pipeline.ColOffset, Type: arrow.PrimitiveTypes.Int64}}, schema.Fields()...)
			cols := record(t, alloc, schema, rows)
			defer cols.Release()
			offsets := array.NewInt64Builder(alloc)
			defer offsets.Release()
			for i := range cols.NumRows() {
				offsets.Append(i)
			}
			first := offsets.NewArray()
			defer first.Release()
			all := append([]arrow.Array{first}, cols.Columns()...)
			b.Record = array.NewRecordBatch(arrow.NewSchema(fields, nil), all, cols.NumRows())
			if result != nil {
				b.Result = record(t, alloc, result, results)
			}
			return b
		},
	}
}

// raws is a source whose results are spliced.
func raws(name string, format pipeline.RawFormat, dialect *pipeline.Dialect, schema *arrow.Schema, lines []string, rows string, result *arrow.Schema, results string) input {
	with := columns(name, schema, rows, result, results)
	in := with
	in.layout = &pipeline.Layout{Format: name, Schema: schema, Raw: format, CSV: dialect, Open: format == pipeline.RawJSON}
	in.batch = func(t testing.TB, alloc memory.Allocator) *pipeline.Batch {
		b := with.batch(t, alloc)
		raw, extra := array.NewBinaryBuilder(alloc, arrow.BinaryTypes.Binary), array.NewStringBuilder(alloc)
		defer raw.Release()
		defer extra.Release()
		for i, l := range lines {
			raw.Append([]byte(l))
			if i == 0 {
				extra.Append(`{"deep":{"x":1},"y":"a,b"}`)
			} else {
				extra.AppendNull()
			}
		}
		rawCol, extraCol := raw.NewArray(), extra.NewArray()
		defer rawCol.Release()
		defer extraCol.Release()
		fields := append(b.Record.Schema().Fields(), arrow.Field{Name: pipeline.ColRaw, Type: arrow.BinaryTypes.Binary},
			arrow.Field{Name: pipeline.ColExtra, Type: utf8Type})
		old := b.Record
		b.Record = array.NewRecordBatch(arrow.NewSchema(fields, nil), append(old.Columns(), rawCol, extraCol), old.NumRows())
		old.Release()
		return b
	}
	return in
}

func text(names ...string) *arrow.Schema {
	fields := make([]arrow.Field, len(names))
	for i, n := range names {
		fields[i] = arrow.Field{Name: n, Type: utf8Type, Nullable: true}
	}
	return arrow.NewSchema(fields, nil)
}

func everyType() *arrow.Schema {
	n := func(name string, t arrow.DataType) arrow.Field {
		return arrow.Field{Name: name, Type: t, Nullable: true}
	}
	return arrow.NewSchema([]arrow.Field{
		n("i8", arrow.PrimitiveTypes.Int8), n("i16", arrow.PrimitiveTypes.Int16), n("i64", arrow.PrimitiveTypes.Int64),
		n("u8", arrow.PrimitiveTypes.Uint8), n("u16", arrow.PrimitiveTypes.Uint16), n("u32", arrow.PrimitiveTypes.Uint32),
		n("u64", arrow.PrimitiveTypes.Uint64), n("f16", arrow.FixedWidthTypes.Float16),
		n("f32", arrow.PrimitiveTypes.Float32), n("f64", arrow.PrimitiveTypes.Float64), n("ok", arrow.FixedWidthTypes.Boolean),
		n("large", arrow.BinaryTypes.LargeString), n("view", arrow.BinaryTypes.StringView), n("bytes", arrow.BinaryTypes.Binary), n("fixed", &arrow.FixedSizeBinaryType{ByteWidth: 2}),
		n("day", arrow.FixedWidthTypes.Date32), n("day64", arrow.FixedWidthTypes.Date64),
		n("at", &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}), n("local", &arrow.TimestampType{Unit: arrow.Second}),
		n("berlin", &arrow.TimestampType{Unit: arrow.Millisecond, TimeZone: "Europe/Berlin"}),
		n("clock", arrow.FixedWidthTypes.Time32s), n("clock64", arrow.FixedWidthTypes.Time64us), n("took", arrow.FixedWidthTypes.Duration_ms),
		n("price", &arrow.Decimal128Type{Precision: 20, Scale: 2}), n("wide", &arrow.Decimal256Type{Precision: 40, Scale: 3}),
		n("list", arrow.ListOf(arrow.PrimitiveTypes.Int32)), n("fixedlist", arrow.FixedSizeListOf(2, arrow.PrimitiveTypes.Int32)),
		n("object", arrow.StructOf(n("a", utf8Type), n("b", arrow.ListOf(utf8Type)))),
		n("map", arrow.MapOf(utf8Type, arrow.PrimitiveTypes.Int64)), n("intmap", arrow.MapOf(arrow.PrimitiveTypes.Int64, utf8Type)), n("dict", dictType), n("nothing", arrow.Null),
		{Name: "json", Type: utf8Type, Nullable: true, Metadata: jsonMeta},
	}, nil)
}

const everyTypeRows = `[
	{"i8": -8, "i16": 16, "i64": 9223372036854775807, "u8": 8, "u16": 16, "u32": 4294967295, "u64": 18446744073709551615,
		"f16": 0.5, "f32": 0.1, "f64": 1e-9, "ok": true, "large": "ä\n\"q\"", "view": "v", "bytes": "aGVsbG8=", "fixed": "aGk=",
		"day": "2026-01-31", "day64": "2026-01-31", "at": "2026-01-31T12:00:00.250000Z", "local": "2026-01-31T12:00:00", "berlin": "2026-07-31T12:00:00Z", "clock": "13:05:00", "clock64": "13:05:00.250000", "took": "1500ms",
		"price": "1234.50", "wide": "1234567890123456789012345.678", "list": [1, null, 3], "fixedlist": [1, 2],
		"object": {"a": "x", "b": ["y", null]}, "map": [{"key": "k", "value": 1}, {"key": "l", "value": null}], "intmap": [{"key": 7, "value": "seven"}], "dict": "d", "nothing": null, "json": "{\"k\":[1,2]}"},
	{"i8": null}, {"i8": 0, "f64": 1e300, "f32": -2.5, "list": [], "map": [], "dict": "d", "json": "null", "price": "-0.05", "took": "5ms"}, {"f64": 100, "large": "=1+1", "dict": "=d"}]`

func inputs() []input {
	reviews := []string{`{"id":1,"text":"it \u00e4 \"x\""}` + "\r\n", "  { \"id\" : 2 , \"text\":null }  \n", "{}\n", `{"id":4,"n":{"label":"inner"} }`}
	reviewRows := `[{"id": 1, "text": "it ä \"x\""}, {"id": 2, "text": null}, {}, {"id": 4}]`
	reviewSchema := arrow.NewSchema([]arrow.Field{{Name: "id", Type: arrow.PrimitiveTypes.Int64, Nullable: true}, {Name: "text", Type: utf8Type, Nullable: true}}, nil)
	records := []string{"1,\"a, b\"\r\n", "2,\r\n", "3,=1+1\n", "4,\"two\nlines\""}
	recordRows := `[{"id": "1", "text": "a, b"}, {"id": "2", "text": ""}, {"id": "3", "text": "=1+1"}, {"id": "4", "text": "two\nlines"}]`
	semicolon := &pipeline.Dialect{Delimiter: ';', Header: []byte("id;text"), LineEnd: "\n"}
	dead := pipeline.DeadLetterLayout
	deadInput := columns("dead", dead.Schema, `[
		{"code": "record.json", "message": "the line ends inside a JSON value", "fix": "put one JSON object on each line", "file": "a.jsonl", "split": "a.jsonl", "offset": 6, "line": 7, "attempts": 1, "record": "{\"a\":"},
		{"code": "record.utf8", "message": "byte 0xff", "file": "a.jsonl", "split": "a.jsonl", "offset": 8, "attempts": 1, "classifier": "static@1", "record_base64": "/w=="}]`, nil, "")
	deadInput.layout = dead
	return []input{
		raws("jsonl", pipeline.RawJSON, nil, reviewSchema, reviews, reviewRows, single, singleRows),
		raws("jsonl_multi", pipeline.RawJSON, nil, reviewSchema, reviews, reviewRows, multi, multiRows),
		raws("jsonl_copy", pipeline.RawJSON, nil, reviewSchema, reviews, reviewRows, nil, ""),
		raws("csv", pipeline.RawCSV, &pipeline.Dialect{Delimiter: ',', Header: []byte("id,\"te\"\"xt\""), LineEnd: "\r\n"}, text("id", "text"), records, recordRows, single, singleRows),
		raws("csv_multi", pipeline.RawCSV, &pipeline.Dialect{Delimiter: ',', Header: []byte("id,text"), LineEnd: "\n"}, text("id", "text"), records, recordRows, multi, multiRows),
		raws("csv_bare", pipeline.RawCSV, &pipeline.Dialect{Delimiter: ','}, text("id", "text"), records, recordRows, single, singleRows),
		raws("csv_semicolon", pipeline.RawCSV, semicolon, text("id", "text"), []string{"1;a\n", "2;b\n", "3;c\n", "4;d\n"}, recordRows, single, singleRows),
		columns("text", text("text"), `[{"text": "it ä \"x\""}, {"text": ""}, {"text": "-1, +2"}, {"text": null}]`, single, singleRows),
		columns("text_copy", text("text"), `[{"text": "a"}, {"text": ""}, {"text": "b"}, {"text": null}]`, nil, ""),
		columns("xlsx", text("id", "text"), recordRows, single, singleRows),
		columns("parquet", everyType(), everyTypeRows, multi, multiRows),
		deadInput,
	}
}
