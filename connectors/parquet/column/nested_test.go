package column_test

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/parquet-go/parquet-go/format"

	"github.com/winnow-stream/winnow/connectors/parquet/column"
	"github.com/winnow-stream/winnow/connectors/parquet/schema"
)

const people = `[
	{"name": "ann", "mail": ["a@x", null], "kids": [{"age": 3}, null, {"age": null}]},
	{"name": null, "mail": [], "kids": null},
	null,
	{"name": "bob", "mail": null, "kids": []},
	{"name": "ann", "mail": ["a@x"], "kids": [{"age": 4}]}
]`

var peopleType = arrow.StructOf(
	arrow.Field{Name: "name", Type: arrow.BinaryTypes.String, Nullable: true},
	arrow.Field{Name: "mail", Type: arrow.ListOf(arrow.BinaryTypes.String), Nullable: true},
	arrow.Field{Name: "kids", Type: arrow.ListOf(arrow.StructOf(arrow.Field{Name: "age", Type: arrow.PrimitiveTypes.Int32, Nullable: true})), Nullable: true},
)

// nested writes people in pages of so many rows, and returns what a reader needs.
func nested(t testing.TB, pageRows int32) (arr arrow.Array, node *schema.Node, file []byte, chunks [][]column.Chunk) {
	t.Helper()
	arr, _, err := array.FromJSON(memory.DefaultAllocator, peopleType, strings.NewReader(people))
	if err != nil {
		t.Fatal(err)
	}
	elements, err := schema.Build([]arrow.Field{{Name: "p", Type: peopleType, Nullable: true}})
	if err != nil {
		t.Fatal(err)
	}
	tree, err := schema.Parse(elements)
	if err != nil {
		t.Fatal(err)
	}
	g := column.NewRowGroup(tree.Columns, format.Zstd, nil)
	for i, enc := range column.NewEncoders(tree.Fields[0], format.Zstd, nil) {
		for at := int32(0); at < int32(arr.Len()); at += pageRows {
			var rows []int32
			for r := at; r < min(at+pageRows, int32(arr.Len())); r++ {
				rows = append(rows, r)
			}
			if err := enc.Append(arr, rows); err != nil {
				t.Fatal(err)
			}
			if enc.Rows() != len(rows) {
				t.Errorf("%d rows, want %d", enc.Rows(), len(rows))
			}
			p, err := enc.Cut()
			if err != nil {
				t.Fatal(err)
			}
			if err := g.Add(i, []*column.Page{p}); err != nil {
				t.Fatal(err)
			}
		}
	}
	g.Rows = int64(arr.Len())
	buf := bytes.NewBufferString("PAR1")
	w, err := g.Write(buf, 4, 0)
	if err != nil {
		t.Fatal(err)
	}
	for i := range tree.Columns {
		chunks = append(chunks, []column.Chunk{{Rows: g.Rows, Meta: &w.Meta.Columns[i].MetaData, End: int64(buf.Len())}})
	}
	return arr, tree.Fields[0], buf.Bytes(), chunks
}

// TestNested reads from each row on, as many rows at once as there may be.
func TestNested(t *testing.T) {
	for pageRows := int32(1); pageRows < 6; pageRows++ {
		arr, node, file, chunks := nested(t, pageRows)
		for from := range int64(arr.Len()) {
			for rows := 1; rows <= arr.Len(); rows++ {
				readNested(t, arr, node, file, chunks, from, rows)
			}
		}
	}
}

func readNested(t *testing.T, want arrow.Array, node *schema.Node, file []byte, chunks [][]column.Chunk, from int64, rows int) {
	t.Helper()
	alloc := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer alloc.AssertSize(t, 0)
	var readers []*column.Reader
	for i, c := range node.Leaves(nil) {
		r := column.NewReader(bytes.NewReader(file), c, chunks[i], column.Options{Alloc: alloc, MaxValue: math.MaxInt, Levels: true})
		if err := r.Skip(from); err != nil {
			t.Fatal(err)
		}
		readers = append(readers, r)
		defer r.Release()
	}
	for at := from; at < int64(want.Len()); at += int64(rows) {
		n := min(rows, want.Len()-int(at))
		var values []column.Values
		for _, r := range readers {
			if got, err := r.Read(n, 1<<20); got != n || err != nil {
				t.Fatalf("%d rows of %d: %v", got, n, err)
			}
			values = append(values, r.Take())
		}
		got, err := column.Assemble(node, n, values, alloc)
		if err != nil {
			t.Fatal(err)
		}
		for i := range n {
			if g, w := got.ValueStr(i), want.ValueStr(int(at)+i); g != w {
				t.Errorf("row %d is %s, want %s", int(at)+i, g, w)
			}
		}
		got.Release()
	}
	for _, r := range readers {
		if err := r.Finish(); err != nil {
			t.Error(err)
		}
	}
}

// TestAssembleRefusesLevelsThatDisagree gives a leaf the levels of another number of rows.
func TestAssembleRefusesLevelsThatDisagree(t *testing.T) {
	arr, node, file, chunks := nested(t, 2)
	alloc := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer alloc.AssertSize(t, 0)
	for short := range chunks {
		var values []column.Values
		for i, c := range node.Leaves(nil) {
			r := column.NewReader(bytes.NewReader(file), c, chunks[i], column.Options{Alloc: alloc, MaxValue: math.MaxInt, Levels: true})
			n := arr.Len()
			if i == short {
				n--
			}
			if _, err := r.Read(n, 1<<20); err != nil {
				t.Fatal(err)
			}
			values = append(values, r.Take())
		}
		if _, err := column.Assemble(node, arr.Len(), values, alloc); err == nil {
			t.Errorf("leaf %d is a row short, and there is no error", short)
		}
	}
}

func ExampleReader() {
	var t testing.T
	_, node, file, chunks := nested(&t, 5)
	name := node.Leaves(nil)[0]
	r := column.NewReader(bytes.NewReader(file), name, chunks[0], column.Options{Alloc: memory.DefaultAllocator, MaxValue: 100, Dictionary: true})
	n, err := r.Read(5, 1<<20)
	v := r.Take()
	fmt.Println(n, err, v.Array.DataType().Name(), v.Array.(*array.Dictionary).Dictionary())
	// Output: 5 <nil> dictionary ["ann" "bob"]
}
