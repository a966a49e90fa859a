package evalset

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/winnow-stream/winnow/classify"
)

// Set is a labelled set.
type Set struct {
	Labels      classify.LabelSet
	Train, Test []Example
}

// Example is a text with its labels.
type Example struct {
	Text   string
	Labels []string
	Gold   []int32 // the labels' indexes in Set.Labels
}

// Folder is where the sets lie: what WINNOW_SETS names, or beside the checkout that the working directory is in.
func Folder() string {
	if dir := os.Getenv("WINNOW_SETS"); dir != "" {
		return dir
	}
	dir, _ := os.Getwd()
	for dir != filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		dir = filepath.Dir(dir)
	}
	return filepath.Join(filepath.Dir(dir), "shared", "data", "sets")
}

// Has reports whether there is a set of this name.
func Has(name string) bool {
	_, err := os.Stat(filepath.Join(Folder(), name, "labels.json"))
	return err == nil
}

// Load reads a set, or skips the test where there is none.
func Load(t testing.TB, name string) *Set {
	t.Helper()
	dir := filepath.Join(Folder(), name)
	raw, err := os.ReadFile(filepath.Join(dir, "labels.json"))
	if err != nil {
		t.Skipf("no evaluation set %s (set WINNOW_SETS to the folder of sets): %v", name, err)
	}
	s := new(Set)
	if err := json.Unmarshal(raw, &s.Labels); err != nil {
		t.Fatal(err)
	}
	s.Train, s.Test = s.read(t, filepath.Join(dir, "train.jsonl")), s.read(t, filepath.Join(dir, "test.jsonl"))
	return s
}

func (s *Set) read(t testing.TB, path string) []Example {
	t.Helper()
	all := Read(t, path)
	names := s.Labels.Names()
	for i := range all {
		for _, name := range all[i].Labels {
			at := slices.Index(names, name)
			if at < 0 {
				t.Fatalf("%s: label %q is not in the set", path, name)
			}
			all[i].Gold = append(all[i].Gold, int32(at))
		}
	}
	return all
}

// Read reads the examples of a file, without their indexes.
func Read(t testing.TB, path string) (all []Example) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(data) {
		var r struct {
			Text   string   `json:"text"`
			Label  string   `json:"label"`
			Labels []string `json:"labels"`
		}
		if err := json.Unmarshal(line, &r); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if r.Label != "" {
			r.Labels = append(r.Labels, r.Label)
		}
		all = append(all, Example{Text: r.Text, Labels: r.Labels})
	}
	return all
}
