package term

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/entity/tagger"
	"github.com/winnow-stream/winnow/classify/learning"
	"github.com/winnow-stream/winnow/classify/linear/head"
)

// someCurve rises as curves do.
var someCurve = []learning.Point{{Rows: 125, Score: 0.61}, {Rows: 250, Score: 0.70}, {Rows: 500, Score: 0.76}, {Rows: 1000, Score: 0.81}}

// drawn is a report for people, and below it the one for machines.
func drawn(t *testing.T, of any, write func(b *strings.Builder) error) string {
	t.Helper()
	b := new(strings.Builder)
	if err := write(b); err != nil {
		t.Fatal(err)
	}
	data, err := json.MarshalIndent(of, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return b.String() + "\n" + string(data) + "\n"
}

func TestTraining(t *testing.T) {
	training := &Training{
		Report: &head.Report{
			Rows: 1750, Used: 1500, Labels: 2, Tested: 1500, Took: 12 * time.Second, Accuracy: 0.82, MicroF1: 0.82, MacroF1: 0.79, ECE: 0.031,
			PerLabel: []head.LabelReport{{Name: "billing", Rows: 900, Given: 950, Right: 800}, {Name: "out\x1b[2Jage", Rows: 600, Given: 550, Right: 430}},
			Curve:    someCurve, Expected: 0.87, Conflicting: 7, Empty: []string{"legal"},
		},
		Mode: classify.Single, Read: 1510, Unlabelled: 5, Blank: 2, Rejected: 1, Data: "sha256:0123",
		Twice: []TwiceLabelled{{First: "a/in.csv:2", Second: "a/in.csv:9", Labels: [2]string{"billing", "outage"}}},
		Saved: Saved{Ref: "desk@v3", Hash: "sha256:abcd"},
		Heads: []Head{
			{Name: "linear", Accuracy: 0.82, Tested: 1500, Took: 10 * time.Second, Features: "n-grams and vectors of static"},
			{Name: "fasttext", Accuracy: 0.8, Tested: 500, Took: 2 * time.Second},
		},
	}
	golden(t, drawn(t, training, func(b *strings.Builder) error { return WriteTraining(b, training, Style{Width: 100}) }))
}

func TestTaggerTraining(t *testing.T) {
	e := tagger.NewEvaluation(2)
	for i := range int32(40) {
		gold := []tagger.Span{{Start: 0, End: 4, Type: i % 2}, {Start: 6, End: 9, Type: 0}}
		e.Add(gold, gold[i%3%2:])
	}
	training := &TaggerTraining{
		Report: &tagger.Report{
			Types: []string{"person", "place"}, Examples: 1334, Entities: 800, Tokens: 9000, Repaired: 1, Took: 3 * time.Second,
			Validation: e.Scores(), Curve: someCurve, Expected: 0.865,
		},
		Data: "sha256:0123", Saved: Saved{Ref: "people@v1", Hash: "sha256:abcd"},
	}
	golden(t, drawn(t, training, func(b *strings.Builder) error { return WriteTaggerTraining(b, training, Style{Width: 100}) }))
}
