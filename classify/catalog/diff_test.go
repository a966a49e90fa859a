package catalog

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/classify"
)

func TestDiff(t *testing.T) {
	low, high := 0.2, 0.3
	evaluation := func(accuracy float64, data string) json.RawMessage {
		return json.RawMessage(fmt.Sprintf(`{"accuracy":%v,"macro_f1":null,"ece":0.1,"rows":9,"data":"sha256:%s"}`, accuracy, strings.Repeat(data, 64)))
	}
	a := &Manifest{
		Name: "x", Number: 1, Hash: "a", Backend: Backend{Name: "static", Format: 1}, Evaluation: evaluation(0.8, "a"),
		Labels: classify.LabelSet{
			{Name: "gone"}, {Name: "same", Description: "d", Examples: []string{"e"}}, {Name: "changed", Description: "before", Examples: []string{"1", "2"}}, {Name: "last"},
		},
		Options: Options{Mode: classify.Multi, Threshold: &low, TopK: 2},
		Weights: []Blob{{"a", 1, "1"}, {"b", 1, "2"}, {"c", 1, "3"}},
	}
	b := &Manifest{
		Name: "x", Number: 2, Hash: "b", Backend: Backend{Name: "linear/head", Format: 2}, Evaluation: evaluation(0.9, "a"),
		Labels: classify.LabelSet{
			{Name: "last"}, {Name: "same", Description: "d", Examples: []string{"e"}}, {Name: "changed", Description: "after", Examples: []string{"2", "3"}}, {Name: "new"},
		},
		Options: Options{Mode: classify.Multi, Threshold: &high, Abstain: 0.4},
		Weights: []Blob{{"a", 1, "1"}, {"b", 2, "2"}, {"d", 1, "3"}}, Notes: "better",
	}
	accuracy, better, ece := 0.8, 0.9, 0.1
	want := &Difference{
		From: "x@v1", To: "x@v2", Backend: &Change{"backend", "static", "linear/head (format 2)"},
		Added: []string{"new"}, Removed: []string{"gone"}, Reordered: true,
		Changed: []LabelChange{{Label: "changed", Description: &Change{"description", "before", "after"}, Added: []string{"3"}, Removed: []string{"1"}}},
		Options: []Change{{"threshold", "0.2", "0.3"}, {"top_k", "2", ""}, {"abstain", "", "0.4"}},
		Metrics: []Measure{{"accuracy", &accuracy, &better}, {"macro_f1", nil, nil}, {"ece", &ece, &ece}}, SameData: true,
		Weights: []string{"b", "c", "d"}, Notes: &Change{"notes", "", "better"},
	}
	if diff := cmp.Diff(want, Diff(a, b)); diff != "" {
		t.Error(diff)
	}
	b.Evaluation = nil
	d := Diff(a, b)
	if d.SameData || d.Metrics[0].To != nil || *d.Metrics[0].From != 0.8 {
		t.Errorf("metrics %+v", d.Metrics)
	}
	same := Diff(a, a)
	if !same.Same || same.Backend != nil || len(same.Options)+len(same.Changed)+len(same.Weights) > 0 || same.Reordered {
		t.Errorf("%+v", same)
	}
}
