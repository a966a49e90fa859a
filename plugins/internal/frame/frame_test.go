package frame_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/plugins/internal/frame"
)

var numbers = arrow.NewSchema([]arrow.Field{{Name: "n", Type: arrow.PrimitiveTypes.Int64}}, nil)

func batch(alloc memory.Allocator, values ...int64) arrow.RecordBatch {
	b := array.NewRecordBuilder(alloc, numbers)
	defer b.Release()
	b.Field(0).(*array.Int64Builder).AppendValues(values, nil)
	return b.NewRecordBatch()
}

// The schema crosses in the first message alone.
func Example() {
	out := frame.NewEncoder(numbers, memory.DefaultAllocator, nil)
	in := frame.NewDecoder(numbers, memory.DefaultAllocator)
	defer in.Close()
	var sizes []int
	for _, values := range [][]int64{{1, 2}, {3, 4}, {5, 6}} {
		message, _, err := out.Encode(batch(memory.DefaultAllocator, values...))
		if err != nil {
			fmt.Println(err)
			return
		}
		sizes = append(sizes, len(message))
		got, err := in.Decode(message)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(got.Column(0))
	}
	fmt.Println(sizes[0] > sizes[1], sizes[1] == sizes[2])
	// Output:
	// [1 2]
	// [3 4]
	// [5 6]
	// true true
}

// TestLeaks holds both sides to giving back what they took.
func TestLeaks(t *testing.T) {
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	out, in := frame.NewEncoder(numbers, alloc, nil), frame.NewDecoder(numbers, alloc)
	for i := range int64(3) {
		b := batch(alloc, i)
		message, _, err := out.Encode(b)
		b.Release()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := in.Decode(message); err != nil {
			t.Fatal(err)
		}
	}
	in.Close()
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestHostile(t *testing.T) {
	first := func() []byte {
		message, _, err := frame.NewEncoder(numbers, memory.DefaultAllocator, nil).Encode(batch(memory.DefaultAllocator, 1))
		if err != nil {
			t.Fatal(err)
		}
		return message
	}
	other := arrow.NewSchema([]arrow.Field{{Name: "n", Type: arrow.BinaryTypes.String}}, nil)
	for _, tt := range []struct {
		name    string
		message []byte
		schema  *arrow.Schema
		want    string
	}{
		{"nothing", nil, numbers, "0 bytes are no stream"},
		{"text", []byte("hello, I am not Arrow"), numbers, "are no stream"},
		{"another schema", first(), other, "the columns are n int64, and have to be n utf8"},
		{"cut", first()[:len(first())-8], numbers, "claims a body of"},
		{"two batches", append(first(), first()...), numbers, "follow the batch"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in := frame.NewDecoder(tt.schema, memory.DefaultAllocator)
			defer in.Close()
			_, err := in.Decode(tt.message)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q in it", err, tt.want)
			}
		})
	}
}

// FuzzSound compares the look at all texts at once with a look at each.
func FuzzSound(f *testing.F) {
	f.Add([]byte("grüße"), int32(0), int32(2), int32(3), int32(7))
	f.Add([]byte("grüße"), int32(0), int32(2), int32(4), int32(7))
	f.Add([]byte("gr\xff"), int32(0), int32(0), int32(3), int32(3))
	f.Add([]byte("text"), int32(3), int32(1), int32(2), int32(4))
	f.Add([]byte("text"), int32(-1), int32(1), int32(2), int32(4))
	f.Add([]byte("text"), int32(0), int32(1), int32(2), int32(9))
	schema := arrow.NewSchema([]arrow.Field{{Name: "s", Type: arrow.BinaryTypes.String}}, nil)
	f.Fuzz(func(t *testing.T, values []byte, a, b, c, d int32) {
		offsets := memory.NewBufferBytes(arrow.Int32Traits.CastToBytes([]int32{a, b, c, d}))
		data := array.NewData(arrow.BinaryTypes.String, 3, []*memory.Buffer{nil, offsets, memory.NewBufferBytes(values)}, nil, 0, 0)
		texts := textsOf(data)
		if texts == nil {
			return // Decode tells
		}
		got := frame.Sound(array.NewRecordBatch(schema, []arrow.Array{texts}, 3))
		if want := damage(texts); (got == nil) != (want == nil) {
			t.Errorf("%q at %d, %d, %d, %d: got %v, want %v", values, a, b, c, d, got, want)
		}
	})
}

// textsOf is a column of data; nil where Arrow does not make one.
func textsOf(data arrow.ArrayData) (texts *array.String) {
	defer func() { _ = recover() }()
	return array.NewStringData(data)
}

// damage is what Arrow finds.
func damage(texts *array.String) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	return texts.ValidateFull()
}

// FuzzDecode looks for bytes that take the process along.
func FuzzDecode(f *testing.F) {
	message, _, err := frame.NewEncoder(numbers, memory.DefaultAllocator, nil).Encode(batch(memory.DefaultAllocator, 1, 2, 3))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(message)
	f.Fuzz(func(_ *testing.T, message []byte) {
		in := frame.NewDecoder(numbers, memory.DefaultAllocator)
		defer in.Close()
		_, _ = in.Decode(message) // an error is as good as a batch
	})
}
