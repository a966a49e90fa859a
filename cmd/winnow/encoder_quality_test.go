package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/winnow-stream/winnow/classify/classifytest/evalset"
)

// TestEncoderQuality holds the program, as users call it, to what is promised of the encoder without examples: accuracies on
// the test splits of public sets, and the mean calibration error of those that have many labels or clear ones. By
// WINNOW_QUALITY=1 it takes two sets, by WINNOW_QUALITY=all five, for which two minutes of a core are needed.
func TestEncoderQuality(t *testing.T) {
	wanted := os.Getenv("WINNOW_QUALITY")
	if wanted == "" {
		t.Skip("it takes a minute: make test-all asks for it by WINNOW_QUALITY=1")
	}
	const mostError = 0.05
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	sum, n := 0.0, 0.0
	for _, c := range []struct {
		set        string
		least      float64 // accuracy
		calibrated bool    // its error counts
		always     bool
	}{
		{"banking77", 0.69, true, true},
		{"clinc150", 0.704, true, false},
		{"hwu64", 0.663, true, false},
		{"snips", 0.884, true, true},
		{"sms_spam", 0.785, false, false},
	} {
		if !c.always && wanted != "all" {
			continue
		}
		if !evalset.Has(c.set) {
			t.Skipf("no evaluation set %s (set WINNOW_SETS to the folder of sets)", c.set)
		}
		folder := filepath.Join(evalset.Folder(), c.set)
		cmd := exec.CommandContext(t.Context(), self, "eval", filepath.Join(folder, "test.jsonl"),
			"--gold", "label", "--labels-file", filepath.Join(folder, "labels.json"), "--backend", "encoder", "--json", "-q")
		cmd.Args[0] = "winnow" // the test's binary is the program under this name (TestMain)
		cmd.Env = append(os.Environ(), "WINNOW_HOME="+t.TempDir())
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s: %v\n%s", c.set, err, out)
		}
		var report struct{ Accuracy, ECE *float64 }
		if err := json.Unmarshal(out, &report); err != nil || report.Accuracy == nil || report.ECE == nil {
			t.Fatalf("%s: %v in %s", c.set, err, out)
		}
		t.Logf("%s: accuracy %.2f %%, calibration error %.3f", c.set, 100**report.Accuracy, *report.ECE)
		if *report.Accuracy < c.least {
			t.Errorf("%s: accuracy %.2f %%, want at least %v", c.set, 100**report.Accuracy, 100*c.least)
		}
		if c.calibrated {
			sum, n = sum+*report.ECE, n+1
		}
	}
	if mean := sum / n; mean > mostError {
		t.Errorf("a mean calibration error of %.3f, want at most %v", mean, mostError)
	}
}
