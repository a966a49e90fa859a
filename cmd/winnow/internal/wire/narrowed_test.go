package wire

import (
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/classifytest"
	"github.com/winnow-stream/winnow/classify/static"
)

// TestNarrowed holds a classifier that leaves nothing out to options, and compares it with one that was made with them.
func TestNarrowed(t *testing.T) {
	half, most := 0.5, 0.9
	for name, a := range map[string]classify.Answers{
		"abstains":                {Mode: classify.Single, Abstain: 0.9},
		"one label":               {Mode: classify.Single},
		"lists some":              {Mode: classify.Single, TopK: 2},
		"lists some and abstains": {Mode: classify.Single, TopK: 1, Abstain: 0.8},
		"threshold":               {Mode: classify.Multi, Threshold: &half},
		"threshold and most":      {Mode: classify.Multi, Threshold: &half, TopK: 1},
		"threshold and abstains":  {Mode: classify.Multi, Threshold: &half, Abstain: 0.8},
		"high threshold":          {Mode: classify.Multi, Threshold: &most},
	} {
		t.Run(name, func(t *testing.T) {
			labels := classify.LabelSet{{Name: "billing"}, {Name: "technical"}, {Name: "travel"}}
			everything, zero := classify.Answers{Mode: a.Mode}, 0.0
			switch {
			case a.Mode == classify.Multi:
				everything.Threshold = &zero
			case a.TopK > 0:
				everything.TopK = len(labels)
			}
			made := func(a classify.Answers) classify.Classifier {
				k, err := static.New(static.Config{Labels: labels, Answers: a})
				if err != nil {
					t.Fatal(err)
				}
				return listing(k, a.TopK)
			}
			n := newNarrowed(made(everything), a, "narrowed-1")
			b := array.NewStringBuilder(memory.DefaultAllocator)
			defer b.Release()
			b.AppendValues([]string{"the invoice is wrong", "", "the app crashed on the train", "zzxq", "a flight to Rome, and an invoice", "so"}, nil)
			b.AppendNull()
			texts := b.NewStringArray()
			defer texts.Release()
			var got, want classify.Results
			if err := n.Classify(t.Context(), texts, &got); err != nil {
				t.Fatal(err)
			}
			if err := made(a).Classify(t.Context(), texts, &want); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Error(diff)
			}
			if info := n.Info(); info.Version != "narrowed-1" || info.Mode != a.Mode {
				t.Errorf("%+v", info)
			}
			classifytest.Run(t, func() classify.Classifier { return newNarrowed(made(everything), a, "narrowed-1") })
		})
	}
}
