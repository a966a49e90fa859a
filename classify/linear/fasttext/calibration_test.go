package fasttext_test

import (
	"bytes"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/classifytest/evalset"
	"github.com/winnow-stream/winnow/classify/linear/fasttext"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

func calibrated(t testing.TB, name string, c fasttext.Calibration) *fasttext.Model {
	t.Helper()
	m, err := load(t, name).Calibrated(c)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

const calibratedText = "my card was declined at the shop"

// TestCalibratedShares compares a classifier's confidences with a softmax of the calibrated scores.
func TestCalibratedShares(t *testing.T) {
	m := calibrated(t, "softmax.bin", fasttext.Calibration{Slope: 0.5})
	var s fasttext.Scratch
	scores := m.Scores(nil, []byte(calibratedText), &s)
	sum := 0.0
	for _, x := range scores {
		sum += math.Exp(0.5 * float64(x))
	}
	var out classify.Results
	c := classifier(t, fasttext.Config{Model: m, Answers: classify.Answers{TopK: len(scores)}})
	if err := c.Classify(t.Context(), evalset.Array(calibratedText), &out); err != nil {
		t.Fatal(err)
	}
	if len(out.RowScores(0)) != len(scores) {
		t.Fatalf("%d labels of %d", len(out.RowScores(0)), len(scores))
	}
	for _, p := range out.RowScores(0) {
		if want := math.Exp(0.5*float64(scores[p.Label])) / sum; math.Abs(want-float64(p.Confidence)) > 1e-4 {
			t.Errorf("label %d: want %.4f, got %v", p.Label, want, p.Confidence)
		}
	}
}

// TestCalibratedSigmoids does so with independent labels.
func TestCalibratedSigmoids(t *testing.T) {
	m := calibrated(t, "ova.bin", fasttext.Calibration{Slope: 2, Offset: -0.5})
	var s fasttext.Scratch
	scores := m.Scores(nil, []byte(calibratedText), &s)
	var out classify.Results
	every := 0.0
	c := classifier(t, fasttext.Config{Model: m, Answers: classify.Answers{Mode: classify.Multi, Threshold: &every}})
	if err := c.Classify(t.Context(), evalset.Array(calibratedText), &out); err != nil {
		t.Fatal(err)
	}
	for _, p := range out.RowScores(0) {
		// fastText's sigmoid is a table of steps of 1/32.
		if want := 1 / (1 + math.Exp(-(2*float64(scores[p.Label]) - 0.5))); math.Abs(want-float64(p.Confidence)) > 0.01 {
			t.Errorf("label %d: want %.4f, got %v", p.Label, want, p.Confidence)
		}
	}
}

// TestCalibrationStaysWithTheModel writes and reads it, and finds fastText's own answers untouched.
func TestCalibrationStaysWithTheModel(t *testing.T) {
	plain, m := load(t, "softmax_ngrams.bin"), calibrated(t, "softmax_ngrams.bin", fasttext.Calibration{Slope: 0.3})
	var b bytes.Buffer
	if _, err := m.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	back, err := fasttext.Read(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(m.Calibration(), back.Calibration()); d != "" || plain.Calibration() != nil {
		t.Error(d, plain.Calibration())
	}
	var s fasttext.Scratch
	want := plain.Predict(nil, []byte(calibratedText), 0, 0, &s)
	if d := cmp.Diff(want, back.Predict(nil, []byte(calibratedText), 0, 0, &s)); d != "" {
		t.Errorf("Predict (-fastText's +calibrated):\n%s", d)
	}
	if m.Hash() == plain.Hash() {
		t.Error("the hash does not tell the calibration")
	}
	if back.Scores(nil, []byte(""), &s) != nil {
		t.Error("a text without words has scores")
	}
}

func TestCalibratedRefuses(t *testing.T) {
	for _, c := range []fasttext.Calibration{{}, {Slope: -1}, {Slope: math.NaN()}, {Slope: math.Inf(1)}, {Slope: 1, Offset: math.NaN()}} {
		if _, err := load(t, "softmax.bin").Calibrated(c); !fault.Is(err, fault.ConfigField) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	if _, err := load(t, "hs.bin").Calibrated(fasttext.Calibration{Slope: 1}); !fault.Is(err, fault.ConfigField) {
		t.Error(err)
	}
}
