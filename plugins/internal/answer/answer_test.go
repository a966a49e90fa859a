package answer_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/plugins/internal/answer"
)

func results() *classify.Results {
	r := new(classify.Results)
	r.Reset(3)
	r.Label[0], r.Confidence[0], r.Tokens[0] = 1, 0.75, 4
	r.Reason[1] = classify.NoKnownWords
	r.Label[2], r.Confidence[2], r.Tokens[2] = 0, 0.5, 2
	r.Scores = []classify.Score{{Label: 1, Confidence: 0.75}, {Label: 0, Confidence: 0.25}, {Label: 0, Confidence: 0.5}}
	r.Ends = []int32{2, 2, 3}
	return r
}

// Results cross as columns, and come back the same.
func Example() {
	batch := answer.Write(results(), true)
	defer batch.Release()
	var back classify.Results
	back.Reset(3)
	if err := answer.Read(batch, &back, 0, 3, 2); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(back.Label, back.Confidence, back.RowScores(0))
	// Output: [1 -1 0] [0.75 0 0.5] [{1 0.75} {0 0.25}]
}

func TestRoundTrip(t *testing.T) {
	for _, lists := range []bool{true, false} {
		want := results()
		batch := answer.Write(want, lists)
		if !lists {
			want.Scores, want.Ends = nil, nil
		}
		got := new(classify.Results)
		got.Reset(3)
		if err := answer.Read(batch, got, 0, 3, 2); err != nil {
			t.Fatal(err)
		}
		batch.Release()
		got.Scores, got.Ends, got.Failures = append([]classify.Score(nil), got.Scores...), append([]int32(nil), got.Ends...), nil
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("lists %v:\n%s", lists, diff)
		}
	}
}

// TestRefused has one case for each thing that an answer can get wrong.
func TestRefused(t *testing.T) {
	for _, tt := range []struct {
		name   string
		rows   int
		change func(*classify.Results)
		want   string
	}{
		{"rows", 4, func(*classify.Results) {}, "3 answers for 4 texts"},
		{"label above", 3, func(r *classify.Results) { r.Label[1] = 2 }, "row 1 has the label 2, and there are 2"},
		{"label below", 3, func(r *classify.Results) { r.Label[1] = -2 }, "row 1 has the label -2"},
		{"NaN", 3, func(r *classify.Results) { r.Confidence[2] = float32(math.NaN()) }, "row 2 has the confidence NaN"},
		{"above one", 3, func(r *classify.Results) { r.Confidence[0] = 1.5 }, "row 0 has the confidence 1.5"},
		{"reason", 3, func(r *classify.Results) { r.Reason[0] = 77 }, "row 0 has the reason 77"},
		{"tokens", 3, func(r *classify.Results) { r.Tokens[0] = -1 }, "row 0 has -1 tokens"},
		{"listed label", 3, func(r *classify.Results) { r.Scores[1].Label = 9 }, "row 0 lists the label 9"},
		{"listed NaN", 3, func(r *classify.Results) { r.Scores[2].Confidence = float32(math.NaN()) }, "row 2 lists the label 0 of 2 with confidence NaN"},
		{"list ends", 3, func(r *classify.Results) { r.Ends = []int32{2, 1, 3} }, "row 1 has the list [2, 1)"},
		{"list beyond", 3, func(r *classify.Results) { r.Ends = []int32{2, 2, 9} }, "row 2 has the list [2, 9) of 3 labels"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := results()
			tt.change(r)
			batch := answer.Write(r, true)
			defer batch.Release()
			var out classify.Results
			out.Reset(tt.rows)
			err := answer.Read(batch, &out, 0, tt.rows, 2)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q in it", err, tt.want)
			}
		})
	}
}
