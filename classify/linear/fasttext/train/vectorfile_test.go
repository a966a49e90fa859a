package train_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/winnow-stream/winnow/classify/linear/fasttext/train"
)

func TestVectorFile(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"two", "2 3\nthe 1 2.5 -3e-1 \nof 0 0 1\n", "the [1 2.5 -0.3]; of [0 0 1]"},
		{"none", "0 3\n", ""},
		{"empty", "", "v.vec:1: input.corrupt: the file is empty"},
		{"no header", "the 1 2\n", "v.vec:1: input.corrupt: the first line does not say how many vectors and components follow"},
		{"cut", "2 1\nthe 1\n", "the [1]; v.vec:2: input.corrupt: the file has 1 vectors, its first line says 2: it is cut short"},
		{"short", "1 2\nthe 1\n", `v.vec:2: input.corrupt: "the" has 1 components, the first line says 2`},
		{"word", "1 2\nthe 1 x\n", `v.vec:2: input.corrupt: component 2 of "the" is no number: "x"`},
		{"NaN", "1 1\nthe nan\n", `v.vec:2: input.corrupt: component 1 of "the" is no number: "nan"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "v.vec")
			if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			var got []string
			for v, err := range train.VectorFile(path) {
				if err != nil {
					got = append(got, strings.ReplaceAll(err.Error(), dir+string(filepath.Separator), ""))
				} else {
					got = append(got, fmt.Sprint(v.Word, " ", v.Values))
				}
			}
			if s := strings.Join(got, "; "); s != c.want {
				t.Errorf("got\n%s\nwant\n%s", s, c.want)
			}
		})
	}
	for _, err := range train.VectorFile("none.vec") {
		if err == nil {
			t.Error("no file, no error")
		}
	}
}
