package classifytest_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/classifytest"
)

// byWord is a classifier as small as can be: the label whose name occurs in the text, else the last.
type byWord []string

func (c byWord) Info() classify.Info {
	return classify.Info{Version: "byword-1", Labels: c, Mode: classify.Single, Backend: "byword"}
}

func (c byWord) Classify(_ context.Context, texts *array.String, out *classify.Results) error {
	out.Reset(texts.Len())
	for row := range texts.Len() {
		if texts.IsNull(row) {
			out.Reason[row] = classify.NullText
			continue
		}
		out.Label[row], out.Confidence[row] = int32(len(c)-1), 0.5
		for i, name := range c {
			if strings.Contains(texts.Value(row), name) {
				out.Label[row], out.Confidence[row] = int32(i), 1
				break
			}
		}
	}
	return nil
}

func TestRun(t *testing.T) {
	classifytest.Run(t, func() classify.Classifier { return byWord{"card", "crash", "other"} })
}

// broken are classifiers that break one promise each, by what the suite says of them.
var broken = map[string]func(c byWord, texts *array.String, out *classify.Results) error{
	"texts gave": func(_ byWord, texts *array.String, out *classify.Results) error {
		out.Reset(texts.Len() + 1)
		return nil
	},
	"a null text gave": func(c byWord, texts *array.String, out *classify.Results) error {
		if err := c.Classify(context.Background(), texts, out); err != nil {
			return err
		}
		for i := range out.Label {
			out.Label[i] = 0
		}
		return nil
	},
	"Classify: no": func(byWord, *array.String, *classify.Results) error { return errors.New("no") },
	"is not in [0, 1] with 4 decimals": func(c byWord, texts *array.String, out *classify.Results) error {
		err := c.Classify(context.Background(), texts, out)
		for i := range out.Confidence {
			out.Confidence[i] *= 0.123456
		}
		return err
	},
	"label 3 of 3": func(c byWord, texts *array.String, out *classify.Results) error {
		err := c.Classify(context.Background(), texts, out)
		for i := range out.Label {
			out.Label[i] = 3
		}
		return err
	},
	"alone answers differ": func(c byWord, texts *array.String, out *classify.Results) error {
		err := c.Classify(context.Background(), texts, out)
		if texts.Len() > 1 {
			out.Tokens[0] = 9
		}
		return err
	},
	"Classify changed the texts": func(c byWord, texts *array.String, out *classify.Results) error {
		err := c.Classify(context.Background(), texts, out)
		if b := texts.ValueBytes(); len(b) > 0 {
			b[0] = 'X'
		}
		return err
	},
	"scores are not in order": func(c byWord, texts *array.String, out *classify.Results) error {
		err := c.Classify(context.Background(), texts, out)
		for i := range out.Label {
			out.Scores = append(out.Scores, classify.Score{Label: 0, Confidence: 0.25}, classify.Score{Label: 1, Confidence: 0.75})
			out.Ends = append(out.Ends, int32(2*i+2))
		}
		return err
	},
	"confidences of all labels sum to 0.75": func(c byWord, texts *array.String, out *classify.Results) error {
		err := c.Classify(context.Background(), texts, out)
		for i := range out.Label {
			out.Label[i], out.Confidence[i] = 0, 0.25
			for label := range int32(3) {
				out.Scores = append(out.Scores, classify.Score{Label: label, Confidence: 0.25})
			}
			out.Ends = append(out.Ends, int32(3*i+3))
		}
		return err
	},
}

// brokenWord is one of the broken classifiers.
type brokenWord struct {
	byWord
	classify func(c byWord, texts *array.String, out *classify.Results) error
}

func (c brokenWord) Classify(_ context.Context, texts *array.String, out *classify.Results) error {
	return c.classify(c.byWord, texts, out)
}

// TestCatches runs this test binary again for each broken classifier: the suite must fail and say why.
func TestCatches(t *testing.T) {
	const name = "WINNOW_BROKEN_CLASSIFIER"
	words := byWord{"card", "crash", "other"}
	if says := os.Getenv(name); says != "" {
		classifytest.Run(t, func() classify.Classifier { return brokenWord{words, broken[says]} })
		return
	}
	for says := range broken {
		t.Run(says, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestCatches$", "-test.short")
			cmd.Env = append(os.Environ(), name+"="+says)
			out, err := cmd.CombinedOutput()
			if err == nil || !strings.Contains(string(out), says) {
				t.Errorf("the suite says (%v):\n%.2000s", err, out)
			}
		})
	}
}
