package letter

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/sidecar"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestRead(t *testing.T) {
	path := write(t, t.TempDir(), "x", `{"code":"record.json","message":"m","file":"a.jsonl","offset":4,"line":5,"record":"{"}

{"code":"record.utf8","file":"a.jsonl","offset":7,"record_base64":"/w=="}
{"code":"record.too_large","file":"topic/3","offset":9}
`)
	type row struct {
		Place, Record string
		Kept          bool
	}
	var got []row
	for l, err := range Read(path) {
		if err != nil {
			t.Fatal(err)
		}
		record, kept := l.Original()
		got = append(got, row{l.Place(), string(record), kept})
	}
	want := []row{{"a.jsonl:5", "{", true}, {"a.jsonl offset 7", "\xff", true}, {"topic/3 offset 9", "", false}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestReadRefusesOtherFiles(t *testing.T) {
	for _, text := range []string{"no JSON\n", `{"text":"a record"}` + "\n", "{\"code\":\"x\"}\n{\n"} {
		var last error
		for _, err := range Read(write(t, t.TempDir(), "x", text)) {
			last = err
		}
		if !fault.Is(last, fault.InputFormat) {
			t.Errorf("%q: got %v", text, last)
		}
	}
}

func TestFind(t *testing.T) {
	dir := t.TempDir()
	a := write(t, dir, sidecar.Rejected("out.jsonl"), "")
	b := write(t, dir, sidecar.Rejected("sub/x.csv"), "")
	other := write(t, dir, "why.jsonl", "")
	write(t, dir, "sub/x.csv", "")
	cases := []struct {
		path string
		want []string
	}{
		{filepath.Join(dir, "out.jsonl"), []string{a}},
		{a, []string{a}},
		{filepath.Join(dir, "sub/x.csv"), []string{b}},
		{other, []string{other}},
		{dir, []string{a, b}},
	}
	for _, c := range cases {
		got, err := Find(c.path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.path, diff)
		}
	}
	if _, err := Find(filepath.Join(dir, "missing")); !fault.Is(err, fault.InputMissing) {
		t.Errorf("missing: %v", err)
	}
}
