package fault_test

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

var update = flag.Bool("update", false, "rewrite golden files and the reference")

func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s is not up to date (run the test with -update):\n%s", path, diff)
	}
}

// The shape of an error is a contract: people read it, programs match on its code.
func TestErrorFormats(t *testing.T) {
	var b strings.Builder
	for _, e := range []*fault.Error{
		fault.New(fault.Internal, "index out of range"),
		fault.New(fault.RecordFields, "5 fields, the header has 4").At(fault.Where{File: "reviews.csv", Line: 17, Column: 4}),
		fault.New(fault.RecordJSON, "unexpected end").At(fault.Where{File: "a.jsonl", Line: 3}),
		fault.New(fault.RecordUTF8, "byte 0xff").At(fault.Where{Line: 3, Column: 9}),
		fault.New(fault.RecordCellError, "the cell holds #REF!").At(fault.Where{File: "data.xlsx", Cell: "B7"}),
		fault.New(fault.RecordType, "a number, the column holds text").At(fault.Where{File: "a.parquet", Row: 17, Field: "body"}),
		fault.New(fault.RecordTooLarge, "20 MiB").At(fault.Where{File: "tickets/3", Offset: 0, HasOffset: true}),
		fault.New(fault.ConfigField, "must be between 0 and 1").At(fault.Where{File: "spec.yaml", Line: 4, Path: "classify.threshold"}),
		fault.New(fault.ConfigField, "is empty").At(fault.Where{Path: "sinks.default.file.path"}).WithFix("name a %s", "file"),
	} {
		fmt.Fprintf(&b, "%s\n\n", e.Explain())
	}
	golden(t, filepath.Join("testdata", "formats.golden"), []byte(b.String()))
}

func TestReference(t *testing.T) {
	golden(t, filepath.Join("..", "..", "docs", "reference", "errors.md"), fault.Reference())
}

func TestRegistry(t *testing.T) {
	form := regexp.MustCompile(`^[a-z_]+(\.[a-z0-9_]+)?$`)
	seen := map[string]bool{}
	for _, c := range fault.All() {
		if !form.MatchString(c.ID) || seen[c.ID] {
			t.Errorf("code %q is not of the form noun.what, or there twice", c.ID)
		}
		seen[c.ID] = true
		if c.Exit < 1 || c.Exit > 4 && c.Exit != 130 {
			t.Errorf("%s: exit status %d", c.ID, c.Exit)
		}
		if !strings.HasSuffix(c.Summary, ".") {
			t.Errorf("%s: the summary %q is not a sentence", c.ID, c.Summary)
		}
		if strings.HasSuffix(c.Fix, ".") || strings.Contains(c.Fix, "\n") {
			t.Errorf("%s: the remedy %q ends with a full stop or has lines", c.ID, c.Fix)
		}
	}
}

func TestErrorTrees(t *testing.T) {
	cause := &fs.PathError{Op: "open", Path: "a", Err: fs.ErrPermission}
	coded := fault.New(fault.StorageFull, "no space: %w", cause)
	wrapped := fmt.Errorf("write: %w", errors.Join(errors.New("other"), coded))
	if !errors.Is(wrapped, fs.ErrPermission) || !fault.Is(wrapped, fault.StorageFull) || fault.Is(wrapped, fault.StorageIO) {
		t.Error("the tree is not seen through")
	}
	if got, ok := fault.As(wrapped); !ok || got != coded {
		t.Errorf("found %v", got)
	}
	if !errors.Is(wrapped, fault.New(fault.StorageFull, "")) || errors.Is(wrapped, fault.New(fault.StorageFull, "other words")) {
		t.Error("Is does not go by code")
	}
	for _, c := range []struct {
		err  error
		fate fault.Fate
		exit int
	}{
		{nil, fault.Fatal, 0},
		{errors.New("plain"), fault.Fatal, 1},
		{wrapped, fault.Transient, 3},
		{fault.New(fault.RunInterrupted, "stopped"), fault.Fatal, 130},
		{fault.New(fault.RecordJSON, "bad"), fault.Row, 1},
	} {
		if f, e := fault.FateOf(c.err), fault.ExitOf(c.err); f != c.fate || e != c.exit {
			t.Errorf("%v: %s, exit %d", c.err, f, e)
		}
	}
}

// At and WithFix leave the error that they were called on as it is: sentinels stay clean.
func TestErrorsAreImmutable(t *testing.T) {
	e := fault.New(fault.InputMissing, "no file")
	_ = e.At(fault.Where{File: "a"}).WithFix("look elsewhere")
	if e.Error() != "input.missing: no file" || e.Remedy() != fault.InputMissing.Fix {
		t.Errorf("changed to %q, %q", e, e.Remedy())
	}
}

func ExampleError_Explain() {
	err := fault.New(fault.RecordFields, "5 fields, the header has 4").
		At(fault.Where{File: "reviews.csv", Line: 17})
	fmt.Println(err.Explain())
	// Output:
	// reviews.csv:17: record.fields: 5 fields, the header has 4
	//   fix: quote fields that contain the delimiter
}

func ExampleAs() {
	err := fmt.Errorf("read part 3: %w", fault.New(fault.InputCorrupt, "the checksum of page 7 is wrong"))
	if e, ok := fault.As(err); ok {
		fmt.Println(e.Code.ID, e.Code.Fate, fault.ExitOf(err))
	}
	// Output: input.corrupt fatal 1
}
