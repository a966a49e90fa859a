package spec

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const (
	badFolder  = "../../testdata/bad/spec"
	goodFolder = "testdata/good"
)

// setsOf reads the overrides that a spec in a test names in comments at its top.
func setsOf(data []byte) []string {
	var sets []string
	for line := range strings.SplitSeq(string(data), "\n") {
		if set, ok := strings.CutPrefix(line, "# --set "); ok {
			sets = append(sets, set)
		}
	}
	return sets
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("%s (-want +got):\n%s", path, d)
	}
}

func glob(t testing.TB, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no files match %s: %v", pattern, err)
	}
	return files
}

// explain is how a command prints the error of Parse.
func explain(err error) string {
	var b strings.Builder
	for _, e := range fault.List(err) {
		b.WriteString(e.Explain() + "\n")
	}
	return b.String()
}

func TestBadSpecs(t *testing.T) {
	for _, file := range glob(t, badFolder+"/*.bad.yaml") {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".bad.yaml"), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			s, err := Parse(filepath.Base(file), data, testKinds(), testEnv, setsOf(data)...)
			if err == nil || s != nil {
				t.Fatalf("it was taken: %+v", s)
			}
			for _, e := range fault.List(err) {
				if e.Code == fault.Internal || e.Code.Exit != 2 || e.Remedy() == "" {
					t.Errorf("not an error of a spec with a remedy: %s", e.Explain())
				}
			}
			golden(t, strings.TrimSuffix(file, ".bad.yaml")+".error", explain(err))
		})
	}
}

func TestGoodSpecs(t *testing.T) {
	for _, file := range glob(t, goodFolder+"/*.yaml") {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			s, err := Parse(filepath.Base(file), data, testKinds(), testEnv, setsOf(data)...)
			if err != nil {
				t.Fatal(explain(err))
			}
			var b strings.Builder
			dump(&b, "", reflect.ValueOf(s).Elem())
			for _, w := range s.Warnings {
				fmt.Fprintln(&b, "warning:", w.Explain())
			}
			golden(t, strings.TrimSuffix(file, ".yaml")+".golden", b.String())
			if strings.Contains(b.String(), "hunter2") {
				t.Error("a secret is printed")
			}
		})
	}
}

// dump prints everything that differs from its zero value.
func dump(b *strings.Builder, path string, v reflect.Value) {
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		if v.IsNil() {
			return
		}
		v = v.Elem()
	}
	if x, ok := v.Interface().(fmt.Stringer); ok {
		if !v.IsZero() {
			fmt.Fprintf(b, "%s: %q\n", path, x.String())
		}
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for f, value := range v.Fields() {
			if f.IsExported() && f.Name != "Warnings" {
				dump(b, path+"."+f.Name, value)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			dump(b, fmt.Sprintf("%s[%d]", path, i), v.Index(i))
		}
	case reflect.Map:
		fmt.Fprintf(b, "%s: %#v\n", path, v.Interface())
	default:
		if !v.IsZero() {
			fmt.Fprintf(b, "%s: %#v\n", path, v.Interface())
		}
	}
}

func TestPlacesOfExpressions(t *testing.T) {
	s, err := Parse("s.yaml", []byte("source: {file: {path: in.csv}}\ntext: \"title\"\nwhere: |\n  a == 1\nsinks: {a: {file: {path: b.csv}}}\n"), testKinds(), testEnv)
	if err != nil {
		t.Fatal(explain(err))
	}
	if s.Text.At.Line != 2 || s.Text.At.Column != 8 || s.Text.At.Path != "text" {
		t.Errorf("text is at %+v", s.Text.At)
	}
	if s.Where.At.Line != 3 || s.Where.Block != 3 {
		t.Errorf("where is at %+v, block %d", s.Where.At, s.Where.Block)
	}
}

func TestNameIsThatOfTheFile(t *testing.T) {
	const text = "source: {file: {path: in.csv}}\nsinks: {a: {file: {path: b.csv}}}\n"
	for file, want := range map[string]string{"dir/tickets.yaml": "tickets", "x.y.yml": "x.y"} {
		s, err := Parse(file, []byte(text), testKinds(), testEnv)
		if err != nil || s.Name != want {
			t.Errorf("%s: %v, %v", file, s, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, pattern := range []string{badFolder + "/*.bad.yaml", goodFolder + "/*.yaml"} {
		for _, file := range glob(f, pattern) {
			data, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data, "workers=3")
		}
	}
	kinds := testKinds()
	f.Fuzz(func(t *testing.T, data []byte, set string) {
		slow := time.AfterFunc(20*time.Second, func() { panic(fmt.Sprintf("not done after 20 s: %q with --set %q", data, set)) })
		defer slow.Stop()
		s, err := Parse("fuzz.yaml", data, kinds, testEnv, set)
		if (s == nil) == (err == nil) {
			t.Fatalf("spec %v with error %v", s, err)
		}
		for _, e := range fault.List(err) {
			if e.Code == fault.Internal {
				t.Fatalf("an error without a code: %v", e)
			}
		}
		if err == nil {
			_ = s.Identity()
		}
	})
}

func ExampleParse() {
	_, err := Parse("tickets.yaml", []byte(`
source: {file: {path: tickets.csv}}
clasify: {labels: [bug, other]}
sinks: {default: {file: {path: out.jsonl}}}
batch: {linger: 5}
`), testKinds(), os.LookupEnv)
	for _, e := range fault.List(err) {
		fmt.Println(e)
	}
	// Output:
	// tickets.yaml:3:1 clasify: config.unknown_field: unknown field "clasify"; did you mean "classify"?
	// tickets.yaml:5:17 batch.linger: config.field: duration "5" has no unit
}
