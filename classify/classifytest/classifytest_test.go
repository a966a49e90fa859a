package classifytest_test

import (
	"context"
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
