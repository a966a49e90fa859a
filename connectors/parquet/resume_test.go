package parquet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	pq "github.com/apache/arrow-go/v18/parquet"
	"go.uber.org/goleak"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestResumeAtEveryRow opens each split at each of its rows, which are also the boundaries of pages and row groups, and
// reads on to the end in batches of several sizes.
func TestResumeAtEveryRow(t *testing.T) {
	sequential(t)
	rec := randomRecord(everyType(), 130, rand.New(rand.NewPCG(8, 8)))
	defer rec.Release()
	for name, version := range map[string]pq.DataPageVersion{"v1": pq.DataPageV1, "v2": pq.DataPageV2} {
		t.Run(name, func(t *testing.T) {
			path := tempPath(t, "in.parquet")
			writeForeign(t, path, rec, 50, pq.WithDataPageVersion(version), pq.WithDataPageSize(200), pq.WithBatchSize(10))
			src := NewSource(SourceConfig{Path: path}, osEnv)
			whole, err := readAll(t, src, pipeline.Projection{Rows: 1000})
			if err != nil {
				t.Fatal(err)
			}
			defer release(whole)
			layout, err := src.Layout(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			splits, err := src.Splits(context.Background())
			if err != nil || len(splits) != 1 {
				t.Fatal(splits, err)
			}
			for row := range rec.NumRows() + 1 {
				for _, rows := range []int{7, 4096} {
					want := pipeline.Projection{Columns: layout.Schema.Fields(), Rows: rows, Alloc: checked(t)}
					batches, err := readSplit(t, src, splits[0], pipeline.Position{Offset: row, Byte: -1}, want)
					if err != nil {
						t.Fatalf("from row %d: %v", row, err)
					}
					sameFrom(t, whole, batches, row)
					release(batches)
				}
			}
		})
	}
}

// sameFrom compares batches with the whole from a row on.
func sameFrom(t *testing.T, whole, batches []*pipeline.Batch, row int64) {
	t.Helper()
	next := row
	for _, b := range batches {
		if b.First != next {
			t.Fatalf("from row %d: a batch begins at %d, want %d", row, b.First, next)
		}
		for i, at := range b.Offsets() {
			if at != next+int64(i) {
				t.Fatalf("from row %d: offset %d, want %d", row, at, next+int64(i))
			}
		}
		next += int64(b.Len())
		if b.Next.Offset != next {
			t.Fatalf("from row %d: the next position is %d, want %d", row, b.Next.Offset, next)
		}
	}
	if len(batches) == 0 {
		return
	}
	for _, f := range batches[0].Record.Schema().Fields() {
		all := plainColumn(t, whole, f.Name)
		sameArray(t, fmt.Sprintf("%s from row %d", f.Name, row), plainColumn(t, batches, f.Name), array.NewSlice(all, row, int64(all.Len())))
	}
}

func TestSplitsCoverEveryRowOnce(t *testing.T) {
	schema := arrow.NewSchema([]arrow.Field{{Name: "id", Type: arrow.PrimitiveTypes.Int64}}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	for i := range int64(200_000) {
		b.Field(0).(*array.Int64Builder).Append(i)
	}
	rec := b.NewRecordBatch()
	dir := t.TempDir()
	writeForeign(t, filepath.Join(dir, "b.parquet"), rec, 30_000)
	writeForeign(t, filepath.Join(dir, "a.parquet"), rec.NewSlice(0, 5), 30_000)
	if err := os.WriteFile(filepath.Join(dir, "_hidden.parquet"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	src := NewSource(SourceConfig{Path: dir}, osEnv)
	batches, err := readAll(t, src, pipeline.Projection{})
	if err != nil {
		t.Fatal(err)
	}
	defer release(batches)
	splits, err := src.Splits(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, s := range splits {
		ids = append(ids, filepath.Base(s.ID))
	}
	want := "[a.parquet[0:5] b.parquet[0:90000] b.parquet[90000:180000] b.parquet[180000:200000]]"
	if got := fmt.Sprint(ids); got != want {
		t.Errorf("splits %s, want %s", got, want)
	}
	if n := plainColumn(t, batches, "id").Len(); n != 200_005 {
		t.Errorf("%d rows", n)
	}
}

func TestBatchesKeepTheirBytes(t *testing.T) {
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "a", Type: arrow.BinaryTypes.String, Nullable: true},
		{Name: "b", Type: arrow.BinaryTypes.String, Nullable: true},
		{Name: "n", Type: arrow.PrimitiveTypes.Int32},
	}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	rng := rand.New(rand.NewPCG(1, 1))
	for i := range 3000 {
		text := func() string {
			return fmt.Sprintf("%0*d", rng.IntN(10)*rng.IntN(200)+1, rng.Uint32())
		}
		b.Field(0).(*array.StringBuilder).Append(text())
		b.Field(1).(*array.StringBuilder).Append(text())
		b.Field(2).(*array.Int32Builder).Append(int32(i))
	}
	path, rec := tempPath(t, "in.parquet"), b.NewRecordBatch()
	for _, dict := range []bool{true, false} {
		writeForeign(t, path, rec, 1000, pq.WithDictionaryDefault(dict), pq.WithDataPageSize(20_000))
		batches, err := readAll(t, NewSource(SourceConfig{Path: path}, osEnv), pipeline.Projection{Rows: 4096, Bytes: 50_000, Alloc: checked(t)})
		if err != nil {
			t.Fatal(err)
		}
		sameAsJudge(t, path, batches)
		for _, x := range batches {
			if n := bytesOf(undictionary(x.Column("a"))); n > 75_000 {
				t.Errorf("a batch of %d rows has %d bytes", x.Len(), n)
			}
		}
		release(batches)
	}
}

func TestDictionaryOnlyWhereTextsRepeat(t *testing.T) {
	rec := randomRecord(everyType(), 3000, rand.New(rand.NewPCG(2, 2)))
	path := tempPath(t, "in.parquet")
	writeForeign(t, path, rec, 3000)
	batches, err := readAll(t, NewSource(SourceConfig{Path: path}, osEnv), pipeline.Projection{
		Columns: []arrow.Field{{Name: "label"}, {Name: "text"}, {Name: "struct.b"}, {Name: "deep.x.w"}}, Rows: 1000, Alloc: checked(t),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer release(batches)
	for name, want := range map[string]arrow.Type{"label": arrow.DICTIONARY, "text": arrow.STRING, "struct.b": arrow.DICTIONARY, "deep.x.w": arrow.DICTIONARY} {
		if got := batches[0].Column(name).DataType().ID(); got != want {
			t.Errorf("%s came as %s", name, got)
		}
	}
	d := batches[0].Column("label").(*array.Dictionary)
	if n := d.Dictionary().Len(); n != len(words) {
		t.Errorf("the batch's dictionary has %d entries, want %d", n, len(words))
	}
	st := judge(t, path).Column(29).Data().Chunk(0).(*array.Struct)
	for i := range 1000 {
		want := st.Field(1).IsNull(i) || st.IsNull(i)
		if got := batches[0].Column("struct.b").IsNull(i); got != want {
			t.Fatalf("struct.b at row %d: null %v, want %v", i, got, want)
		}
	}
}

func TestRowFaults(t *testing.T) {
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "text", Type: arrow.BinaryTypes.String, Nullable: true},
		{Name: "list", Type: arrow.ListOf(arrow.BinaryTypes.String), Nullable: true},
	}, nil)
	for _, dict := range []bool{true, false} {
		b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
		for i := range 100 {
			s := []string{"fine", "also fine", "a\xffb", "\xc3", "ok"}[i%5]
			if i == 17 {
				s = string(make([]byte, 5000))
			}
			b.Field(0).(*array.StringBuilder).Append(s)
			l := b.Field(1).(*array.ListBuilder)
			l.Append(true)
			l.ValueBuilder().(*array.StringBuilder).AppendValues([]string{"x", map[bool]string{true: "y", false: "\xfe"}[i != 50]}, nil)
		}
		path := tempPath(t, "in.parquet")
		writeForeign(t, path, b.NewRecordBatch(), 1000, pq.WithDictionaryDefault(dict))
		batches, err := readAll(t, NewSource(SourceConfig{Path: path}, osEnv), pipeline.Projection{Rows: 30, MaxRecord: 4000, Alloc: checked(t)})
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range batches {
			for i, at := range b.Offsets() {
				dead := at%5 == 2 && at != 17 || at%5 == 3 || at == 17 || at == 50
				if b.Live(i) == dead {
					t.Errorf("dictionary %v: row %d is live: %v", dict, at, b.Live(i))
				}
			}
			for _, f := range b.Faults {
				code := fault.RecordUTF8
				if at := b.Offsets()[f.Row]; at == 17 {
					code = fault.RecordTooLarge
				}
				if f.Err.Code != code || f.Err.Where.Row != b.Offsets()[f.Row]+1 {
					t.Errorf("row %d: %v", b.Offsets()[f.Row], f.Err)
				}
			}
		}
		release(batches)
	}
}

// flaky is a file system whose reads fail from a number on.
type flaky struct {
	disk.FS
	reads int
}

type flakyFile struct {
	disk.File
	fs *flaky
}

func (f *flaky) Open(name string) (disk.File, error) {
	file, err := f.FS.Open(name)
	return &flakyFile{file, f}, err
}

func (f *flakyFile) ReadAt(p []byte, at int64) (int, error) {
	if f.fs.reads--; f.fs.reads == 0 {
		return 0, &os.PathError{Op: "read", Path: f.Name(), Err: syscall.EIO}
	}
	return f.File.ReadAt(p, at)
}

func TestReadErrorsAreTransient(t *testing.T) {
	rec := randomRecord(everyType(), 300, rand.New(rand.NewPCG(2, 2)))
	path := tempPath(t, "in.parquet")
	writeForeign(t, path, rec, 100)
	for n := 1; ; n++ {
		fsys := &flaky{FS: disk.OS{}, reads: n}
		batches, err := readAll(t, NewSource(SourceConfig{Path: path}, pipeline.Env{FS: fsys}), pipeline.Projection{Alloc: checked(t)})
		release(batches)
		if fsys.reads > 0 {
			break
		}
		if err != nil && (!fault.Is(err, fault.InputRead) || fault.FateOf(err) != fault.Transient) {
			t.Fatalf("read %d: %v", n, err)
		}
	}
}

func TestChangedInput(t *testing.T) {
	rec := randomRecord(everyType(), 300, rand.New(rand.NewPCG(2, 2)))
	path := tempPath(t, "in.parquet")
	writeForeign(t, path, rec, 100)
	ctx := context.Background()
	src := NewSource(SourceConfig{Path: path}, osEnv)
	layout, err := src.Layout(ctx)
	if err != nil {
		t.Fatal(err)
	}
	splits, err := src.Splits(ctx)
	if err != nil {
		t.Fatal(err)
	}
	want := pipeline.Projection{Columns: layout.Schema.Fields(), Rows: 50, Alloc: checked(t)}
	r, err := src.Open(ctx, splits[0], pipeline.Position{Byte: -1}, want)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	later := time.Now().Add(time.Hour)
	if err := os.Chtimes(path, later, later); err != nil {
		t.Fatal(err)
	}
	for err == nil {
		var b *pipeline.Batch
		if b, err = r.Next(ctx); err == nil {
			b.Record.Release()
		}
	}
	if errors.Is(err, io.EOF) || !fault.Is(err, fault.InputChanged) {
		t.Errorf("a file that changes while it is read ends with %v", err)
	}
	if _, err = src.Open(ctx, splits[0], pipeline.Position{Byte: -1}, want); !fault.Is(err, fault.InputChanged) {
		t.Errorf("a file that changed since opens with %v", err)
	}
}
