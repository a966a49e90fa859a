package parquet

import (
	"bytes"
	"context"
	"encoding/binary"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"github.com/winnow-stream/winnow/connectors/parquet/page"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

var update = flag.Bool("update", false, "write the bad files and the errors that they give anew")

const badFolder = "../../testdata/bad/parquet"

// sound is the file that the bad ones are made of: 100 rows in two row groups, with page checksums.
func sound(t testing.TB, bad bool) []byte {
	t.Helper()
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "id", Type: arrow.PrimitiveTypes.Int64},
		{Name: "text", Type: arrow.BinaryTypes.String, Nullable: true},
		{Name: "tags", Type: arrow.ListOf(arrow.BinaryTypes.String), Nullable: true},
	}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	for i := range 100 {
		b.Field(0).(*array.Int64Builder).Append(int64(i))
		text := fmt.Sprintf("ticket number %d", i)
		if bad && i%40 == 7 {
			text = "caf\xe9"
		}
		b.Field(1).(*array.StringBuilder).Append(text)
		l := b.Field(2).(*array.ListBuilder)
		l.Append(i%3 > 0)
		l.ValueBuilder().(*array.StringBuilder).Append([]string{"red", "green"}[i%2])
	}
	rec := b.NewRecordBatch()
	path := tempPath(t, "sound.parquet")
	ctx := context.Background()
	sink := NewSink(SinkConfig{Path: path, RowGroupRows: 50, Compression: "snappy"}, osEnv)
	if err := sink.Open(ctx, pipeline.SinkOpen{Input: &pipeline.Layout{Schema: schema}}); err != nil {
		t.Fatal(err)
	}
	for at := range int64(2) {
		if err := sink.Write(ctx, &pipeline.Batch{Record: rec.NewSlice(at*50, at*50+50)}); err != nil {
			t.Fatal(err)
		}
	}
	r, err := sink.Prepare(ctx, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := sink.Seal(ctx, r); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// refoot gives a file's data another footer.
func refoot(t testing.TB, data []byte, change func(m *format.FileMetaData)) []byte {
	t.Helper()
	n := int(binary.LittleEndian.Uint32(data[len(data)-8:]))
	at := len(data) - 8 - n
	var m format.FileMetaData
	if err := thrift.Unmarshal(new(thrift.CompactProtocol), data[at:at+n], &m); err != nil {
		t.Fatal(err)
	}
	m.CreatedBy = "another writer"
	change(&m)
	return foot(t, slices.Clone(data[:at]), &m)
}

func foot(t testing.TB, data []byte, m *format.FileMetaData) []byte {
	t.Helper()
	raw, err := thrift.Marshal(new(thrift.CompactProtocol), m)
	if err != nil {
		t.Fatal(err)
	}
	data = append(data, raw...)
	data = binary.LittleEndian.AppendUint32(data, uint32(len(raw)))
	return append(data, magic...)
}

// onePage is a file of one optional text column "text" and ten rows, whose only page is made by hand and has no checksum.
func onePage(t testing.TB, codec format.CompressionCodec, body []byte, change func(h *format.PageHeader)) []byte {
	t.Helper()
	h := format.PageHeader{UncompressedPageSize: int32(len(body)), CompressedPageSize: int32(len(body))}
	h.DataPageHeader.Set(format.DataPageHeader{NumValues: 10, DefinitionLevelEncoding: format.RLE, RepetitionLevelEncoding: format.RLE})
	change(&h)
	head, err := thrift.Marshal(new(thrift.CompactProtocol), &h)
	if err != nil {
		t.Fatal(err)
	}
	data := append(append([]byte(magic), head...), body...)
	elem := format.SchemaElement{Name: "text", LogicalType: format.LogicalType{Value: new(format.StringType)}}
	elem.Type.Set(format.ByteArray)
	elem.RepetitionType.Set(format.Optional)
	root := format.SchemaElement{Name: "schema"}
	root.NumChildren.Set(1)
	size := int64(len(head) + len(body))
	return foot(t, data, &format.FileMetaData{
		Version: 1, Schema: []format.SchemaElement{root, elem}, NumRows: 10,
		RowGroups: []format.RowGroup{{NumRows: 10, Columns: []format.ColumnChunk{{MetaData: format.ColumnMetaData{
			Type: format.ByteArray, Encoding: []format.Encoding{format.Plain}, PathInSchema: []string{"text"}, Codec: codec,
			NumValues: 10, TotalUncompressedSize: size, TotalCompressedSize: size, DataPageOffset: 4,
		}}}}},
	})
}

// texts are the levels of ten values and the values.
func texts() []byte {
	body := []byte{2, 0, 0, 0, 20, 1}
	for range 10 {
		body = append(body, 2, 0, 0, 0, 'o', 'k')
	}
	return body
}

func badFiles(t testing.TB) map[string][]byte {
	t.Helper()
	whole := sound(t, false)
	flip := func(at int) []byte {
		out := slices.Clone(whole)
		out[at] ^= 4
		return out
	}
	plain := format.Uncompressed
	same := func(*format.PageHeader) {}
	bomb, err := page.Compress(format.Zstd, nil, make([]byte, 100<<20))
	if err != nil {
		t.Fatal(err)
	}
	endless := foot(t, []byte(magic), &format.FileMetaData{Version: 1})
	list := bytes.LastIndex(endless, []byte{0x19, 0x0c}) // an empty list of structs: the row groups
	endless = slices.Replace(endless, list+1, list+2, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x07)
	binary.LittleEndian.PutUint32(endless[len(endless)-8:], uint32(len(endless)-12))
	text := bytes.Index(whole, []byte("ticket number"))
	return map[string][]byte{
		"empty_file":       {},
		"no_magic":         []byte("id,text\n1,this is a CSV file\n"),
		"cut":              whole[:len(whole)/2],
		"cut_by_one":       whole[:len(whole)-1],
		"trailing_garbage": append(slices.Clone(whole), "garbage\n"...),
		"footer_length":    append(slices.Clone(whole[:len(whole)-8]), "\xff\xff\xff\x7fPAR1"...),
		"footer_bit":       flip(len(whole) - 300),
		"footer_endless":   endless,
		"encrypted":        append(slices.Clone(whole[:len(whole)-4]), "PARE"...),
		"checksum":         flip(text + 5),
		"utf8":             sound(t, true),
		"codec":            refoot(t, whole, func(m *format.FileMetaData) { m.RowGroups[0].Columns[1].MetaData.Codec = format.LZO }),
		"codec_unknown":    refoot(t, whole, func(m *format.FileMetaData) { m.RowGroups[0].Columns[1].MetaData.Codec = 77 }),
		"rows_footer":      refoot(t, whole, func(m *format.FileMetaData) { m.NumRows++ }),
		"rows_2_to_the_40": refoot(t, whole, func(m *format.FileMetaData) { m.NumRows, m.RowGroups[0].NumRows = 1<<40+51, 1<<40+1 }),
		"rows_and_values":  refoot(t, whole, func(m *format.FileMetaData) { m.NumRows, m.RowGroups[1].NumRows = 99, 49 }),
		"rows_missing":     refoot(t, whole, addRows),
		"no_rows":          refoot(t, whole, func(m *format.FileMetaData) { m.NumRows, m.RowGroups = 0, []format.RowGroup{} }),
		"column_encrypted": refoot(t, whole, func(m *format.FileMetaData) {
			m.RowGroups[0].Columns[0].CryptoMetadata.Value = new(format.EncryptionWithFooterKey)
		}),
		"column_elsewhere":   refoot(t, whole, func(m *format.FileMetaData) { m.RowGroups[0].Columns[0].FilePath = "other.parquet" }),
		"column_beyond":      refoot(t, whole, func(m *format.FileMetaData) { m.RowGroups[1].Columns[2].MetaData.TotalCompressedSize = 1 << 30 }),
		"column_missing":     refoot(t, whole, func(m *format.FileMetaData) { m.RowGroups[1].Columns = m.RowGroups[1].Columns[:2] }),
		"column_name":        refoot(t, whole, func(m *format.FileMetaData) { m.RowGroups[1].Columns[1].MetaData.PathInSchema[0] = "test" }),
		"column_type":        refoot(t, whole, func(m *format.FileMetaData) { m.RowGroups[1].Columns[1].MetaData.Type = format.Int64 }),
		"schema_cut":         refoot(t, whole, func(m *format.FileMetaData) { m.Schema = m.Schema[:3] }),
		"schema_types":       refoot(t, whole, func(m *format.FileMetaData) { m.Schema[2].ConvertedType.V = 9 }),
		"schema_wide":        refoot(t, whole, func(m *format.FileMetaData) { m.Schema[0].NumChildren.V = 1 << 30 }),
		"page_2_gib":         onePage(t, plain, texts(), func(h *format.PageHeader) { h.UncompressedPageSize = 1<<31 - 1 }),
		"page_negative":      onePage(t, plain, texts(), func(h *format.PageHeader) { h.CompressedPageSize = -5 }),
		"page_beyond":        onePage(t, plain, texts(), func(h *format.PageHeader) { h.CompressedPageSize = 1 << 20 }),
		"page_encoding":      onePage(t, plain, texts(), func(h *format.PageHeader) { h.DataPageHeader.V.Encoding = 42 }),
		"page_bit_packed":    onePage(t, plain, texts(), func(h *format.PageHeader) { h.DataPageHeader.V.DefinitionLevelEncoding = format.BitPacked }),
		"page_index":         onePage(t, plain, texts(), func(h *format.PageHeader) { h.DataPageHeader.V.Encoding = format.RLEDictionary }),
		"page_type":          onePage(t, plain, texts(), func(h *format.PageHeader) { h.Type = 9 }),
		"page_values":        onePage(t, plain, texts(), func(h *format.PageHeader) { h.DataPageHeader.V.NumValues = 1_000_000 }),
		"page_short":         onePage(t, plain, texts(), func(h *format.PageHeader) { h.DataPageHeader.V.NumValues = 9 }),
		"page_levels":        onePage(t, plain, append([]byte{2, 0, 0, 0, 20, 9}, texts()[6:]...), same),
		"page_levels_length": onePage(t, plain, append([]byte{0, 0, 1, 0, 20, 1}, texts()[6:]...), same),
		"page_value":         onePage(t, plain, append(texts()[:60], 0xff, 0xff, 0xff, 0xff, 'o', 'k'), same),
		"page_header":        onePage(t, plain, nil, func(h *format.PageHeader) { h.DataPageHeader.Valid = false }),
		"page_bomb":          onePage(t, format.Zstd, bomb, func(h *format.PageHeader) { h.UncompressedPageSize = 66 }),
		"page_snappy":        onePage(t, format.Snappy, texts(), same),
		"page_gzip":          onePage(t, format.Gzip, texts(), same),
	}
}

// addRows lets the footer claim a row more than the pages of every column hold.
func addRows(m *format.FileMetaData) {
	m.NumRows++
	g := &m.RowGroups[1]
	g.NumRows++
	for i := range g.Columns {
		g.Columns[i].MetaData.NumValues++
	}
}

// TestBadFiles reads each bad file and compares what it says with the text beside it.
func TestBadFiles(t *testing.T) {
	if *update {
		if err := os.MkdirAll(filepath.Join(badFolder, "schemas.bad"), 0o755); err != nil {
			t.Fatal(err)
		}
		files := badFiles(t)
		whole := sound(t, false)
		other := refoot(t, whole, func(m *format.FileMetaData) {
			m.Schema[1].Name = "number"
			for i := range m.RowGroups {
				m.RowGroups[i].Columns[0].MetaData.PathInSchema[0] = "number"
			}
		})
		write := func(name string, data []byte) {
			if err := os.WriteFile(filepath.Join(badFolder, name), data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		for name, data := range files {
			write(name+".bad.parquet", data)
		}
		write("schemas.bad/a.parquet", whole)
		write("schemas.bad/b.parquet", other)
	}
	paths, err := filepath.Glob(filepath.Join(badFolder, "*.bad*"))
	if err != nil || len(paths) == 0 {
		t.Fatal(paths, err)
	}
	for _, path := range paths {
		name, _, _ := strings.Cut(filepath.Base(path), ".")
		t.Run(name, func(t *testing.T) {
			got := complaints(t, path)
			golden := filepath.Join(badFolder, name+".error")
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

// complaints is everything that reading a file says: the faults of rows, then the error.
func complaints(t testing.TB, path string) string {
	t.Helper()
	batches, err := readAll(t, NewSource(SourceConfig{Path: path}, osEnv), pipeline.Projection{Alloc: checked(t)})
	defer release(batches)
	var out strings.Builder
	say := func(err error) {
		e, ok := fault.As(err)
		if !ok {
			t.Fatalf("no code: %v", err)
		}
		out.WriteString(strings.ReplaceAll(e.Explain(), badFolder+"/", "") + "\n")
	}
	for _, b := range batches {
		for _, f := range b.Faults {
			say(f.Err)
		}
	}
	if err != nil {
		say(err)
	}
	return out.String()
}
