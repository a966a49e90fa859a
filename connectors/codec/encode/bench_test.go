package encode_test

import (
	"fmt"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/connectors/codec/encode"
	"github.com/winnow-stream/winnow/pipeline"
)

// benchRows is the engine's default batch.
const benchRows = 8192

// benchBatch is a batch of support tickets with 77 labels, as JSON lines, CSV records and columns at once.
func benchBatch(format pipeline.RawFormat) (*pipeline.Layout, *arrow.Schema, *pipeline.Batch) {
	result := arrow.NewSchema(single.Fields(), nil)
	user := text("id", "text")
	fields := append([]arrow.Field{{Name: pipeline.ColOffset, Type: arrow.PrimitiveTypes.Int64}, {Name: pipeline.ColRaw, Type: arrow.BinaryTypes.Binary}}, user.Fields()...)
	in := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema(fields, nil))
	out := array.NewRecordBuilder(memory.DefaultAllocator, result)
	for i := range benchRows {
		words := fmt.Sprintf("I still have not received my new card, I ordered over %d weeks ago and nobody answers", i%9)
		raw := fmt.Sprintf(`{"id":"ticket-%d","text":%q,"channel":"mail","urgent":false}`+"\n", i, words)
		if format == pipeline.RawCSV {
			raw = fmt.Sprintf("ticket-%d,%q\n", i, words)
		}
		in.Field(0).(*array.Int64Builder).Append(int64(i))
		in.Field(1).(*array.BinaryBuilder).Append([]byte(raw))
		in.Field(2).(*array.StringBuilder).Append(fmt.Sprintf("ticket-%d", i))
		in.Field(3).(*array.StringBuilder).Append(words)
		_ = out.Field(0).(*array.BinaryDictionaryBuilder).AppendString(fmt.Sprintf("card_arrival_%d", i%77))
		out.Field(1).(*array.Float32Builder).Append(float32(i%10000) / 10000)
		out.Field(2).(*array.Int32Builder).Append(int32(i % 40))
		_ = out.Field(3).(*array.BinaryDictionaryBuilder).AppendString("static@1")
	}
	layout := &pipeline.Layout{Schema: user, Raw: format}
	if format == pipeline.RawCSV {
		layout.CSV = &pipeline.Dialect{Delimiter: ',', Header: []byte("id,text"), LineEnd: "\n"}
	}
	return layout, result, &pipeline.Batch{Record: in.NewRecordBatch(), Result: out.NewRecordBatch()}
}

var benchmarks = []struct {
	name string
	raw  pipeline.RawFormat
	opts encode.Options
}{
	{"splice jsonl", pipeline.RawJSON, encode.Options{}},
	{"splice csv", pipeline.RawCSV, encode.Options{Format: encode.CSV}},
	{"columns to jsonl", pipeline.RawNone, encode.Options{}},
	{"columns to csv", pipeline.RawNone, encode.Options{Format: encode.CSV}},
	{"columns to cells", pipeline.RawNone, encode.Options{Format: encode.Cells}},
}

func BenchmarkAppend(b *testing.B) {
	for _, c := range benchmarks {
		b.Run(c.name, func(b *testing.B) {
			layout, result, batch := benchBatch(c.raw)
			e := encode.New(layout, result, c.opts)
			var buf []byte
			b.ReportAllocs()
			for b.Loop() {
				buf, _, _ = e.Append(buf[:0], batch)
			}
			b.SetBytes(int64(len(buf)))
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchRows, "ns/record")
		})
	}
}

// TestAllocations holds that encoding allocates for batches, never for records.
func TestAllocations(t *testing.T) {
	const limit = 0.01 // allocations a record
	for _, c := range benchmarks {
		layout, result, batch := benchBatch(c.raw)
		e := encode.New(layout, result, c.opts)
		buf, _, _ := e.Append(nil, batch)
		allocs := testing.AllocsPerRun(5, func() { buf, _, _ = e.Append(buf[:0], batch) })
		if perRecord := allocs / benchRows; perRecord > limit {
			t.Errorf("%s: %.3f allocations a record, want at most %.2f", c.name, perRecord, limit)
		}
	}
}
