package pipeline_test

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
)

func TestPlan(t *testing.T) {
	r := newRig(t, 2, 10)
	plan, err := pipelineOf(r).Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"id", "text"}, plan.Columns); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"label", "confidence", "tokens", "classifier"}, plan.Results); diff != "" {
		t.Error(diff)
	}
	want := []pipeline.SinkPlan{{Name: "out", Describe: "memory", Gets: "every record"}, {Name: "dead_letters", Describe: "memory", Gets: "rejected records"}}
	if diff := cmp.Diff(want, plan.Sinks); diff != "" {
		t.Error(diff)
	}
	if plan.Source != "*pipelinetest.MemSource" || plan.Format != "jsonl" || len(plan.Splits) != 2 || !plan.Raw || plan.Workers != 2 || plan.Memory != 256<<20 {
		t.Errorf("plan %+v", plan)
	}
	if files := r.disk.Files(); len(files) != 1 || len(r.sink.Calls()) != 0 {
		t.Errorf("planning touched %v", files)
	}
}

func TestPlanReadsOnlyWhatIsNeeded(t *testing.T) {
	r := newRig(t, 1, 10)
	r.cfg.Sinks[0].Sink = leanSink{r.sink}
	plan, err := pipelineOf(r).Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"text"}, plan.Columns); diff != "" {
		t.Error(diff)
	}
}

// leanSink asks for nothing.
type leanSink struct{ *pipelinetest.MemSink }

func (leanSink) Need(*pipeline.Layout) pipeline.Need { return pipeline.Need{} }

func TestPlanGuarantee(t *testing.T) {
	for _, c := range []struct {
		name string
		set  func(*rig)
		want pipeline.Guarantee
		why  string
	}{
		{"everything transactional", func(*rig) {}, pipeline.ExactlyOnce, "committed together"},
		{"a weak sink", func(r *rig) { r.sink.Level = pipeline.AtLeastOnce }, pipeline.AtLeastOnce, "told to declare less"},
		{"weak dead letters", func(r *rig) { r.dead.Level = pipeline.AtMostOnce }, pipeline.AtMostOnce, "told to declare less"},
		{"no state", func(r *rig) { r.cfg.State = "" }, pipeline.AtMostOnce, "no state"},
		{"not replayable", func(r *rig) { r.source.Once = true }, pipeline.AtMostOnce, "read only once"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, 1, 10)
			c.set(r)
			plan, err := pipelineOf(r).Plan(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if plan.Guarantee != c.want || !strings.Contains(plan.Reason, c.why) {
				t.Errorf("%s, because %s", plan.Guarantee, plan.Reason)
			}
		})
	}
}

func TestPlanErrors(t *testing.T) {
	r := newRig(t, 1, 10)
	r.cfg.Stages = []pipeline.Stage{&pipelinetest.TextStage{Column: "txet"}}
	_, err := r.run(t)
	if e := wantCode(t, err, fault.ColumnsUnknown); !strings.Contains(e.What, `"txet"`) || !strings.Contains(e.What, "id, text") {
		t.Errorf("error %q", e)
	}
	r.cfg.Stages, r.cfg.Gold = nil, "lable"
	_, err = r.run(t)
	wantCode(t, err, fault.ColumnsUnknown)
	r.cfg.Gold, r.source.Script = "", pipelinetest.FailN("layout", 1<<20, fault.New(fault.InputMissing, "no such file"))
	_, err = r.run(t)
	wantCode(t, err, fault.InputMissing)
	r.source.Script = pipelinetest.FailN("splits", 1<<20, fault.New(fault.InputEmpty, "nothing"))
	_, err = r.run(t)
	wantCode(t, err, fault.InputEmpty)
	for _, c := range []pipeline.Config{{}, {Source: r.source}, {Source: r.source, Sinks: r.cfg.Sinks, Refine: true}} {
		if _, err := pipeline.New(c); err == nil {
			t.Errorf("config %+v is accepted", c)
		}
	}
}

// schemaSource is a MemSource whose columns have other names.
type schemaSource struct {
	*pipelinetest.MemSource
	layout pipeline.Layout
}

func (s schemaSource) Layout(context.Context) (*pipeline.Layout, error) { return &s.layout, nil }

func TestLayoutField(t *testing.T) {
	text := arrow.BinaryTypes.String
	user := arrow.StructOf(arrow.Field{Name: "name", Type: text}, arrow.Field{Name: "at", Type: arrow.StructOf(arrow.Field{Name: "city", Type: text})})
	l := pipeline.Layout{Schema: arrow.NewSchema([]arrow.Field{
		{Name: "a", Type: text}, {Name: "user", Type: user, Nullable: true}, {Name: "user.mail", Type: arrow.PrimitiveTypes.Int64},
	}, nil)}
	for name, want := range map[string]arrow.DataType{
		"a": text, "user": user, "user.name": text, "user.at.city": text, "user.mail": arrow.PrimitiveTypes.Int64,
	} {
		f, err := l.Field(name)
		if err != nil || f.Name != name || !arrow.TypeEqual(f.Type, want) || f.Nullable != strings.HasPrefix(name, "user") && name != "user.mail" {
			t.Errorf("%s: %v, %v", name, f, err)
		}
	}
	for _, name := range []string{"b", "a.b", "user.nobody", "user.at.street", ""} {
		if _, err := l.Field(name); !fault.Is(err, fault.ColumnsUnknown) {
			t.Errorf("%q: %v", name, err)
		}
	}
	l.Open = true
	if f, err := l.Field("b"); err != nil || !pipeline.IsJSONText(f) || f.Type != text {
		t.Errorf("open layout: %v, %v", f, err)
	}
	if pipeline.IsJSONText(l.Schema.Field(0)) {
		t.Error("a plain column is taken for JSON")
	}
}

func TestGold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1, 100)
		r.cfg.Gold = "text"
		texts := []string{"a", " A ", "b", `["c","a"]`, `["x"]`, `[]`, `"b"`, "null", "unheard of", ""}
		r.source.Text = func(_ int, n int64) *string {
			if n%20 == 19 {
				return nil
			}
			return &texts[n%10]
		}
		s, err := r.run(t)
		if err != nil {
			t.Fatal(err)
		}
		r.judge(t, s)
		gold := func(text string) []string {
			switch text {
			case "a", " A ":
				return []string{"a"}
			case "b", `"b"`:
				return []string{"b"}
			case `["c","a"]`:
				return []string{"c", "a"}
			case `["x"]`, "unheard of":
				return []string{"?"}
			}
			return nil
		}
		var want pipeline.GoldTally
		for n := range 100 {
			names := gold(texts[n%10])
			if n%20 == 19 || names == nil {
				continue
			}
			want.Rows++
			if names[0] == "?" {
				want.Outside++
			}
			if slices.Contains(names, r.classifier.LabelOf(texts[n%10])) {
				want.Correct++
			}
		}
		g := s.Tally.Gold
		if g.Rows != want.Rows || g.Correct != want.Correct || g.Outside != want.Outside {
			t.Errorf("gold rows %d, correct %d, outside %d; want %+v", g.Rows, g.Correct, g.Outside, want)
		}
		var sum, calibrated int64
		for _, n := range g.Confusion {
			sum += n
		}
		for _, b := range g.Calibration {
			calibrated += b.Count
		}
		if sum != g.Rows || calibrated != g.Rows || len(g.Confusion) != 16 {
			t.Errorf("confusion %v, %d calibrated", g.Confusion, calibrated)
		}
	})
}

// The tally survives a resumption: what was counted before the crash is part of the end's.
func TestGoldIsResumed(t *testing.T) {
	tally := func(fail bool) (all pipeline.Tally) {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, 2, 100)
			r.cfg.Gold = "text"
			r.source.Text = func(_ int, n int64) *string { s := string(rune('a' + n%5)); return &s }
			if fail {
				r.sink.Script = pipelinetest.FailNth("write", 20, errFatal)
				_, err := r.run(t)
				wantCode(t, err, fault.OutputWrite)
				r.again()
			}
			s, err := r.run(t)
			if err != nil {
				t.Fatal(err)
			}
			all = s.Tally
		})
		return all
	}
	want, got := tally(false), tally(true)
	for i := range want.Labels { // sums of floats in another order
		if math.Abs(want.Labels[i].ConfidenceSum-got.Labels[i].ConfidenceSum) > 1e-9 {
			t.Errorf("label %d: %v, want %v", i, got.Labels[i], want.Labels[i])
		}
		want.Labels[i].ConfidenceSum, got.Labels[i].ConfidenceSum = 0, 0
	}
	for i := range want.Gold.Calibration {
		want.Gold.Calibration[i].ConfidenceSum, got.Gold.Calibration[i].ConfidenceSum = 0, 0
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestResultNames(t *testing.T) {
	for _, c := range []struct {
		columns string
		prefix  string
		want    string
		note    bool
	}{
		{"id text", "", "label confidence tokens classifier", false},
		{"id text", "w_", "w_label w_confidence w_tokens w_classifier", false},
		{"id label", "", "predicted_label confidence tokens classifier", true},
		{"label confidence", "", "predicted_label predicted_confidence tokens classifier", true},
		{"label confidence", "x", "xlabel xconfidence xtokens xclassifier", false},
		{"label predicted_label", "", "", false},
		{"xlabel text", "x", "", false},
	} {
		r := newRig(t, 1, 1)
		var fields []arrow.Field
		for _, name := range strings.Fields(c.columns) {
			fields = append(fields, arrow.Field{Name: name, Type: arrow.BinaryTypes.String})
		}
		r.cfg.Source = schemaSource{r.source, pipeline.Layout{Schema: arrow.NewSchema(fields, nil), Replayable: true}}
		r.cfg.Stages, r.cfg.Prefix = nil, c.prefix
		plan, err := pipelineOf(r).Plan(t.Context())
		if c.want == "" {
			wantCode(t, err, fault.RecordFieldConflict)
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(plan.Results, " "); got != c.want || (len(plan.Notes) > 0) != c.note {
			t.Errorf("%s with prefix %q: %s, notes %q", c.columns, c.prefix, got, plan.Notes)
		}
	}
}

// TestGuaranteeIsHeld refuses a pipeline that gives less than is asked for, before anything is opened.
func TestGuaranteeIsHeld(t *testing.T) {
	for _, c := range []struct {
		asked, sink pipeline.Guarantee
		refused     bool
	}{
		{"", pipeline.AtLeastOnce, false},
		{pipeline.ExactlyOnce, "", false},
		{pipeline.AtLeastOnce, pipeline.AtLeastOnce, false},
		{pipeline.ExactlyOnce, pipeline.AtLeastOnce, true},
		{pipeline.AtLeastOnce, pipeline.AtMostOnce, true},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, 1, 10)
			r.cfg.Guarantee, r.sink.Level = c.asked, c.sink
			_, err := r.run(t)
			if got := fault.Is(err, fault.ConfigWeak); got != c.refused || err != nil && !c.refused {
				t.Errorf("%s asked for, a sink of %s: %v", c.asked, c.sink, err)
			}
		})
	}
}
