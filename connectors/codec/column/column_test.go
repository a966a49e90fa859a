package column_test

import (
	"fmt"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/connectors/codec/column"
)

func TestColumns(t *testing.T) {
	alloc := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer alloc.AssertSize(t, 0)
	check := func(a arrow.Array, want string) {
		t.Helper()
		defer a.Release()
		if got := a.String(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	s := column.NewStrings(alloc, 4, 6)
	s.Append([]byte("ab"))
	s.Null()
	s.Keep(copy(s.Space(), "cde"))
	s.Append(nil)
	check(s.Array(), `["ab" (null) "cde" ""]`)

	check(column.NewStrings(alloc, 0, 0).Array(), `[]`)

	i := column.NewNumbers[int64](alloc, 3)
	i.Append(-1)
	i.Null()
	i.Append(1 << 62)
	check(i.Array(), `[-1 (null) 4611686018427387904]`)

	f := column.NewNumbers[float64](alloc, 2)
	f.Null()
	f.Append(0.5)
	check(f.Array(), `[(null) 0.5]`)

	b := column.NewBools(alloc, 10)
	for n := range 10 {
		if n == 3 {
			b.Null()
		} else {
			b.Append(n%2 == 0)
		}
	}
	check(b.Array(), `[true false true (null) true false true false true false]`)

	dropped := column.NewStrings(alloc, 2, 10)
	dropped.Null()
	dropped.Drop()
}

func Example() {
	names := column.NewStrings(memory.DefaultAllocator, 2, 8)
	names.Append([]byte("winnow"))
	names.Null()
	a := names.Array()
	defer a.Release()
	fmt.Println(a)
	// Output: ["winnow" (null)]
}
