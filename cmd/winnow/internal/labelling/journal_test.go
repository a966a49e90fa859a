package labelling_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/labelling"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// fataler is a *testing.T or a *rapid.T.
type fataler interface{ Fatal(args ...any) }

func tempDir(t *rapid.T) (string, func()) {
	dir, err := os.MkdirTemp("", "labelling")
	if err != nil {
		t.Fatal(err)
	}
	return dir, func() { _ = os.RemoveAll(dir) }
}

func read(path string) string {
	data, _ := os.ReadFile(path) // none: no key was pressed
	return string(data)
}

func tasks2(t fataler, proposals []string) []labelling.Task {
	var b strings.Builder
	for i, p := range proposals {
		b.WriteString(`{"row": ` + string(rune('1'+i)) + `, "text":"x < y","where": {"a": 1},"proposed":` + p + "}\n")
	}
	list, err := labelling.ReadTasks(strings.NewReader(b.String()), "todo.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// sitting opens a file of answers, presses keys, and closes it.
func sitting(t fataler, path string, list []labelling.Task, keys []labelling.Key) *labelling.Model {
	j, err := labelling.OpenJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	m := labelling.NewModel(list, []string{"a", "b"}, false, j.Answers())
	for _, k := range keys {
		switch e := m.Update(k); {
		case e.Save != nil:
			err = j.Append(e.Task, e.Save, false)
		case e.Undo:
			err = j.Undo()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestJournal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out.jsonl")
	list := tasks2(t, []string{`"b"`, `"b"`, `"b"`})
	sitting(t, path, list, []labelling.Key{'1', labelling.KeyEnter})
	want := `{"label":"a","row":1,"text":"x < y","where":{"a":1}}` + "\n" + `{"label":"b","row":2,"text":"x < y","where":{"a":1}}` + "\n"
	if diff := cmp.Diff(want, read(path)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}

	// Cut anywhere, the file is mended, and what was whole stays.
	for cut := range len(want) {
		if err := os.WriteFile(path, []byte(want[:cut]), 0o666); err != nil {
			t.Fatal(err)
		}
		whole := strings.Count(want[:cut], "}}") // an answer without its line's end lacks nothing
		m := sitting(t, path, list, nil)
		if done, _ := m.Answered(); done != whole {
			t.Errorf("cut at %d: %d answers, want %d", cut, done, whole)
		}
		sitting(t, path, list, []labelling.Key{'1', '2', '2', '2'}[whole:])
		if got := read(path); strings.Count(got, "\n") != 3 || !strings.HasPrefix(got, want[:strings.LastIndex(want[:cut], "}}")+1]) {
			t.Errorf("cut at %d: after going on\n%s", cut, got)
		}
	}
}

// TestForeign holds that files which hold something else are refused as they are.
func TestForeign(t *testing.T) {
	list := tasks2(t, []string{`"b"`})
	for _, content := range []string{"text,label\na,b\n", "a,b", `{"text":"x"}` + "\n", "{\"label\":\"a\"}\nnot JSON\n", "{broken}\n{\"label\":\"a\"}\n", "[1]\n"} {
		path := filepath.Join(t.TempDir(), "out")
		if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := labelling.OpenJournal(path); !fault.Is(err, fault.LabelOutput) {
			t.Errorf("%q: %v", content, err)
		}
		if got := read(path); got != content {
			t.Errorf("%q became %q", content, got)
		}
	}

	// Answers of another list stay, count, and are not taken back.
	path := filepath.Join(t.TempDir(), "out.jsonl")
	old := `{"label":"a","text":"of another list"}` + "\n"
	if err := os.WriteFile(path, []byte(old), 0o666); err != nil {
		t.Fatal(err)
	}
	m := sitting(t, path, list, []labelling.Key{'1', labelling.KeyBackspace, labelling.KeyBackspace})
	if got := read(path); got != old {
		t.Errorf("the file holds %q", got)
	}
	if diff := cmp.Diff([]int{1, 0}, m.Counts()); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
}

func TestLocked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out.jsonl")
	j, err := labelling.OpenJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := labelling.OpenJournal(path); !fault.Is(err, fault.LabelLocked) {
		t.Errorf("a second one: %v", err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	sitting(t, path, tasks2(t, []string{`"b"`}), nil)
}
