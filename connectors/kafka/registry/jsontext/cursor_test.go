package jsontext_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/winnow-stream/winnow/connectors/kafka/registry/jsontext"
)

// A number is what JSON says, and so is a string.
func FuzzCursor(f *testing.F) {
	for _, s := range []string{`"a\u00e9\ud83d\ude00\n"`, `-0.5e+3`, `01`, `"\ud800"`, `[1,{"a":"}"}]`, `"\`, `-`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		c := jsontext.Cursor{In: in}
		if text, ok := c.Text(); ok {
			var want string
			if err := json.Unmarshal(in[:c.At], &want); err != nil || want != string(text) {
				t.Errorf("%q is %q, not %q, %v", in, want, text, err)
			}
		}
		c = jsontext.Cursor{In: in}
		if number, _ := c.Number(); number != nil && !json.Valid(number) {
			t.Errorf("%q is no number", number)
		}
		c = jsontext.Cursor{In: in}
		if !c.Skip() && json.Valid(in) {
			t.Errorf("%q is a value", in)
		}
	})
}

func ExampleCursor() {
	c := jsontext.Cursor{In: []byte(`{ "a\u0062" : 12.5 }`)}
	fmt.Println(c.Take('{'))
	name, _ := c.Text()
	fmt.Printf("%s %v\n", name, c.Take(':'))
	number, fraction := c.Number()
	fmt.Printf("%s %v %v\n", number, fraction, c.Take('}'))
	// Output:
	// true
	// ab true
	// 12.5 true true
}
