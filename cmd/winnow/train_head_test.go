package main

import (
	"bytes"
	"encoding/json"
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
	path := teams(t, 200)
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

// teams is a file with so many records of each of two labels.
func teams(t *testing.T, each int) (path string) {
	t.Helper()
	var lines strings.Builder
	for i := range each {
		fmt.Fprintf(&lines, "{\"text\":\"the invoice of order %d is wrong\",\"team\":\"billing\"}\n", i)
		fmt.Fprintf(&lines, "{\"text\":\"site %d is down again\",\"team\":\"outage\"}\n", i)
	}
	path = filepath.Join(t.TempDir(), "in.jsonl")
	must(t, os.WriteFile(path, []byte(lines.String()), 0o600))
	return path
}

// TestHeadIsChosen tries both heads where nothing else is told, and winnow's own alone where records are few or it is told
// to.
func TestHeadIsChosen(t *testing.T) {
	t.Setenv("WINNOW_HOME", t.TempDir())
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	for _, c := range []struct {
		name    string
		each    int
		args    []string
		heads   []string
		skipped string // why the second was not tried
	}{
		{"many records", 50, nil, []string{headLinear, headFastText}, ""},
		{"few records", 40, nil, []string{headLinear, headFastText}, "40 records a label are too few for it"},
		{"it is told", 50, []string{"--head", headLinear}, []string{headLinear}, ""},
		{"the budget is spent", 50, []string{"--budget", "1ns"}, []string{headLinear, headFastText}, "--budget is spent"},
		{"balanced", 50, []string{"--balanced"}, []string{headLinear, headFastText}, "it weighs no labels"},
		{"a label without records", 50, []string{"--labels", "billing,outage,legal"}, []string{headLinear, headFastText}, "there are labels without records"},
		{"standard input", 50, []string{"-"}, []string{headLinear, headFastText}, "standard input can't be read again"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out bytes.Buffer
			m := &Main{Stdin: strings.NewReader(`{"text":"the invoice is wrong","team":"billing"}`), Stdout: &out, Stderr: &out, Signals: make(chan os.Signal, 1)}
			if status := m.Run(append(append([]string{"train", teams(t, c.each)}, c.args...), "--label", "team", "--json")); status != 0 {
				t.Fatalf("status %d\n%s", status, &out)
			}
			var report struct {
				Heads []struct{ Name, Skipped string } `json:"heads"`
			}
			if err := json.Unmarshal(out.Bytes(), &report); err != nil {
				t.Fatalf("%v\n%s", err, &out)
			}
			var names []string
			for _, h := range report.Heads {
				names = append(names, h.Name)
			}
			if d := cmp.Diff(c.heads, names); d != "" {
				t.Fatal(d)
			}
			if got := report.Heads[len(names)-1].Skipped; got != c.skipped {
				t.Errorf("not tried because %q, want %q", got, c.skipped)
			}
		})
	}
}
