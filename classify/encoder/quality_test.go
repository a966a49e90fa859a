package encoder_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/winnow-stream/winnow/classify/classifytest/evalset"
	"github.com/winnow-stream/winnow/classify/encoder"
	"github.com/winnow-stream/winnow/classify/prototype"
)

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
		s := evalset.Load(t, c.set)
		k, err := encoder.New(encoder.Config{Config: prototype.Config{Labels: s.Labels}})
		if err != nil {
			t.Fatal(err)
		}
		q := evalset.Measure(t, k, s.Test)
		t.Logf("%-10s accuracy %.2f, calibration error %.4f", c.set, q.Accuracy, q.ECE)
		if q.Accuracy < c.atLeast {
			t.Errorf("%s: accuracy %.2f, want at least %.1f", c.set, q.Accuracy, c.atLeast)
		}
		if c.calibrated {
			errorSum += q.ECE
		}
	}
	if mean := errorSum / 4; mean > 0.05 {
		t.Errorf("mean calibration error %.4f, want at most 0.05", mean)
	}
}

// setTexts are all texts of the test splits.
func setTexts(t testing.TB) (texts []string) {
	t.Helper()
	files, _ := filepath.Glob(filepath.Join(evalset.Folder(), "*", "test.jsonl"))
	for _, file := range files {
		for _, text := range evalset.Texts(evalset.Read(t, file)) {
			if text != "" { // wnut17 has tokens
				texts = append(texts, text)
			}
		}
	}
	return texts
}
