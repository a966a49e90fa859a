package encoder_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/encoder"
	"github.com/winnow-stream/winnow/classify/prototype"
)

// set is a labelled set for evaluation. They are not part of the repository (their licences differ).
type set struct {
	labels classify.LabelSet
	texts  []string
	gold   []int32
}

// loadSet reads the test split of a set, or skips the test where there is none.
func loadSet(t testing.TB, name string) *set {
	t.Helper()
	dir := os.Getenv("WINNOW_SETS")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "data", "sets")
	}
	raw, err := os.ReadFile(filepath.Join(dir, name, "labels.json"))
	if err != nil {
		t.Skipf("no evaluation set %s (set WINNOW_SETS to the folder of sets): %v", name, err)
	}
	s, index := new(set), map[string]int32{}
	if err := json.Unmarshal(raw, &s.labels); err != nil {
		t.Fatal(err)
	}
	for i, l := range s.labels {
		index[l.Name] = int32(i)
	}
	data, err := os.ReadFile(filepath.Join(dir, name, "test.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(data) {
		var r struct{ Text, Label string }
		if err := json.Unmarshal(line, &r); err != nil {
			t.Fatal(err)
		}
		s.texts, s.gold = append(s.texts, r.Text), append(s.gold, index[r.Label])
	}
	return s
}

// TestZeroShot holds the embedded model to what is promised of it. It takes minutes.
func TestZeroShot(t *testing.T) {
	if os.Getenv("WINNOW_QUALITY") == "" {
		t.Skip("it takes minutes: make test-all asks for it by WINNOW_QUALITY=1")
	}
	var errorSum float64
	for _, c := range []struct {
		set        string
		atLeast    float64 // percent
		calibrated bool
	}{
		{"banking77", 69, true},
		{"clinc150", 70.4, true},
		{"hwu64", 66.3, true},
		{"snips", 88.4, true},
		{"sms_spam", 78.5, false},
	} {
		s := loadSet(t, c.set)
		k, err := encoder.New(encoder.Config{Config: prototype.Config{Labels: s.labels}})
		if err != nil {
			t.Fatal(err)
		}
		var out classify.Results
		if err := k.Classify(t.Context(), stringArray(s.texts...), &out); err != nil {
			t.Fatal(err)
		}
		accuracy, ece := judge(s.gold, &out)
		t.Logf("%-10s accuracy %.2f, calibration error %.4f", c.set, accuracy, ece)
		if accuracy < c.atLeast {
			t.Errorf("%s: accuracy %.2f, want at least %.1f", c.set, accuracy, c.atLeast)
		}
		if c.calibrated {
			errorSum += ece
		}
	}
	if mean := errorSum / 4; mean > 0.05 {
		t.Errorf("mean calibration error %.4f, want at most 0.05", mean)
	}
}

// judge returns the accuracy in percent and the expected calibration error over 15 bins of equal width.
func judge(gold []int32, out *classify.Results) (accuracy, ece float64) {
	const bins = 15
	var hits, sure [bins]float64
	right := 0
	for i, g := range gold {
		b := min(int(out.Confidence[i]*bins), bins-1)
		sure[b] += float64(out.Confidence[i])
		if g == out.Label[i] {
			right++
			hits[b]++
		}
	}
	n := float64(len(gold))
	for b := range bins {
		ece += max(hits[b]-sure[b], sure[b]-hits[b]) / n
	}
	return 100 * float64(right) / n, ece
}

// setTexts are all texts of the test splits.
func setTexts(t testing.TB) (texts []string) {
	t.Helper()
	dir := os.Getenv("WINNOW_SETS")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "data", "sets")
	}
	names, _ := filepath.Glob(filepath.Join(dir, "*", "test.jsonl"))
	for _, name := range names {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(f)
		lines.Buffer(nil, 1<<24)
		for lines.Scan() {
			var r struct{ Text string }
			if json.Unmarshal(lines.Bytes(), &r) == nil && r.Text != "" {
				texts = append(texts, r.Text)
			}
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return texts
}
