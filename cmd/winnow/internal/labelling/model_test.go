package labelling_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/labelling"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// tasks are texts t0, t1, … with proposals.
func tasks(t testing.TB, proposals ...string) []labelling.Task {
	t.Helper()
	var b strings.Builder
	for i, p := range proposals {
		fmt.Fprintf(&b, `{"text":"t%d","proposed":%s}`+"\n", i, p)
	}
	list, err := labelling.ReadTasks(strings.NewReader(b.String()), "todo.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// play presses keys and writes down what they cause: "t0=spam", "undo", "quit".
func play(m *labelling.Model, keys ...labelling.Key) []string {
	var log []string
	for _, k := range keys {
		switch e := m.Update(k); {
		case e.Save != nil:
			log = append(log, e.Task.Text+"="+strings.Join(e.Save, "+"))
		case e.Undo:
			log = append(log, "undo")
		case e.Quit:
			log = append(log, "quit")
		}
	}
	return log
}

func TestUpdate(t *testing.T) {
	many := make([]string, 60)
	for i := range many {
		many[i] = fmt.Sprintf("label no %c%c", 'a'+i/10, 'a'+i%10)
	}
	many[41] = "refund"
	const enter, tab, back, esc = labelling.KeyEnter, labelling.KeyTab, labelling.KeyBackspace, labelling.KeyEscape
	for _, c := range []struct {
		name      string
		labels    []string
		multi     bool
		proposals []string
		keys      []labelling.Key
		want      []string
	}{
		{"a key a label", []string{"spam", "ham"}, false, []string{`"spam"`, `"spam"`}, []labelling.Key{'2', '1'}, []string{"t0=ham", "t1=spam"}},
		{"enter accepts", []string{"spam", "ham"}, false, []string{`"ham"`}, []labelling.Key{enter}, []string{"t0=ham"}},
		{"nothing to accept", []string{"spam", "ham"}, false, []string{`null`}, []labelling.Key{enter, '1'}, []string{"t0=spam"}},
		{"a proposal that is no label", []string{"spam", "ham"}, false, []string{`"eggs"`}, []labelling.Key{enter, '1'}, []string{"t0=spam"}},
		{"keys without a label", []string{"spam", "ham"}, false, []string{`"spam"`}, []labelling.Key{'3', 'x', '!', '2'}, []string{"t0=ham"}},
		{"skipped ones come last", []string{"spam", "ham"}, false, []string{`"spam"`, `"spam"`}, []labelling.Key{tab, '1', '2'}, []string{"t1=spam", "t0=ham"}},
		{"undo, twice, and too often", []string{"spam", "ham"}, false, []string{`"spam"`, `"spam"`}, []labelling.Key{'1', '1', back, back, back, '2'}, []string{"t0=spam", "t1=spam", "undo", "undo", "t0=ham"}},
		{"nothing behind the last", []string{"spam", "ham"}, false, []string{`"spam"`}, []labelling.Key{'1', '1', enter, tab, esc}, []string{"t0=spam", "quit"}},
		{"help takes one key", []string{"spam", "ham"}, false, []string{`"spam"`}, []labelling.Key{'?', '1', '?', esc, '2'}, []string{"t0=ham"}},
		{"letters after digits", many[:35], false, []string{`null`}, []labelling.Key{'z'}, []string{"t0=" + many[34]}},
		{"the proposal comes first", many, false, []string{`"` + many[20] + `"`}, []labelling.Key{'1'}, []string{"t0=" + many[20]}},
		{"typing finds", many, false, []string{`null`}, []labelling.Key{'r', 'e', 'f', enter}, []string{"t0=refund"}},
		{"typing finds by parts", many, false, []string{`null`}, []labelling.Key{'n', 'o', ' ', 'b', 'c', '1'}, []string{"t0=" + many[12]}},
		{"a letter that finds nothing", many, false, []string{`null`}, []labelling.Key{'r', 'e', 'x', 'f', enter}, []string{"t0=refund"}},
		{"backspace in a word", many, false, []string{`null`}, []labelling.Key{'r', 'e', back, back, back, 'q', esc}, []string{"quit"}},
		{"escape leaves the word first", many, false, []string{`null`}, []labelling.Key{'r', esc, esc}, []string{"quit"}},
		{"several labels", []string{"a", "b", "c"}, true, []string{`["a"]`, `[]`}, []labelling.Key{'3', enter, enter}, []string{"t0=a+c", "t1="}},
		{"several, one taken away", []string{"a", "b", "c"}, true, []string{`["a","b"]`}, []labelling.Key{'1', '3', '3', enter}, []string{"t0=b"}},
		{"several by typing", many, true, []string{`["refund"]`}, []labelling.Key{'n', 'o', ' ', 'b', 'c', enter, enter}, []string{"t0=" + many[12] + "+refund"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := labelling.NewModel(tasks(t, c.proposals...), c.labels, c.multi, nil)
			if diff := cmp.Diff(c.want, play(m, c.keys...)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestResume plays keys in pieces, with a new model and journal for each: the file ends as if it had been one.
func TestResume(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 6).Draw(t, "tasks")
		proposals := make([]string, n)
		for i := range proposals {
			proposals[i] = `"b"`
		}
		keys := rapid.SliceOfN(rapid.SampledFrom([]labelling.Key{'1', '2', labelling.KeyEnter, labelling.KeyBackspace}), 0, 8).Draw(t, "keys")
		dir, clean := tempDir(t)
		defer clean()
		whole, pieces := filepath.Join(dir, "whole"), filepath.Join(dir, "pieces")
		sitting(t, whole, tasks2(t, proposals), keys)
		for len(keys) > 0 {
			k := rapid.IntRange(1, len(keys)).Draw(t, "piece")
			sitting(t, pieces, tasks2(t, proposals), keys[:k])
			keys = keys[k:]
		}
		if want, got := read(whole), read(pieces); want != got {
			t.Errorf("in pieces\n%s\nat once\n%s", got, want)
		}
	})
}
