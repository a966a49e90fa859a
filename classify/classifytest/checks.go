package classifytest

import (
	"bytes"
	"math"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/classify"
)

// info: a classifier is described the same each time, and completely.
func info(t *testing.T, c, again classify.Classifier) {
	i := c.Info()
	if diff := cmp.Diff(i, again.Info()); diff != "" {
		t.Errorf("two of the same kind are described differently\n%s", diff)
	}
	if i.Version == "" || i.Backend == "" || len(i.Labels) == 0 || i.Mode != classify.Single && i.Mode != classify.Multi {
		t.Errorf("incomplete: %+v", i)
	}
}

// shape: columns of equal length, labels in range, confidences in [0, 1] with 4 decimals, lists from high to low.
func shape(t *testing.T, c classify.Classifier, batch *array.String) {
	var out classify.Results
	// A result of an earlier, longer batch must not shine through.
	out.Reset(batch.Len() + 3)
	out.Label[0], out.Scores, out.Ends = 99, append(out.Scores, classify.Score{Label: 99}), append(out.Ends, 1)
	if err := c.Classify(t.Context(), batch, &out); err != nil {
		t.Fatal(err)
	}
	n, labels := batch.Len(), int32(len(c.Info().Labels))
	if out.Len() != n || len(out.Confidence) != n || len(out.Reason) != n || len(out.Tokens) != n || len(out.Ends) != 0 && len(out.Ends) != n {
		t.Fatalf("%d texts gave %d labels, %d confidences, %d reasons, %d token counts, %d lists",
			n, len(out.Label), len(out.Confidence), len(out.Reason), len(out.Tokens), len(out.Ends))
	}
	for i, r := range rows(&out) {
		switch {
		case r.Label < -1 || r.Label >= labels:
			t.Errorf("row %d: label %d of %d", i, r.Label, labels)
		case r.Label == -1 && r.Confidence != 0:
			t.Errorf("row %d: a null label of confidence %v", i, r.Confidence)
		case r.Label >= 0 && r.Reason != classify.Labelled && r.Reason != classify.Abstained:
			t.Errorf("row %d: a label and the reason %s for none", i, r.Reason)
		case r.Label == -1 && r.Reason == classify.Labelled && c.Info().Mode == classify.Single:
			t.Errorf("row %d: no label and no reason", i)
		case !rounded(r.Confidence):
			t.Errorf("row %d: confidence %v is not in [0, 1] with 4 decimals", i, r.Confidence)
		case r.Tokens < 0:
			t.Errorf("row %d: %d tokens", i, r.Tokens)
		}
		list(t, c.Info(), i, r)
	}
}

// list: labels once each, from high to low, the best first; in single mode they sum to at most 1.
func list(t *testing.T, info classify.Info, i int, r row) {
	seen, sum := map[int32]bool{}, 0.0
	for k, s := range r.Scores {
		if s.Label < 0 || int(s.Label) >= len(info.Labels) || seen[s.Label] || !rounded(s.Confidence) {
			t.Errorf("row %d: bad or repeated score %+v", i, s)
		}
		if k > 0 && s.Confidence > r.Scores[k-1].Confidence {
			t.Errorf("row %d: scores are not in order: %+v", i, r.Scores)
		}
		seen[s.Label] = true
		sum += float64(s.Confidence)
	}
	if len(r.Scores) > 0 && (r.Scores[0].Label != r.Label || r.Scores[0].Confidence != r.Confidence) {
		t.Errorf("row %d: label %d (%v), but the list begins with %+v", i, r.Label, r.Confidence, r.Scores[0])
	}
	slack := 5e-5 * float64(len(r.Scores)+1) // rounding
	if info.Mode == classify.Single && sum > 1+slack {
		t.Errorf("row %d: confidences sum to %v", i, sum)
	}
	if info.Mode == classify.Single && len(r.Scores) == len(info.Labels) && len(r.Scores) > 1 && math.Abs(sum-1) > slack {
		t.Errorf("row %d: confidences of all labels sum to %v", i, sum)
	}
}

// nulls: a null text gives a null label with its reason, and changes nothing for its neighbours.
func nulls(t *testing.T, c classify.Classifier, want []row) {
	var with []string
	var valid []bool
	for _, text := range texts {
		with, valid = append(with, "hidden", text), append(valid, false, true)
	}
	got := answer(t, c, build(with, valid))
	if len(got) != len(with) {
		t.Fatalf("%d rows for %d texts", len(got), len(with))
	}
	for i := range texts {
		if n := got[2*i]; n.Label != -1 || n.Confidence != 0 || n.Reason != classify.NullText || len(n.Scores) != 0 {
			t.Errorf("a null text gave %+v", n)
		}
		same(t, "beside a null text", want[i:i+1], got[2*i+1:2*i+2])
	}
}

// keepsNothing: the texts' memory may be overwritten as soon as the call returns.
func keepsNothing(t *testing.T, c classify.Classifier, want []row) {
	original := build(texts, nil)
	offsets := append([]int32(nil), original.ValueOffsets()...)
	values := append([]byte(nil), original.ValueBytes()...)
	data := array.NewData(arrow.BinaryTypes.String, len(texts), []*memory.Buffer{
		nil, memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(offsets)), memory.NewBufferBytes(values),
	}, nil, 0, 0)
	defer data.Release()
	var out classify.Results
	if err := c.Classify(t.Context(), array.NewStringData(data), &out); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(values, original.ValueBytes()) {
		t.Error("Classify changed the texts")
	}
	for i := range values {
		values[i] = 'z'
	}
	same(t, "after the texts were overwritten", want, rows(&out))
	same(t, "a call after the texts were overwritten", want, answer(t, c, original))
}
