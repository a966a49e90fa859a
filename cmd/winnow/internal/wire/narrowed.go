package wire

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/pipeline"
)

// narrowed holds the answers of a plugin, which knows nothing of it, to a threshold, a number of labels, and a confidence below
// which there is none. What the plugin itself left out does not come back.
type narrowed struct {
	classify.Classifier
	answers classify.Answers
	version string
	lists   bool    // of the plugin
	least   float32 // confidence of a label in a list
	sure    float32 // confidence of a row's label
}

var (
	_ classify.Classifier = (*narrowed)(nil)
	_ pipeline.Lists      = (*narrowed)(nil)
)

func newNarrowed(k classify.Classifier, a classify.Answers, version string) *narrowed {
	n := &narrowed{Classifier: k, answers: a, version: version, lists: a.Mode == classify.Multi, sure: classify.RoundConfidence(a.Abstain)}
	if l, ok := k.(pipeline.Lists); ok {
		n.lists = l.Lists()
	}
	if a.Threshold != nil {
		n.least = classify.RoundConfidence(*a.Threshold)
	}
	return n
}

// Info is the plugin's, whose version also tells what becomes of its answers.
func (n *narrowed) Info() classify.Info {
	info := n.Classifier.Info()
	info.Version = n.version
	return info
}

// Lists tells whether answers have lists: where the plugin gives none, of the one label.
func (n *narrowed) Lists() bool { return n.lists || n.answers.TopK > 0 }

// Classify lets the plugin answer, and leaves out what is not wanted.
func (n *narrowed) Classify(ctx context.Context, texts *array.String, out *classify.Results) error {
	if err := n.Classifier.Classify(ctx, texts, out); err != nil {
		return err
	}
	if !n.Lists() {
		for row := range out.Len() {
			n.withhold(out, row)
		}
		return nil
	}
	kept, start := out.Scores[:0], int32(0)
	for row := range out.Len() {
		n.withhold(out, row)
		var list []classify.Score
		if n.lists {
			list, start = out.Scores[start:out.Ends[row]], out.Ends[row]
		}
		kept = n.list(kept, list, out, row)
		if n.lists {
			out.Ends[row] = int32(len(kept))
		} else {
			out.Ends = append(out.Ends, int32(len(kept)))
		}
	}
	out.Scores = kept
	return nil
}

// withhold takes back the label of a row that is not sure enough.
func (n *narrowed) withhold(out *classify.Results, row int) {
	if out.Label[row] >= 0 && out.Confidence[row] < n.sure {
		out.Label[row], out.Confidence[row], out.Reason[row] = -1, 0, classify.Abstained
	}
}

// list appends what is kept of a row's list. kept may begin where the lists do: it never overtakes them, since each label that is
// appended was read before.
func (n *narrowed) list(kept, list []classify.Score, out *classify.Results, row int) []classify.Score {
	if out.Label[row] < 0 {
		return kept
	}
	if !n.lists {
		return append(kept, classify.Score{Label: out.Label[row], Confidence: out.Confidence[row]})
	}
	most := len(list)
	if n.answers.TopK > 0 {
		most = min(most, n.answers.TopK)
	}
	from := len(kept)
	for _, s := range list[:most] {
		if s.Confidence >= n.least {
			kept = append(kept, s)
		}
	}
	if len(kept) == from && n.answers.Mode == classify.Multi {
		out.Label[row], out.Confidence[row] = -1, 0
	}
	return kept
}
