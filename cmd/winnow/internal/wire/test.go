package wire

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"

	"github.com/winnow-stream/winnow/connectors/file"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

// TestResult is how one of a spec's cases went.
type TestResult struct {
	Name     string         `json:"name"`
	Problems []string       `json:"problems,omitempty"` // none: it passed
	To       string         `json:"to"`                 // the sink, drop or dead_letters
	Record   map[string]any `json:"record,omitempty"`   // as the sink got it
}

// Test sends a spec's cases through its own stages and compares what comes out with what they expect.
func Test(ctx context.Context, s *spec.Spec, o Options) ([]TestResult, error) {
	var lines bytes.Buffer
	for _, c := range s.Tests {
		if err := json.NewEncoder(&lines).Encode(c.Input); err != nil {
			return nil, fmt.Errorf("the case %q can't be written as JSON: %w", c.Name, err)
		}
	}
	cases := *s
	cases.Source = spec.Source{Kind: kindFile, Config: &file.SourceConfig{Path: "-", Format: "jsonl", Stdin: &lines}}
	cases.Limit, cases.MaxErrorRate, cases.Gold, cases.OnError = 0, 1, "", spec.ToDeadLetters
	if cases.Classify != nil && cases.Classify.Refine { // prototypes don't move by a handful of cases
		k := *cases.Classify
		k.Refine = false
		cases.Classify = &k
	}
	got := make(map[int64]Outcome)
	o.Capture = func(o Outcome) { got[o.Offset] = o }
	p, err := Build(&cases, o)
	if err != nil {
		return nil, err
	}
	if _, err := p.Run(ctx); err != nil && len(got) < len(s.Tests) {
		return nil, err
	}
	results := make([]TestResult, len(s.Tests))
	for i, c := range s.Tests {
		o, ok := got[int64(i)]
		if !ok {
			o.To = spec.Drop
		}
		results[i] = TestResult{Name: c.Name, To: o.To, Record: o.Record, Problems: compare(c.Expect, o)}
		if c.Name == "" {
			results[i].Name = fmt.Sprintf("case %d", i+1)
		}
	}
	return results, nil
}

// compare lists where an outcome is not what was expected.
func compare(expect map[string]any, o Outcome) []string {
	var problems []string
	for _, field := range slices.Sorted(maps.Keys(expect)) {
		want := expect[field]
		got, ok := o.Record[field]
		if field == "to" {
			got, ok = o.To, true
		}
		switch {
		case !ok && o.To == DeadLetters:
			problems = append(problems, fmt.Sprintf("%s: want %s, but the record was rejected: %v", field, text(want), o.Record["message"]))
		case !ok && o.To == spec.Drop:
			problems = append(problems, fmt.Sprintf("%s: want %s, but the record was dropped", field, text(want)))
		case !ok:
			problems = append(problems, fmt.Sprintf("%s: want %s, but the record has no such field", field, text(want)))
		case !equal(want, got):
			problems = append(problems, fmt.Sprintf("%s: want %s, got %s", field, text(want), text(got)))
		}
	}
	return problems
}

// equal compares values as JSON has them; numbers to 4 decimals, as confidences are given.
func equal(want, got any) bool {
	a, b := plain(want), plain(got)
	x, isX := a.(float64)
	y, isY := b.(float64)
	if isX && isY {
		return math.Abs(x-y) < 5e-5
	}
	return reflect.DeepEqual(a, b)
}

// plain turns a value into what JSON makes of it.
func plain(v any) any {
	var out any
	if json.Unmarshal([]byte(text(v)), &out) != nil {
		return v
	}
	return out
}

func text(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(data)
}
