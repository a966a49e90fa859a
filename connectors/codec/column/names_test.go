package column_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/winnow-stream/winnow/connectors/codec/column"
)

func TestDistinct(t *testing.T) {
	for names, want := range map[string]string{
		"a b":         "a b",
		"a b a":       "a b a_2: column 3 is called a_2",
		"a a a":       "a a_2 a_3: column 2 is called a_2, column 3 is called a_3",
		"a a_2 a a_2": "a a_2 a_3 a_2_2: column 3 is called a_3, column 4 is called a_2_2",
		"a a a_2":     "a a_3 a_2: column 2 is called a_3",
	} {
		list := strings.Fields(names)
		note := column.Distinct(list)
		got := strings.Join(list, " ")
		if note != "" {
			got += strings.TrimPrefix(note, "names come twice in the header")
		}
		if got != want {
			t.Errorf("%s: %s, want %s", names, got, want)
		}
	}
	many := make([]string, 10_000)
	if note := column.Distinct(many); many[9_999] != "_10000" || len(note) > 1000 {
		t.Errorf("%s %s", many[9_999], note)
	}
}

func ExampleDistinct() {
	names := []string{"id", "text", "text"}
	fmt.Println(column.Distinct(names), names)
	// Output: names come twice in the header: column 3 is called text_2 [id text text_2]
}
