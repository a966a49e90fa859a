package column_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/parquet-go/parquet-go/format"

	"github.com/winnow-stream/winnow/connectors/parquet/column"
	"github.com/winnow-stream/winnow/connectors/parquet/page"
	"github.com/winnow-stream/winnow/connectors/parquet/schema"
)

// trip writes a flat array as a row group of pages of so many rows and reads it back.
func trip(t testing.TB, arr arrow.Array, nullable bool, pageRows int) (arrow.Array, *column.Written) {
	t.Helper()
	elements, err := schema.Build([]arrow.Field{{Name: "f", Type: arr.DataType(), Nullable: nullable}})
	if err != nil {
		t.Fatal(err)
	}
	tree, err := schema.Parse(elements)
	if err != nil {
		t.Fatal(err)
	}
	g := column.NewRowGroup(tree.Columns, format.Snappy, nil)
	enc := column.NewEncoders(tree.Fields[0], format.Snappy, nil)[0]
	for from := 0; from < arr.Len(); from += pageRows {
		to := min(from+pageRows, arr.Len())
		if err := enc.Append(array.NewSlice(arr, int64(from), int64(to)), nil); err != nil {
			t.Fatal(err)
		}
		p, err := enc.Cut()
		if err != nil {
			t.Fatal(err)
		}
		if err := g.Add(0, []*column.Page{p}); err != nil {
			t.Fatal(err)
		}
	}
	g.Rows = int64(arr.Len())
	buf := bytes.NewBufferString("PAR1")
	w, err := g.Write(buf, 4, 0)
	if err != nil {
		t.Fatal(err)
	}
	chunk := column.Chunk{Rows: g.Rows, Meta: &w.Meta.Columns[0].MetaData, End: int64(buf.Len())}
	r := column.NewReader(bytes.NewReader(buf.Bytes()), tree.Columns[0], []column.Chunk{chunk}, column.Options{Alloc: memory.DefaultAllocator, MaxValue: math.MaxInt})
	if n, err := r.Read(arr.Len(), math.MaxInt32); n != arr.Len() || err != nil {
		t.Fatalf("%d rows of %d: %v", n, arr.Len(), err)
	}
	if err := r.Finish(); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Read(1, 1); !errors.Is(err, io.EOF) {
		t.Errorf("after the end: %v", err)
	}
	return r.Take().Array, w
}

// TestPagesGoBackToTheirSpares holds that a row group gives memory back to whom it was taken from, which is not always its
// own sink.
func TestPagesGoBackToTheirSpares(t *testing.T) {
	elements, err := schema.Build([]arrow.Field{{Name: "f", Type: arrow.PrimitiveTypes.Int64}})
	if err != nil {
		t.Fatal(err)
	}
	tree, err := schema.Parse(elements)
	if err != nil {
		t.Fatal(err)
	}
	encodes, writes := column.NewSpares(1), column.NewSpares(1)
	enc := column.NewEncoders(tree.Fields[0], format.Snappy, encodes)[0]
	build := array.NewInt64Builder(memory.DefaultAllocator)
	build.AppendValues([]int64{1, 2, 3}, nil)
	if err := enc.Append(build.NewArray(), nil); err != nil {
		t.Fatal(err)
	}
	p, err := enc.Cut()
	if err != nil {
		t.Fatal(err)
	}
	g := column.NewRowGroup(tree.Columns, format.Snappy, writes)
	if err := g.Add(0, []*column.Page{p}); err != nil {
		t.Fatal(err)
	}
	if g.Recycle(); len(encodes[0]) != 1 || len(writes[0]) != 0 {
		t.Errorf("%d pages' memory with who encodes, %d with who writes", len(encodes[0]), len(writes[0]))
	}
}

// TestForeignTypes writes Arrow types that Parquet does not have, and reads what they become.
func TestForeignTypes(t *testing.T) {
	day := time.Date(1969, 12, 30, 0, 0, 0, 0, time.UTC)
	build := func(typ arrow.DataType, fill func(b array.Builder)) arrow.Array {
		b := array.NewBuilder(memory.DefaultAllocator, typ)
		fill(b)
		b.AppendNull()
		return b.NewArray()
	}
	text := func(b array.Builder) {
		for _, s := range []string{"one", "two", "one", "a text that is longer than the others"} {
			if err := b.AppendValueFromString(s); err != nil {
				t.Fatal(err)
			}
		}
	}
	texts := "[one two one a text that is longer than the others (null)]"
	for want, arrays := range map[string][]arrow.Array{
		texts: {
			build(arrow.BinaryTypes.LargeString, text), build(arrow.BinaryTypes.StringView, text),
			build(&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Uint8, ValueType: arrow.BinaryTypes.String}, text),
		},
		"[YQ== (null)]": {
			build(arrow.BinaryTypes.LargeBinary, func(b array.Builder) { b.(*array.BinaryBuilder).Append([]byte("a")) }),
			build(arrow.BinaryTypes.BinaryView, func(b array.Builder) { b.(*array.BinaryViewBuilder).Append([]byte("a")) }),
		},
		"[7 (null)]": {
			build(arrow.FixedWidthTypes.Duration_ms, func(b array.Builder) { b.(*array.DurationBuilder).Append(7) }),
			build(&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int16, ValueType: arrow.PrimitiveTypes.Int64}, func(b array.Builder) {
				if err := b.(*array.Int64DictionaryBuilder).Append(7); err != nil {
					t.Fatal(err)
				}
			}),
		},
		"[1969-12-30 (null)]":           {build(arrow.FixedWidthTypes.Date64, func(b array.Builder) { b.(*array.Date64Builder).Append(arrow.Date64FromTime(day)) })},
		"[00:00:05.000 (null)]":         {build(arrow.FixedWidthTypes.Time32s, func(b array.Builder) { b.(*array.Time32Builder).Append(5) })},
		"[1970-01-01T00:00:09Z (null)]": {build(arrow.FixedWidthTypes.Timestamp_s, func(b array.Builder) { b.(*array.TimestampBuilder).Append(9) })},
		"[(null)]":                      {build(arrow.Null, func(array.Builder) {})},
	} {
		for _, arr := range arrays {
			got, _ := trip(t, arr, true, 3)
			var all []string
			for i := range got.Len() {
				all = append(all, got.ValueStr(i))
			}
			if s := fmt.Sprint(all); s != want {
				t.Errorf("%s became %s, want %s", arr.DataType(), s, want)
			}
		}
	}
}

// TestDictionaryFillsUp writes texts that repeat within pages, of more distinct values than a dictionary takes.
func TestDictionaryFillsUp(t *testing.T) {
	b := array.NewStringBuilder(memory.DefaultAllocator)
	for i := range 60_000 {
		b.Append(fmt.Sprintf("%0400d", i/10))
	}
	arr := b.NewArray()
	got, w := trip(t, arr, false, 3000)
	if !array.Equal(got, arr) {
		t.Error("the texts differ")
	}
	if s := fmt.Sprint(w.Meta.Columns[0].MetaData.Encoding); s != "[PLAIN RLE_DICTIONARY]" {
		t.Errorf("encodings %s", s)
	}
	if n := w.Meta.Columns[0].MetaData.TotalUncompressedSize; n > 15<<20 {
		t.Errorf("%d bytes", n)
	}
}

// TestLongBounds cuts the bounds of long texts so that they stay bounds and texts.
func TestLongBounds(t *testing.T) {
	for name, s := range map[string]string{
		"ascii": strings.Repeat("k", 200), "umlauts": strings.Repeat("ü", 100), "the last character": strings.Repeat("\U0010ffff", 50),
		"before the surrogates": "a" + strings.Repeat("\ud7ff", 60), "delete": strings.Repeat("\x7f", 100),
	} {
		b := array.NewStringBuilder(memory.DefaultAllocator)
		b.AppendValues([]string{s, s + "z", s + "a"}, nil)
		_, w := trip(t, b.NewArray(), false, 100)
		least, most := string(w.Columns[0].MinValues[0]), string(w.Columns[0].MaxValues[0])
		if least > s || most < s+"z" || strings.ToValidUTF8(least+most, "") != least+most {
			t.Errorf("%s: %q to %q", name, least, most)
		}
		if name != "the last character" && len(most) > 70 {
			t.Errorf("%s: the greatest has %d bytes", name, len(most))
		}
	}
	b := array.NewBinaryBuilder(memory.DefaultAllocator, arrow.BinaryTypes.Binary)
	b.Append(append(bytes.Repeat([]byte{1}, 60), bytes.Repeat([]byte{0xff}, 60)...))
	_, w := trip(t, b.NewArray(), false, 100)
	if most := w.Columns[0].MaxValues[0]; len(most) != 60 || most[59] != 2 {
		t.Errorf("%x", most)
	}
}

func TestFloatBounds(t *testing.T) {
	b := array.NewFloat64Builder(memory.DefaultAllocator)
	b.AppendValues([]float64{0, math.NaN(), math.Copysign(0, -1), math.Inf(1), math.NaN()}, nil)
	_, w := trip(t, b.NewArray(), false, 3)
	m := w.Meta.Columns[0].MetaData.Statistics
	if fmt.Sprintf("%x %x", m.MinValue, m.MaxValue) != "0000000000000080 000000000000f07f" {
		t.Errorf("%x to %x", m.MinValue, m.MaxValue)
	}
	b.AppendValues([]float64{math.NaN()}, nil)
	if _, w = trip(t, b.NewArray(), false, 1); len(w.Columns[0].NullPages) > 0 {
		t.Error("a page of NaN alone has bounds")
	}
}

func TestNullsInRequiredColumns(t *testing.T) {
	elements, err := schema.Build([]arrow.Field{
		{Name: "f", Type: arrow.PrimitiveTypes.Int32}, {Name: "s", Type: arrow.StructOf(arrow.Field{Name: "x", Type: arrow.PrimitiveTypes.Int32})},
	})
	if err != nil {
		t.Fatal(err)
	}
	tree, err := schema.Parse(elements)
	if err != nil {
		t.Fatal(err)
	}
	b := array.NewInt32Builder(memory.DefaultAllocator)
	b.AppendNull()
	if err := column.NewEncoders(tree.Fields[0], format.Zstd, nil)[0].Append(b.NewArray(), nil); err == nil {
		t.Error("a null is written to a required column")
	}
	st := array.NewBuilder(memory.DefaultAllocator, arrow.StructOf(arrow.Field{Name: "x", Type: arrow.PrimitiveTypes.Int32, Nullable: true}))
	st.AppendNull()
	if err := column.NewEncoders(tree.Fields[1], format.Zstd, nil)[0].Append(st.NewArray(), nil); err == nil {
		t.Error("a null is written to a required struct")
	}
	s := array.NewStringBuilder(memory.DefaultAllocator)
	s.Append("x")
	if err := column.NewEncoders(tree.Fields[0], format.Zstd, nil)[0].Append(s.NewArray(), nil); err == nil {
		t.Error("a text is written to a column of numbers")
	}
}

func TestErrorsSayWhere(t *testing.T) {
	e := &column.Error{Column: "a.b", Group: 3, Offset: 77, Err: page.Corrupt("its checksum is wrong")}
	if s := e.Error(); s != "the page at byte 77 (row group 3): its checksum is wrong" || !errors.Is(e, page.ErrCorrupt) {
		t.Error(s)
	}
	e.Offset = -1
	if s := e.Error(); s != "the column in row group 3: its checksum is wrong" {
		t.Error(s)
	}
	read := &column.ReadError{Err: io.ErrClosedPipe}
	if !errors.Is(read, io.ErrClosedPipe) || read.Error() != io.ErrClosedPipe.Error() {
		t.Error(read)
	}
}
