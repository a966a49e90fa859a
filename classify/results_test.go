package classify_test

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/classify"
)

func TestRoundConfidence(t *testing.T) {
	for p, want := range map[float64]float32{
		0: 0, 1: 1, 0.12344: 0.1234, 0.12346: 0.1235, 0.99996: 1, 0.00004: 0, -0.5: 0, 2: 1,
		math.Inf(1): 1, math.Inf(-1): 0,
	} {
		if got := classify.RoundConfidence(p); got != want {
			t.Errorf("RoundConfidence(%v) = %v, want %v", p, got, want)
		}
	}
	if got := classify.RoundConfidence(math.NaN()); got != 0 {
		t.Errorf("RoundConfidence(NaN) = %v", got)
	}
}

func TestResults(t *testing.T) {
	var r classify.Results
	r.Reset(3)
	r.Label[0], r.Confidence[0], r.Tokens[0] = 1, 0.5, 7
	r.Reason[1] = classify.NullText
	r.Fail(2, errors.New("no answer"))
	r.Scores = append(r.Scores, classify.Score{Label: 1, Confidence: 0.5}, classify.Score{Label: 0, Confidence: 0.25})
	r.Ends = append(r.Ends, 2, 2, 2)
	if diff := cmp.Diff([]classify.Score{{Label: 1, Confidence: 0.5}, {Label: 0, Confidence: 0.25}}, r.RowScores(0)); diff != "" {
		t.Errorf("row 0 (-want +got)\n%s", diff)
	}
	if got := r.RowScores(1); len(got) != 0 {
		t.Errorf("row 1 has the list %v", got)
	}
	if len(r.Failures) != 1 || r.Failures[0].Row != 2 || r.Label[2] != -1 {
		t.Errorf("failures %v, label %d", r.Failures, r.Label[2])
	}
	for _, n := range []int{2, 5, 0} {
		r.Reset(n)
		if r.Len() != n || len(r.Ends) != 0 || len(r.Failures) != 0 || r.RowScores(0) != nil {
			t.Errorf("after Reset(%d): %+v", n, r)
		}
		for i := range n {
			if r.Label[i] != -1 || r.Confidence[i] != 0 || r.Reason[i] != classify.Labelled || r.Tokens[i] != 0 {
				t.Errorf("row %d is not null after Reset", i)
			}
		}
	}
}

func TestReasons(t *testing.T) {
	got := fmt.Sprintf("%q %q %q %q", classify.Labelled, classify.NullText, classify.NoKnownWords, classify.Abstained)
	if want := `"" "null_text" "no_known_words" "abstained"`; got != want {
		t.Errorf("reasons %s, want %s", got, want)
	}
}
