package tagger_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/winnow-stream/winnow/classify/classifytest/evalset"
	"github.com/winnow-stream/winnow/classify/entity/tagger"
)

// loadSet reads a part of an evaluation set, which lie beside the checkout, or skips the test where there is none.
func loadSet(t testing.TB, name, part string) []tagger.Example {
	t.Helper()
	path := filepath.Join(evalset.Folder(), name, part+".jsonl")
	f, err := os.Open(path)
	if err != nil {
		t.Skipf("no evaluation set %s (set WINNOW_SETS to the folder of sets): %v", name, err)
	}
	defer f.Close()
	var out []tagger.Example
	for e, err := range tagger.Read(path, f) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, e)
	}
	return out
}

// calibrationError is the expected difference, over 10 bins, of confidence and share of right spans.
func calibrationError(m *tagger.Model, examples []tagger.Example) float64 {
	var n, sure, right [10]float64
	all := 0.0
	for _, e := range examples {
		for _, s := range m.Find(nil, e.Text) {
			b := min(int(s.Confidence*10), 9)
			n[b]++
			all++
			sure[b] += float64(s.Confidence)
			if slices.Contains(e.Entities, tagger.Entity{Start: int(s.Start), End: int(s.End), Type: m.Types()[s.Type]}) {
				right[b]++
			}
		}
	}
	sum := 0.0
	for b := range n {
		sum += max(sure[b]-right[b], right[b]-sure[b]) / all
	}
	return sum
}

// TestQuality trains on WNUT-17 and holds its test part's F1 to a threshold.
func TestQuality(t *testing.T) {
	if os.Getenv("WINNOW_QUALITY") == "" {
		t.Skip("it trains for minutes: make test-all asks for it")
	}
	test := loadSet(t, "wnut17", "test")
	m, report := train(t, tagger.Config{Seed: 1}, loadSet(t, "wnut17", "train"))
	s := evaluate(m, test)
	t.Logf("trained in %v, %d iterations, %d features; threshold %.3f; validation: %+v", report.Took, report.Iterations, report.Features, report.Threshold, report.Validation.Micro)
	t.Logf("test: micro %+v, macro %+v, %+v, calibration error %.3f; the model has %d bytes", s.Micro, s.Macro, s.All, calibrationError(m, test), len(written(t, m)))
	for i, typ := range s.Types {
		t.Logf("%s: %+v", m.Types()[i], typ)
	}
	if s.Micro.F1 < leastF1 {
		t.Errorf("want an F1 of %.3f, got %.3f", leastF1, s.Micro.F1)
	}
}

// leastF1 is a point below what was measured.
const leastF1 = 0.25
