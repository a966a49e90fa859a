package parquet

import (
	"fmt"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/decimal256"
	"github.com/apache/arrow-go/v18/arrow/float16"
	"github.com/apache/arrow-go/v18/arrow/memory"
	pq "github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"

	"github.com/winnow-stream/winnow/pipeline"
)

// everyType is a schema with each type that a source gives.
func everyType() *arrow.Schema {
	opt := func(name string, t arrow.DataType) arrow.Field {
		return arrow.Field{Name: name, Type: t, Nullable: true}
	}
	req := func(name string, t arrow.DataType) arrow.Field { return arrow.Field{Name: name, Type: t} }
	inner := arrow.StructOf(opt("a", arrow.PrimitiveTypes.Int32), req("b", arrow.BinaryTypes.String))
	return arrow.NewSchema([]arrow.Field{
		req("id", arrow.PrimitiveTypes.Int64),
		opt("text", arrow.BinaryTypes.String),
		req("label", arrow.BinaryTypes.String),
		opt("bool", arrow.FixedWidthTypes.Boolean),
		opt("i8", arrow.PrimitiveTypes.Int8), opt("u8", arrow.PrimitiveTypes.Uint8),
		opt("i16", arrow.PrimitiveTypes.Int16), opt("u16", arrow.PrimitiveTypes.Uint16),
		opt("i32", arrow.PrimitiveTypes.Int32), opt("u32", arrow.PrimitiveTypes.Uint32),
		opt("u64", arrow.PrimitiveTypes.Uint64),
		opt("f16", arrow.FixedWidthTypes.Float16),
		opt("f32", arrow.PrimitiveTypes.Float32), req("f64", arrow.PrimitiveTypes.Float64),
		opt("bin", arrow.BinaryTypes.Binary), opt("fsb", &arrow.FixedSizeBinaryType{ByteWidth: 5}),
		opt("date", arrow.FixedWidthTypes.Date32),
		opt("t32", arrow.FixedWidthTypes.Time32ms), opt("t64us", arrow.FixedWidthTypes.Time64us), opt("t64ns", arrow.FixedWidthTypes.Time64ns),
		opt("ts_ms", arrow.FixedWidthTypes.Timestamp_ms), opt("ts_us", arrow.FixedWidthTypes.Timestamp_us),
		opt("ts_ns", arrow.FixedWidthTypes.Timestamp_ns),
		opt("ts_local", &arrow.TimestampType{Unit: arrow.Microsecond}),
		opt("dec9", &arrow.Decimal128Type{Precision: 9, Scale: 2}), opt("dec18", &arrow.Decimal128Type{Precision: 18, Scale: 3}),
		opt("dec38", &arrow.Decimal128Type{Precision: 38, Scale: 10}), opt("dec60", &arrow.Decimal256Type{Precision: 60, Scale: 4}),
		opt("list", arrow.ListOf(arrow.BinaryTypes.String)),
		opt("struct", inner),
		opt("list_struct", arrow.ListOf(inner)),
		opt("list_list", arrow.ListOf(arrow.ListOf(arrow.PrimitiveTypes.Int32))),
		opt("map", arrow.MapOf(arrow.BinaryTypes.String, arrow.PrimitiveTypes.Int64)),
		opt("deep", arrow.StructOf(opt("x", arrow.StructOf(opt("y", arrow.ListOf(arrow.StructOf(opt("z", arrow.PrimitiveTypes.Float64)))), opt("w", arrow.BinaryTypes.String))))),
	}, nil)
}

// randomRecord fills a schema with random values.
func randomRecord(schema *arrow.Schema, rows int, rng *rand.Rand) arrow.RecordBatch {
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	for i, f := range schema.Fields() {
		for range rows {
			appendRandom(b.Field(i), f, rng)
		}
	}
	return b.NewRecordBatch()
}

var words = []string{"good", "bad", "", "ünï", "a longer text that does not repeat often", "日本語", "x"}

func appendRandom(b array.Builder, f arrow.Field, rng *rand.Rand) {
	if f.Nullable && rng.IntN(4) == 0 {
		b.AppendNull()
		return
	}
	n := rng.Int64()
	switch b := b.(type) {
	case *array.Int64Builder:
		b.Append(n >> rng.IntN(64))
	case *array.StringBuilder:
		if f.Name == "text" {
			b.Append(fmt.Sprintf("%s %d", words[rng.IntN(len(words))], rng.IntN(1<<20)))
		} else {
			b.Append(words[rng.IntN(len(words))])
		}
	case *array.BooleanBuilder:
		b.Append(n&1 == 0)
	case *array.Int8Builder:
		b.Append(int8(n))
	case *array.Uint8Builder:
		b.Append(uint8(n))
	case *array.Int16Builder:
		b.Append(int16(n))
	case *array.Uint16Builder:
		b.Append(uint16(n))
	case *array.Int32Builder:
		b.Append(int32(n))
	case *array.Uint32Builder:
		b.Append(uint32(n))
	case *array.Uint64Builder:
		b.Append(rng.Uint64())
	case *array.Float16Builder:
		b.Append(float16.New(rng.Float32()))
	case *array.Float32Builder:
		b.Append(rng.Float32() - 0.5)
	case *array.Float64Builder:
		b.Append(rng.NormFloat64())
	case *array.BinaryBuilder:
		b.Append([]byte{byte(n), byte(n >> 8), 0xff}[:rng.IntN(4)])
	case *array.FixedSizeBinaryBuilder:
		b.Append([]byte{byte(n), 1, 2, 3, byte(n >> 8)})
	case *array.Date32Builder:
		b.Append(arrow.Date32(n % 50000))
	case *array.Time32Builder:
		b.Append(arrow.Time32(uint64(n) % 86_400_000))
	case *array.Time64Builder:
		b.Append(arrow.Time64(uint64(n) % 86_400_000_000))
	case *array.TimestampBuilder:
		b.Append(arrow.Timestamp(n % (1 << 60)))
	case *array.Decimal128Builder:
		limit := int64(999_999_999)
		if b.Type().(*arrow.Decimal128Type).Precision > 9 {
			limit = 999_999_999_999_999_999
		}
		v := decimal128.FromI64(n % limit)
		if b.Type().(*arrow.Decimal128Type).Precision > 18 {
			v = v.Mul(decimal128.FromI64(rng.Int64N(1_000_000_000_000)))
		}
		if rng.IntN(2) == 0 {
			v = v.Negate()
		}
		b.Append(v)
	case *array.Decimal256Builder:
		v := decimal256.FromI64(n).Mul(decimal256.FromI64(rng.Int64()))
		if rng.IntN(2) == 0 {
			v = v.Negate()
		}
		b.Append(v)
	case *array.MapBuilder:
		b.Append(true)
		t := b.Type().(*arrow.MapType)
		for range rng.IntN(4) {
			appendRandom(b.KeyBuilder(), arrow.Field{Type: t.KeyType()}, rng)
			appendRandom(b.ItemBuilder(), t.ItemField(), rng)
		}
	case *array.ListBuilder:
		b.Append(true)
		for range rng.IntN(4) {
			appendRandom(b.ValueBuilder(), b.Type().(*arrow.ListType).ElemField(), rng)
		}
	case *array.StructBuilder:
		b.Append(true)
		for i, c := range b.Type().(*arrow.StructType).Fields() {
			appendRandom(b.FieldBuilder(i), c, rng)
		}
	default:
		panic(fmt.Sprintf("no random value for %T", b))
	}
}

// writeForeign writes records with pqarrow.
func writeForeign(t testing.TB, path string, rec arrow.RecordBatch, groupRows int64, opts ...pq.WriterProperty) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	table := array.NewTableFromRecords(rec.Schema(), []arrow.RecordBatch{rec})
	defer table.Release()
	props := pq.NewWriterProperties(append([]pq.WriterProperty{pq.WithMaxRowGroupLength(groupRows)}, opts...)...)
	if err := pqarrow.WriteTable(table, f, groupRows, props, pqarrow.DefaultWriterProps()); err != nil {
		t.Fatal(err)
	}
}

func TestSourceReadsEveryTypeAsPqarrow(t *testing.T) {
	sequential(t)
	rec := randomRecord(everyType(), 600, rand.New(rand.NewPCG(1, 2)))
	defer rec.Release()
	for name, opts := range map[string][]pq.WriterProperty{
		"plain":       {pq.WithDictionaryDefault(false)},
		"dictionary":  {pq.WithDictionaryDefault(true), pq.WithCompression(compress.Codecs.Snappy)},
		"zstd v2":     {pq.WithDataPageVersion(pq.DataPageV2), pq.WithCompression(compress.Codecs.Zstd)},
		"gzip":        {pq.WithCompression(compress.Codecs.Gzip)},
		"brotli v2":   {pq.WithDataPageVersion(pq.DataPageV2), pq.WithCompression(compress.Codecs.Brotli)},
		"lz4":         {pq.WithCompression(compress.Codecs.Lz4Raw)},
		"small pages": {pq.WithDataPageSize(1000), pq.WithBatchSize(100)},
		"full dict":   {pq.WithDictionaryPageSizeLimit(2000), pq.WithDataPageSize(1000), pq.WithBatchSize(100)},
	} {
		t.Run(name, func(t *testing.T) {
			path := tempPath(t, "in.parquet")
			writeForeign(t, path, rec, 250, opts...)
			for _, rows := range []int{1, 7, 4096} {
				alloc := checked(t)
				batches, err := readAll(t, NewSource(SourceConfig{Path: path}, osEnv), pipeline.Projection{Rows: rows, Alloc: alloc})
				if err != nil {
					t.Fatal(err)
				}
				sameAsJudge(t, path, batches)
				release(batches)
			}
		})
	}
}

func TestSinkWritesEveryTypeAsRead(t *testing.T) {
	sequential(t)
	rec := randomRecord(everyType(), 2500, rand.New(rand.NewPCG(3, 4)))
	defer rec.Release()
	in := tempPath(t, "in.parquet")
	writeForeign(t, in, rec, 1700)
	for _, codec := range []string{"zstd", "snappy", "gzip", "none"} {
		for _, rows := range []int{7, 4096} {
			for _, every := range []int{0, 1} {
				if rows == 7 && every == 1 && codec != "zstd" {
					continue // a commit for each 7 rows is slow, and no codec's matter
				}
				t.Run(fmt.Sprintf("%s/%d/%d", codec, rows, every), func(t *testing.T) {
					out := tempPath(t, "out.parquet")
					src := NewSource(SourceConfig{Path: in}, osEnv)
					copyFile(t, src, SinkConfig{Path: out, Compression: codec, RowGroupRows: 2000}, pipeline.Projection{Rows: rows, Alloc: checked(t)}, every*(1+rows%10))
					batches, err := readAll(t, NewSource(SourceConfig{Path: out}, osEnv), pipeline.Projection{})
					if err != nil {
						t.Fatal(err)
					}
					defer release(batches)
					sameAsJudge(t, out, batches)
					sameAsJudge(t, in, batches)
				})
			}
		}
	}
}
