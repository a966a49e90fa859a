package cascade_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/cascade"
	"github.com/winnow-stream/winnow/classify/classifytest"
	"github.com/winnow-stream/winnow/classify/static"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/test/race"
)

var tickets = classify.LabelSet{{Name: "billing"}, {Name: "bug"}, {Name: "praise"}}

// described are the same labels in another order.
var described = classify.LabelSet{
	{Name: "praise", Description: "the customer is happy"},
	{Name: "billing", Description: "invoices, refunds and payments"},
	{Name: "bug", Description: "something in the product is broken"},
}

func newStatic(t testing.TB, cfg static.Config) classify.Classifier {
	t.Helper()
	c, err := static.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func newCascade(t testing.TB, cfg cascade.Config) *cascade.Classifier {
	t.Helper()
	c, err := cascade.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func texts(all ...string) *array.String {
	b := array.NewStringBuilder(memory.NewGoAllocator())
	defer b.Release()
	b.AppendValues(all, nil)
	return b.NewStringArray()
}

func TestConformance(t *testing.T) {
	for name, change := range map[string]func(first, second *static.Config){
		"single":                    func(_, _ *static.Config) {},
		"top_k":                     func(a, b *static.Config) { a.TopK, b.TopK = 2, 3 },
		"lists of the first alone":  func(a, _ *static.Config) { a.TopK = 3 },
		"lists of the second alone": func(_, b *static.Config) { b.TopK = 3 },
		"multi":                     func(a, b *static.Config) { a.Mode, b.Mode = classify.Multi, classify.Multi },
		"abstaining": func(a, b *static.Config) {
			a.Abstain, a.AbstainLabel, b.Abstain, b.AbstainLabel = 0.5, "unsure", 0.45, "unsure"
		},
	} {
		t.Run(name, func(t *testing.T) {
			classifytest.Run(t, func() classify.Classifier {
				first, second := static.Config{Labels: tickets}, static.Config{Labels: described}
				change(&first, &second)
				return newCascade(t, cascade.Config{Stages: []cascade.Stage{
					{Classifier: newStatic(t, first), Confidence: 0.6}, {Classifier: newStatic(t, second)},
				}})
			})
		})
	}
}

func TestNewRefuses(t *testing.T) {
	single := newStatic(t, static.Config{Labels: tickets})
	multi := newStatic(t, static.Config{Labels: tickets, Answers: classify.Answers{Mode: classify.Multi}})
	other := newStatic(t, static.Config{Labels: classify.LabelSet{{Name: "billing"}, {Name: "outage"}}})
	for name, c := range map[string]struct {
		cfg  cascade.Config
		code *fault.Code
		says string
	}{
		"no stages":     {cascade.Config{}, fault.ConfigField, "0 stages"},
		"nil":           {cascade.Config{Stages: []cascade.Stage{{}}}, fault.ConfigMissing, "stages[0]"},
		"confidence":    {cascade.Config{Stages: []cascade.Stage{{Classifier: single, Confidence: 1.5}, {Classifier: single}}}, fault.ThresholdRange, "1.5"},
		"last stage":    {cascade.Config{Stages: []cascade.Stage{{Classifier: single, Confidence: 0.5}, {Classifier: single, Confidence: 0.5}}}, fault.ConfigField, "no stage behind it"},
		"policy":        {cascade.Config{Stages: []cascade.Stage{{Classifier: single}}, OnError: "shrug"}, fault.ConfigField, "shrug"},
		"mode":          {cascade.Config{Stages: []cascade.Stage{{Classifier: single, Confidence: 0.5}, {Classifier: multi}}}, fault.ConfigField, "mode multi"},
		"other labels":  {cascade.Config{Stages: []cascade.Stage{{Classifier: single, Confidence: 0.5}, {Classifier: other}}}, fault.ConfigField, `it lacks "bug", "praise", only it has "outage"`},
		"second place":  {cascade.Config{Stages: []cascade.Stage{{Classifier: single, Confidence: 0.5}, {Classifier: other}}}, fault.ConfigField, "stages[1]"},
		"all at once":   {cascade.Config{Stages: []cascade.Stage{{Classifier: single, Confidence: 2}, {}}, OnError: "x"}, fault.ConfigField, "the stage has no classifier"},
		"not a number":  {cascade.Config{Stages: []cascade.Stage{{Classifier: single, Confidence: nan()}, {Classifier: single}}}, fault.ThresholdRange, "NaN"},
		"too many":      {cascade.Config{Stages: make([]cascade.Stage, 9)}, fault.ConfigField, "9 stages"},
		"repeated name": {cascade.Config{Stages: []cascade.Stage{{Classifier: single, Confidence: 0.5}, {Classifier: doubled{}}}}, fault.ConfigField, `only it has "bug"`},
	} {
		_, err := cascade.New(c.cfg)
		if !fault.Is(err, c.code) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %s saying %q", name, err, c.code.ID, c.says)
		}
	}
}

func nan() float64 {
	zero := 0.0
	return zero / zero
}

// doubled has a label twice.
type doubled struct{ classify.Classifier }

func (doubled) Info() classify.Info {
	return classify.Info{Labels: []string{"billing", "bug", "praise", "bug"}, Mode: classify.Single}
}

// scripted answers each text as written down for it, and notes what it is asked.
type scripted struct {
	labels  []string
	answers map[string]answer
	err     error // of each call
	asked   [][]string
	wait    func()
}

type answer struct {
	label      int32
	confidence float32
	reason     classify.Reason
	err        error
}

func (s *scripted) Info() classify.Info {
	return classify.Info{Version: "scripted-1", Labels: s.labels, Mode: classify.Single, Backend: "scripted"}
}

func (s *scripted) Classify(_ context.Context, texts *array.String, out *classify.Results) error {
	out.Reset(texts.Len())
	var asked []string
	for row := range texts.Len() {
		if texts.IsNull(row) {
			out.Reason[row] = classify.NullText
			continue
		}
		asked = append(asked, texts.Value(row))
		a := s.answers[texts.Value(row)]
		if a.err != nil {
			out.Fail(row, a.err)
			continue
		}
		out.Label[row], out.Confidence[row], out.Reason[row], out.Tokens[row] = a.label, a.confidence, a.reason, 10
	}
	s.asked = append(s.asked, asked)
	if s.wait != nil {
		s.wait()
	}
	return s.err
}

// TestPassesOn: what is unsure goes on in one call, in order; labels are mapped by name.
func TestPassesOn(t *testing.T) {
	now := time.Unix(0, 0)
	first := &scripted{labels: []string{"a", "b"}, answers: map[string]answer{
		"sure": {0, 0.9, 0, nil}, "edge": {1, 0.8, 0, nil}, "unsure": {0, 0.7999, 0, nil},
		"unknown": {-1, 0, classify.NoKnownWords, nil}, "abstained": {-1, 0, classify.Abstained, nil},
	}}
	second := &scripted{labels: []string{"b", "a"}, wait: func() { now = now.Add(time.Second) }, answers: map[string]answer{
		"unsure": {0, 0.6, 0, nil}, "unknown": {1, 0.5, 0, nil}, "abstained": {-1, 0, classify.Abstained, nil},
	}}
	c := newCascade(t, cascade.Config{
		Stages: []cascade.Stage{{Classifier: first, Confidence: 0.8}, {Classifier: second}}, Clock: func() time.Time { return now },
	})
	b := array.NewStringBuilder(memory.NewGoAllocator())
	b.AppendValues([]string{"unknown", "sure", "", "edge", "unsure", "abstained"}, []bool{true, true, false, true, true, true})
	var out classify.Results
	if err := c.Classify(t.Context(), b.NewStringArray(), &out); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([][]string{{"unknown", "unsure", "abstained"}}, second.asked); diff != "" {
		t.Errorf("asked of the second stage (-want +got)\n%s", diff)
	}
	want := classify.Results{
		Label: []int32{0, 0, -1, 1, 1, -1}, Confidence: []float32{0.5, 0.9, 0, 0.8, 0.6, 0},
		Reason: []classify.Reason{0, 0, classify.NullText, 0, 0, classify.Abstained}, Tokens: []int32{10, 10, 0, 10, 10, 10},
		Failures: out.Failures, Scores: out.Scores, Ends: out.Ends,
	}
	if diff := cmp.Diff(want, out); diff != "" {
		t.Errorf("answers (-want +got)\n%s", diff)
	}
	wantReport := &cascade.Report{Texts: 6, Nulls: 1, Stages: []classify.StageReport{
		{Stage: classify.Stage{Backend: "scripted", Version: "scripted-1", Confidence: 0.8}, Asked: 6, Answered: 2, Tokens: 50},
		{Stage: classify.Stage{Backend: "scripted", Version: "scripted-1"}, Asked: 3, Answered: 3, Tokens: 30, Time: time.Second},
	}}
	if diff := cmp.Diff(wantReport, c.Report()); diff != "" {
		t.Errorf("report (-want +got)\n%s", diff)
	}
	if got := c.Report().Share(1); got != 0.6 {
		t.Errorf("share %v", got)
	}
	if err := c.Classify(t.Context(), texts("sure", "edge"), &out); err != nil || len(second.asked) != 1 {
		t.Errorf("sure texts: %v, %d calls of the second stage", err, len(second.asked))
	}
}

// TestUnknownKeepsLabel: a later stage that knows no word takes no label away, and one that abstains does.
func TestUnknownKeepsLabel(t *testing.T) {
	first := &scripted{labels: []string{"a"}, answers: map[string]answer{"x": {0, 0.3, 0, nil}, "y": {0, 0.3, 0, nil}}}
	second := &scripted{labels: []string{"a"}, answers: map[string]answer{
		"x": {-1, 0, classify.NoKnownWords, nil}, "y": {-1, 0, classify.Abstained, nil},
	}}
	c := newCascade(t, cascade.Config{Stages: []cascade.Stage{{Classifier: first, Confidence: 0.8}, {Classifier: second}}})
	var out classify.Results
	if err := c.Classify(t.Context(), texts("x", "y"), &out); err != nil {
		t.Fatal(err)
	}
	if out.Label[0] != 0 || out.Confidence[0] != 0.3 || out.Label[1] != -1 || out.Reason[1] != classify.Abstained {
		t.Errorf("answers %+v", out)
	}
}

func TestOnError(t *testing.T) {
	down, bad := fault.New(fault.RunConnect, "no answer"), fault.New(fault.ClassifyFailed, "no")
	answers := map[string]answer{"sure": {0, 0.9, 0, nil}, "unsure": {0, 0.5, 0, nil}, "bad": {err: bad}}
	stages := func(call, row error) (cascade.Stage, cascade.Stage) {
		return cascade.Stage{Classifier: &scripted{labels: []string{"a"}, answers: answers}, Confidence: 0.8},
			cascade.Stage{Classifier: &scripted{labels: []string{"a"}, err: call, answers: map[string]answer{
				"unsure": {0, 0.7, 0, row}, "bad": {0, 0.6, 0, nil},
			}}}
	}
	batch := texts("sure", "unsure", "bad")
	run := func(policy cascade.OnError, call, row error) (*cascade.Classifier, classify.Results, error) {
		a, b := stages(call, row)
		c := newCascade(t, cascade.Config{Stages: []cascade.Stage{a, b}, OnError: policy})
		var out classify.Results
		err := c.Classify(t.Context(), batch, &out)
		return c, out, err
	}

	if c, _, err := run("", down, nil); !errors.Is(err, down) || fault.FateOf(err) != fault.Transient || !strings.Contains(err.Error(), "stage 2 (scripted)") {
		t.Errorf("a call that fails: %v; %+v", err, c.Report())
	}
	if c, out, err := run(cascade.Keep, down, nil); err != nil || out.Label[1] != 0 || out.Confidence[1] != 0.5 ||
		len(out.Failures) != 1 || out.Failures[0].Row != 2 || !errors.Is(out.Failures[0].Err, down) ||
		c.Report().Stages[1].Kept != 1 || c.Report().Stages[1].Errors != 1 || c.Report().Failed != 1 {
		t.Errorf("a call that fails, keep: %v, %+v; %+v", err, out, c.Report())
	}
	if _, out, err := run(cascade.Fail, nil, bad); err != nil || out.Label[1] != -1 || out.Confidence[1] != 0 || len(out.Failures) != 2 {
		t.Errorf("rows that fail: %v, %+v", err, out)
	}
	if c, out, err := run(cascade.Keep, nil, bad); err != nil || out.Confidence[1] != 0.5 || out.Confidence[2] != 0.6 || len(out.Failures) != 0 ||
		c.Report().Stages[1].Kept != 1 {
		t.Errorf("rows that fail, keep: %v, %+v; %+v", err, out, c.Report())
	}

	ctx, cancel := context.WithCancel(t.Context())
	a, b := stages(context.Canceled, nil)
	b.Classifier.(*scripted).wait = cancel
	c := newCascade(t, cascade.Config{Stages: []cascade.Stage{a, b}, OnError: cascade.Keep})
	var out classify.Results
	if err := c.Classify(ctx, batch, &out); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// TestBadReply: a stage that breaks its contract is found out.
func TestBadReply(t *testing.T) {
	for label, failed := range map[int32]int{3: -1, -2: -1, 0: 7} {
		second := broken{scripted{labels: []string{"a"}}, label, failed}
		c := newCascade(t, cascade.Config{Stages: []cascade.Stage{{Classifier: &scripted{labels: []string{"a"}}, Confidence: 0.5}, {Classifier: &second}}})
		var out classify.Results
		if err := c.Classify(t.Context(), texts("x"), &out); !fault.Is(err, fault.ClassifyReply) {
			t.Errorf("label %d, failure of row %d: %v", label, failed, err)
		}
	}
}

type broken struct {
	scripted
	label  int32
	failed int
}

func (b *broken) Classify(_ context.Context, texts *array.String, out *classify.Results) error {
	out.Reset(texts.Len())
	out.Label[0] = b.label
	if b.failed >= 0 {
		out.Failures = append(out.Failures, classify.Failure{Row: b.failed, Err: errors.New("x")})
	}
	return nil
}

func TestVersions(t *testing.T) {
	a, b := newStatic(t, static.Config{Labels: tickets}), newStatic(t, static.Config{Labels: described})
	seen := map[string]string{}
	for name, cfg := range map[string]cascade.Config{
		"plain": {Stages: []cascade.Stage{{Classifier: a, Confidence: 0.5}, {Classifier: b}}}, "surer": {Stages: []cascade.Stage{{Classifier: a, Confidence: 0.6}, {Classifier: b}}},
		"turned": {Stages: []cascade.Stage{{Classifier: b, Confidence: 0.5}, {Classifier: a}}}, "alone": {Stages: []cascade.Stage{{Classifier: a}}},
		"keep": {Stages: []cascade.Stage{{Classifier: a, Confidence: 0.5}, {Classifier: b}}, OnError: cascade.Keep},
	} {
		v := newCascade(t, cfg).Info().Version
		if other, dup := seen[v]; dup {
			t.Errorf("%s and %s have the version %s", name, other, v)
		}
		seen[v] = name
	}
}

// TestAllocations: a cascade allocates nothing that its stages don't, whatever part goes on.
func TestAllocations(t *testing.T) {
	if race.Enabled {
		t.Skip("the race detector makes pools lose things")
	}
	var all []string
	for range 200 {
		all = append(all, "you charged me twice", "it crashes", "hm", "wonderful, thank you")
	}
	batch := texts(all...)
	for name, change := range map[string]func(c *static.Config){
		"single": func(*static.Config) {}, "top_k": func(c *static.Config) { c.TopK = 2 },
		"multi": func(c *static.Config) { c.Mode = classify.Multi },
	} {
		first, second := static.Config{Labels: tickets}, static.Config{Labels: described}
		change(&first)
		change(&second)
		for _, confidence := range []float64{0, 0.7, 1} {
			c := newCascade(t, cascade.Config{Stages: []cascade.Stage{
				{Classifier: newStatic(t, first), Confidence: confidence}, {Classifier: newStatic(t, second)},
			}})
			var out classify.Results
			classifyAll := func() {
				if err := c.Classify(t.Context(), batch, &out); err != nil {
					t.Fatal(err)
				}
			}
			classifyAll()
			if n := testing.AllocsPerRun(20, classifyAll); n > 0 {
				t.Errorf("%s at %v: %v allocations a batch", name, confidence, n)
			}
		}
	}
}
