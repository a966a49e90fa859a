package static_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/classify"
)

// setsFolder is where the evaluation sets lie; they are not part of the repository (their licences differ).
func setsFolder() string {
	if dir := os.Getenv("WINNOW_SETS"); dir != "" {
		return dir
	}
	return filepath.Join("..", "..", "..", "shared", "data", "sets")
}

// set is an evaluation set: texts with the indexes of their gold labels.
type set struct {
	labels      classify.LabelSet
	test, train []example
}

type example struct {
	text string
	gold []int
}

// loadSet reads a set, or skips the test where there is none.
func loadSet(t testing.TB, name string) *set {
	t.Helper()
	dir := filepath.Join(setsFolder(), name)
	raw, err := os.ReadFile(filepath.Join(dir, "labels.json"))
	if err != nil {
		t.Skipf("no evaluation set %s (set WINNOW_SETS to the folder of sets): %v", name, err)
	}
	s := new(set)
	if err := json.Unmarshal(raw, &s.labels); err != nil {
		t.Fatal(err)
	}
	s.test, s.train = s.read(t, filepath.Join(dir, "test.jsonl")), s.read(t, filepath.Join(dir, "train.jsonl"))
	return s
}

func (s *set) read(t testing.TB, path string) []example {
	t.Helper()
	index := map[string]int{}
	for i, l := range s.labels {
		index[l.Name] = i
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out []example
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var r struct {
			Text   string   `json:"text"`
			Label  string   `json:"label"`
			Labels []string `json:"labels"`
		}
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		if r.Label != "" {
			r.Labels = append(r.Labels, r.Label)
		}
		e := example{text: r.Text}
		for _, l := range r.Labels {
			i, ok := index[l]
			if !ok {
				t.Fatalf("%s: label %q is not in the set", path, l)
			}
			e.gold = append(e.gold, i)
		}
		out = append(out, e)
	}
	return out
}

// texts puts the texts of examples into one array.
func texts(examples []example) *array.String {
	b := array.NewStringBuilder(memory.DefaultAllocator)
	defer b.Release()
	for _, e := range examples {
		b.Append(e.text)
	}
	return b.NewStringArray()
}

// outcome is what a classifier reached on a set.
type outcome struct{ accuracy, ece float64 }

// measure labels all examples: accuracy in percent (the label is one of the gold labels), and the expected calibration
// error over 15 bins of equal width.
func measure(t testing.TB, c classify.Classifier, examples []example) outcome {
	t.Helper()
	var out classify.Results
	if err := c.Classify(t.Context(), texts(examples), &out); err != nil {
		t.Fatal(err)
	}
	const bins = 15
	var n, hits, sure [bins]float64
	right := 0.0
	for i, e := range examples {
		hit := 0.0
		for _, g := range e.gold {
			if int32(g) == out.Label[i] {
				hit = 1
			}
		}
		right += hit
		b := min(int(out.Confidence[i]*bins), bins-1)
		n[b]++
		hits[b] += hit
		sure[b] += float64(out.Confidence[i])
	}
	var o outcome
	o.accuracy = 100 * right / float64(len(examples))
	for b := range bins {
		o.ece += abs(hits[b]-sure[b]) / float64(len(examples))
	}
	return o
}

func abs(x float64) float64 {
	if x < 0 {
		return -x
	}
	return x
}

// stringArray is an array of texts.
func stringArray(texts ...string) *array.String {
	b := array.NewStringBuilder(memory.DefaultAllocator)
	defer b.Release()
	b.AppendValues(texts, nil)
	return b.NewStringArray()
}
