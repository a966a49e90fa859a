package quality

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/classify/eval"
	"github.com/winnow-stream/winnow/pipeline"
)

// tally is 10 rows over spam and ham: spam 4 right, 1 taken for ham, 1 without a label; ham 3 right; 1 gold label
// outside of the set, labelled ham.
func tally() *pipeline.Tally {
	t := &pipeline.Tally{
		Labels: []pipeline.LabelTally{{Name: "spam"}, {Name: "ham"}, {Name: "never"}},
		Gold:   &pipeline.GoldTally{Rows: 10, Correct: 7, Outside: 1, Confusion: make([]int64, 16)},
	}
	for _, c := range [][3]int{{0, 0, 4}, {0, 1, 1}, {0, 3, 1}, {1, 1, 3}, {3, 1, 1}} {
		t.Gold.Confusion[c[0]*4+c[1]] = int64(c[2])
	}
	t.Gold.Calibration[14] = pipeline.CalibrationBin{Count: 9, ConfidenceSum: 8.7, Correct: 7}
	return t
}

func TestReport(t *testing.T) {
	r := New(tally())
	if got, want := float64(r.Accuracy), 0.7; got != want {
		t.Errorf("accuracy %v, want %v", got, want)
	}
	spam, ham := 2*4.0/(6+4), 2*3.0/(3+5)
	if got, want := float64(r.MacroF1), (spam+ham)/2; math.Abs(got-want) > 1e-12 {
		t.Errorf("macro-F1 %v, want %v (a label that never occurs does not count)", got, want)
	}
	if got, want := float64(r.ECE), (8.7-7)/9; math.Abs(got-want) > 1e-12 {
		t.Errorf("ECE %v, want %v", got, want)
	}
	if r.Null != 1 || r.Outside != 1 {
		t.Errorf("null %d, outside %d, want 1 and 1", r.Null, r.Outside)
	}
	want := []eval.Confusion{{Gold: "spam", Predicted: "ham", Count: 1}, {Gold: "spam", Count: 1}, {Predicted: "ham", Count: 1}}
	if diff := cmp.Diff(want, r.Confusions); diff != "" {
		t.Errorf("confusions (-want +got):\n%s", diff)
	}
}

func TestReportWritesUnknownAsNull(t *testing.T) {
	data, err := json.Marshal(New(tally()).Labels[2])
	if err != nil {
		t.Fatal(err)
	}
	want := `{"name":"never","gold":0,"predicted":0,"correct":0,"precision":null,"recall":null,"f1":null}`
	if string(data) != want {
		t.Errorf("got  %s\nwant %s", data, want)
	}
}

func TestReportWithoutRows(t *testing.T) {
	r := New(&pipeline.Tally{Gold: &pipeline.GoldTally{Confusion: make([]int64, 1)}})
	if r.Accuracy.Known() || r.MacroF1.Known() || r.ECE.Known() {
		t.Errorf("measures of nothing are known: %+v", r)
	}
}
