package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/classify/linear/head"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/term"
)

// TestChallenge lets a fastText model compete with a training of whatever accuracy: it wins where it is better, and what
// both reached is told.
func TestChallenge(t *testing.T) {
	t.Setenv("WINNOW_HOME", t.TempDir())
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	var lines strings.Builder
	for i := range 200 {
		fmt.Fprintf(&lines, "{\"text\":\"the invoice of order %d is wrong\",\"team\":\"billing\"}\n", i)
		fmt.Fprintf(&lines, "{\"text\":\"site %d is down again\",\"team\":\"outage\"}\n", i)
	}
	path := filepath.Join(t.TempDir(), "in.jsonl")
	must(t, os.WriteFile(path, []byte(lines.String()), 0o600))
	for _, c := range []struct {
		accuracy float64 // of winnow's own head
		heads    []string
		backend  string
	}{
		{0.5, []string{headFastText, headLinear}, "linear"},
		{1, []string{headLinear, headFastText}, ""},
	} {
		var out bytes.Buffer
		m := &Main{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out, Signals: make(chan os.Signal, 1), quiet: true}
		cmd := &trainCmd{Input: []string{path}, Label: "team", Budget: 3 * time.Second, Parallel: 1}
		r := newLesson(cmd, m)
		before := &term.Training{
			Report: &head.Report{Accuracy: c.accuracy, Tested: 400}, Heads: []term.Head{{Name: headLinear, Accuracy: c.accuracy, Tested: 400}},
		}
		after, err := r.challenge(t.Context(), head.Config{}, before)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, h := range after.Heads {
			names = append(names, h.Name)
		}
		if d := cmp.Diff(c.heads, names); d != "" || r.draft.Backend.Name != c.backend {
			t.Errorf("against %v: the backend %q, heads\n%s", c.accuracy, r.draft.Backend.Name, d)
		}
		if after.Heads[0].Tested == 0 || after.Heads[1].Tested == 0 || after.Heads[1].Failed != "" {
			t.Errorf("%+v", after.Heads)
		}
	}
}
