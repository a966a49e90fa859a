package tagger_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/winnow-stream/winnow/classify/classifytest/evalset"
	"github.com/winnow-stream/winnow/classify/entity/tagger"
)

// loadSet reads a part of an evaluation set, which lie beside the checkout, or skips the test where there is none.
func loadSet(t testing.TB, name, part string) []tagger.Example {
	t.Helper()
	path := setPath(name, part)
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

func setPath(name, part string) string { return filepath.Join(evalset.Folder(), name, part+".jsonl") }

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

// TestQuality trains on WNUT-17 as winnow train does, and holds its test part's F1 to a threshold, and where WINNOW_PYTHON
// has the package, to three points above that of python-crfsuite; and its speed on one core, by CPU time, to 1 MB/s.
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
	least := leastF1
	if theirs, ok := crfsuite(t, m, test); ok {
		t.Logf("python-crfsuite: micro %+v", theirs.Micro)
		least = max(least, theirs.Micro.F1+0.03)
	}
	if s.Micro.F1 < least {
		t.Errorf("want an F1 of %.3f, got %.3f", least, s.Micro.F1)
	}
	if rate := speed(m, test); rate < 1e6 {
		t.Errorf("%.0f bytes a second of CPU time, want 1e6", rate)
	} else {
		t.Logf("%.1f MB a second of CPU time", rate/1e6)
	}
}

// speed is how many bytes of text a second of one core's time tags.
func speed(m *tagger.Model, examples []tagger.Example) float64 {
	var dst []tagger.Span
	bytes, before := 0, cpuTime()
	for range 5 {
		for _, e := range examples {
			dst = m.Find(dst[:0], e.Text)
			bytes += len(e.Text)
		}
	}
	return float64(bytes) / (cpuTime() - before).Seconds()
}

// cpuTime is what the process has used.
func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// crfsuite is what python-crfsuite reaches on the same examples; false where there is no such package. The types are those
// of a model.
func crfsuite(t *testing.T, m *tagger.Model, test []tagger.Example) (tagger.Scores, bool) {
	t.Helper()
	python := os.Getenv("WINNOW_PYTHON")
	if python == "" {
		return tagger.Scores{}, false
	}
	cmd := exec.CommandContext(t.Context(), python, "gen/crfsuite_tags.py", setPath("wnut17", "train"), setPath("wnut17", "test"), filepath.Join(t.TempDir(), "model"))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var answers strings.Builder // each text with the tags that were found
	tags := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(tags) != len(test) {
		t.Fatalf("%d lists of tags for %d texts", len(tags), len(test))
	}
	for i, e := range test {
		tokens, err := json.Marshal(strings.Split(e.Text, " ")) // joined by one space each
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&answers, "{\"tokens\":%s,\"tags\":%s}\n", tokens, tags[i])
	}
	e := tagger.NewEvaluation(len(m.Types()))
	i := 0
	for found, err := range tagger.Read("answers", strings.NewReader(answers.String())) {
		if err != nil {
			t.Fatal(err)
		}
		e.Add(spansOf(m, test[i].Entities), spansOf(m, found.Entities))
		i++
	}
	return e.Scores(), true
}

// spansOf are entities by a model's types.
func spansOf(m *tagger.Model, entities []tagger.Entity) (spans []tagger.Span) {
	for _, x := range entities {
		spans = append(spans, tagger.Span{Start: int32(x.Start), End: int32(x.End), Type: int32(slices.Index(m.Types(), x.Type))})
	}
	return spans
}

// leastF1 is a point below what was measured.
const leastF1 = 0.25
