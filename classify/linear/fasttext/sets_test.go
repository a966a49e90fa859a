package fasttext_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/winnow-stream/winnow/classify/classifytest/evalset"
	"github.com/winnow-stream/winnow/classify/linear/fasttext"
)

// example is a text of a set with its labels.
type example struct {
	text   string
	labels []string
}

// set is an evaluation set.
type set struct {
	name        string
	train, test []example
}

// sets are the evaluation sets by those names that are at hand, all of them without names; else the small one.
func sets(t testing.TB, names ...string) (all []*set) {
	t.Helper()
	if len(names) == 0 {
		entries, _ := os.ReadDir(evalset.Folder())
		for _, e := range entries {
			names = append(names, e.Name())
		}
	}
	for _, name := range names {
		dir := filepath.Join(evalset.Folder(), name)
		if _, err := os.Stat(filepath.Join(dir, "test.jsonl")); err == nil {
			all = append(all, loadSet(t, name, dir))
		}
	}
	if len(all) == 0 {
		all = append(all, loadSet(t, "small", filepath.Join("testdata", "small")))
	}
	return all
}

func loadSet(t testing.TB, name, dir string) *set {
	t.Helper()
	return &set{name, loadTexts(t, filepath.Join(dir, "train.jsonl")), loadTexts(t, filepath.Join(dir, "test.jsonl"))}
}

func loadTexts(t testing.TB, path string) (all []example) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var r struct {
			Text   string   `json:"text"`
			Tokens []string `json:"tokens"`
			Tags   []string `json:"tags"`
			Label  string   `json:"label"`
			Labels []string `json:"labels"`
		}
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		e := example{r.Text + strings.Join(r.Tokens, " "), r.Labels}
		if r.Label != "" {
			e.labels = append(e.labels, r.Label)
		}
		if len(e.labels) == 0 { // a set of spans: what it is about doesn't matter here
			e.labels = []string{"length " + string(rune('a'+len(e.text)/30%20))}
		}
		all = append(all, e)
	}
	return all
}

// lines are examples in the format of fastText's training files.
func lines(examples []example) []byte {
	var b bytes.Buffer
	for _, e := range examples {
		for _, l := range e.labels {
			b.WriteString(fasttext.Written(l) + " ")
		}
		b.WriteString(strings.ReplaceAll(e.text, "\n", " ") + "\n")
	}
	return b.Bytes()
}
