package term

import (
	"testing"

	"github.com/winnow-stream/winnow/pipeline"
)

func TestAnswers(t *testing.T) {
	text := "the parcel\x1b came late, and the invoice is wrong"
	answers := []Answer{
		{Label: "delivery", Confidence: 0.926, Words: []pipeline.Reason{
			{Word: "parcel", Weight: 3.062, Start: 4, End: 10}, {Word: "late", Weight: 1.376, Start: 17, End: 21}, {Word: "invoice", Weight: -1.6, Start: 31, End: 38},
		}},
		{Label: "billing", Confidence: 0.07, Words: []pipeline.Reason{{Word: "invoice", Weight: 2.26, Start: 31, End: 38}}},
		{},
	}
	for name, s := range map[string]Style{"plain": {}, "colors": {Color: true}} {
		t.Run(name, func(t *testing.T) { golden(t, Answers("in.jsonl:1", text, answers, s)) })
	}
}
