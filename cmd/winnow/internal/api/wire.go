package api

import "github.com/winnow-stream/winnow/cmd/winnow/internal/ops"

// The shapes of answers, for the OpenAPI document and for tests, which read what handlers write into them, strictly.

// classified is the answer to one text in single mode.
type classified struct {
	Label      *string  `json:"label" jsonschema:"description=The label; null where the text has no word that the classifier knows or it abstained"`
	Confidence *float32 `json:"confidence" jsonschema:"description=From 0 to 1, rounded to 4 decimals"`
	Reason     string   `json:"reason,omitempty" jsonschema:"description=Why the label is null"`
	Tokens     int      `json:"tokens"`
	LatencyMS  float64  `json:"latency_ms"`
	Cached     bool     `json:"cached"`
}

// score is a label of a text in multi mode.
type score struct {
	Label      string  `json:"label"`
	Confidence float32 `json:"confidence"`
}

// tagged is the answer to one text in multi mode.
type tagged struct {
	Labels    []score `json:"labels" jsonschema:"description=Those above the threshold, highest first"`
	Tokens    int     `json:"tokens"`
	LatencyMS float64 `json:"latency_ms"`
	Cached    bool    `json:"cached"`
}

// hit tells whether a row's answer was kept.
type hit struct {
	Hit bool `json:"hit"`
}

// classifiedRow is one of the answers in a batch form.
type classifiedRow struct {
	Label      *string  `json:"label"`
	Confidence *float32 `json:"confidence"`
	Reason     string   `json:"reason,omitempty"`
	Error      *string  `json:"error" jsonschema:"description=Why there is no answer to this text"`
	Tokens     int      `json:"tokens"`
	Cache      hit      `json:"cache"`
}

type classifiedMany struct {
	Results     []classifiedRow `json:"results" jsonschema:"description=In the order of the texts"`
	TotalTokens int             `json:"total_tokens"`
	LatencyMS   float64         `json:"latency_ms"`
}

// taggedRow is one of the answers in a batch form.
type taggedRow struct {
	Labels []score `json:"labels"`
	Error  *string `json:"error" jsonschema:"description=Why there is no answer to this text"`
	Tokens int     `json:"tokens"`
	Cache  hit     `json:"cache"`
}

type taggedMany struct {
	Results     []taggedRow `json:"results" jsonschema:"description=In the order of the texts"`
	TotalTokens int         `json:"total_tokens"`
	LatencyMS   float64     `json:"latency_ms"`
}

type readiness = ops.Readiness
