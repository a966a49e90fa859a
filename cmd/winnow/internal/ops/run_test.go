package ops

import (
	"net/http"
	"testing"

	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
)

// What is scraped at a run's end is what its summary says.
func TestMetricsOfARun(t *testing.T) {
	source := pipelinetest.NewMemSource(3, 400)
	source.Bad = func(_ int, r int64) *fault.Error {
		if r%50 == 7 {
			return fault.New(fault.RecordJSON, "not JSON")
		}
		return nil
	}
	p, err := pipeline.New(pipeline.Config{
		Name: "reviews", Source: source, Classifier: &pipelinetest.FakeClassifier{}, DeadLetters: pipelinetest.NewMemSink(),
		Stages: []pipeline.Stage{
			&pipelinetest.FilterStage{Keep: func(_ *pipeline.Batch, row int) bool { return row%10 != 3 }},
			&pipelinetest.TextStage{Column: "text"},
		},
		Sinks: []pipeline.NamedSink{{Name: "out", Sink: pipelinetest.NewMemSink()}},
		State: "/work/run", FS: pipelinetest.NewDisk(), BatchRows: 64, Commit: pipeline.CommitCadence{Records: 300}, Log: zerolog.Nop(),
	})
	if err != nil {
		t.Fatal(err)
	}
	h := Handler(Config{Name: "reviews", Version: "v1", Status: p.Status})
	r := get(t, h, "/readyz")
	defer r.Body.Close()
	if r.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("before it runs: %s", r.Status)
	}
	sum, err := p.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	families := scrape(t, h)
	want := map[string]int64{"delivered": sum.Counts.Delivered, "dead": sum.Counts.Dead, "dropped": sum.Counts.Dropped}
	if sum.Counts.Read != 1200 || sum.Counts.Dead == 0 || sum.Counts.Dropped == 0 {
		t.Fatalf("%+v", sum.Counts)
	}
	for outcome, n := range want {
		if got := value(t, families, "winnow_records_total", outcome); got != float64(n) {
			t.Errorf("%s: %v, want %d", outcome, got, n)
		}
	}
	for _, l := range sum.Tally.Labels {
		if got := value(t, families, "winnow_label_total", l.Name); got != float64(l.Count) || got == 0 {
			t.Errorf("label %s: %v, want %d", l.Name, got, l.Count)
		}
	}
	if got := value(t, families, "winnow_confidence"); got != sum.Tally.ConfidenceSum {
		t.Errorf("confidences %v, want %v", got, sum.Tally.ConfidenceSum)
	}
	if got := value(t, families, "winnow_epochs_total", "committed"); got != float64(sum.Commits) || got < 4 {
		t.Errorf("%v commits, want %d", got, sum.Commits)
	}
	if families["winnow_lag_records"] != nil || families["winnow_drift"] != nil {
		t.Error("a run with an end has a lag, or a drift")
	}
}
