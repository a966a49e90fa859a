package main

import (
	"encoding/json"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/eval"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/term"
	"github.com/winnow-stream/winnow/pipeline"
)

// summaryJSON is the summary for machines.
type summaryJSON struct {
	Name            string                   `json:"name"`
	RunID           string                   `json:"run_id"`
	Phase           pipeline.Phase           `json:"phase"`
	AlreadyComplete bool                     `json:"already_complete"`
	Resumed         bool                     `json:"resumed"`
	Limited         bool                     `json:"limited"`
	Seconds         float64                  `json:"seconds"` // of this process's part
	Counts          pipeline.Counts          `json:"counts"`
	Sinks           map[string]int64         `json:"sinks"`
	Outputs         []string                 `json:"outputs"`
	Rejected        string                   `json:"rejected,omitempty"`
	Labels          []labelJSON              `json:"labels,omitempty"`
	Stages          []classify.StageReport   `json:"stages,omitempty"` // of a cascade
	Entities        []entityJSON             `json:"entities,omitempty"`
	Keyphrases      *pipeline.KeyphraseTally `json:"keyphrases,omitempty"`
	Null            int64                    `json:"null"`
	NullReason      map[string]int64         `json:"null_reason,omitempty"`
	Histogram       []int64                  `json:"confidence_histogram,omitempty"` // 20 equal bins over [0, 1]
	Tokens          int64                    `json:"tokens"`
	Quality         *eval.Quality            `json:"quality,omitempty"`
	Guarantee       pipeline.Guarantee       `json:"guarantee"`
	Notes           []string                 `json:"notes,omitempty"`
}

type labelJSON struct {
	Label      string     `json:"label"`
	Count      int64      `json:"count"`
	Share      eval.Score `json:"share"`      // of the rows that were classified
	Confidence eval.Score `json:"confidence"` // mean
}

type entityJSON struct {
	Type       string     `json:"type"`
	Count      int64      `json:"count"`
	Records    int64      `json:"records"`    // that have one
	Confidence eval.Score `json:"confidence"` // mean
}

// tellJSON prints the summary as one JSON object, to standard output where records don't go there.
func (m *Main) tellJSON(j *job, t *term.Summary) error {
	w := m.Stdout
	if j.stdout {
		w = m.Stderr
	}
	out := summaryJSON{
		Name: t.Name, RunID: t.RunID, Phase: t.Phase, AlreadyComplete: t.AlreadyComplete, Resumed: t.Resumed,
		Limited: t.Limited, Seconds: t.Elapsed.Seconds(), Counts: t.Counts, Sinks: t.Sinks, Outputs: t.Outputs,
		Rejected: t.Rejected, Null: t.Tally.Null, NullReason: t.Tally.NullReason, Tokens: t.Tally.Tokens, Quality: t.Quality, Stages: t.Stages, Keyphrases: t.Tally.Keyphrases,
		Guarantee: t.Plan.Guarantee, Notes: t.Plan.Notes,
	}
	out.Labels, out.Histogram = labelsJSON(&t.Tally)
	for _, e := range t.Tally.Entities {
		out.Entities = append(out.Entities, entityJSON{
			Type: e.Type, Count: e.Count, Records: e.Rows, Confidence: eval.Ratio(e.ConfidenceSum, float64(e.Count)),
		})
	}
	return json.NewEncoder(w).Encode(out)
}

func labelsJSON(t *pipeline.Tally) ([]labelJSON, []int64) {
	if len(t.Labels) == 0 {
		return nil, nil
	}
	rows := float64(t.Null)
	for _, n := range t.Histogram {
		rows += float64(n)
	}
	labels := make([]labelJSON, len(t.Labels))
	for i, l := range t.Labels {
		labels[i] = labelJSON{
			Label: l.Name, Count: l.Count, Share: eval.Ratio(float64(l.Count), rows),
			Confidence: eval.Ratio(l.ConfidenceSum, float64(l.Count)),
		}
	}
	return labels, t.Histogram[:]
}
