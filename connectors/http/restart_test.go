package http_test

import (
	"context"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	connector "github.com/winnow-stream/winnow/connectors/http"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
	"github.com/winnow-stream/winnow/pipeline/unit"
)

// A run that is killed again and again over a failing endpoint sends every record, and those of a lost answer under
// the same ids.
func TestKilledRuns(t *testing.T) {
	e := newEndpoint(t, nil)
	var kill atomic.Pointer[context.CancelFunc]
	e.answer = func(w http.ResponseWriter, _ *http.Request, p *posted) bool {
		if p.n%3 == 0 {
			e.take(p.records...) // taken, and nobody is told
			(*kill.Load())()
			hijack(w, "", true)
			return true
		}
		return false
	}
	dir := t.TempDir()
	s := &sent{source: pipelinetest.NewMemSource(2, 100), dead: pipelinetest.NewMemSink()}
	for runs := 1; ; runs++ {
		if runs > 100 {
			t.Fatal("it does not come to an end")
		}
		sink, err := connector.SinkConfig{URL: e.URL, Batch: connector.BatchConfig{Rows: 5}, IDField: "_id"}.NewSink(pipeline.Env{})
		if err != nil {
			t.Fatal(err)
		}
		p, err := pipeline.New(pipeline.Config{
			Name: "send", Source: s.source, Sinks: []pipeline.NamedSink{{Name: "http", Sink: sink}}, DeadLetters: s.dead,
			State: dir, BatchRows: 10, Commit: pipeline.CommitCadence{Records: 10, Interval: time.Hour},
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		kill.Store(&cancel)
		_, s.err = p.Run(ctx)
		cancel()
		if s.err == nil {
			t.Logf("%d runs, %d requests", runs, len(e.requests()))
			break
		}
		if !fault.Is(s.err, fault.RunInterrupted) {
			t.Fatal(s.err)
		}
	}
	got := e.counts()
	for split := range 2 {
		for _, id := range s.source.IDs(split) {
			if got[id] == 0 {
				t.Errorf("%s never came", id)
			}
		}
	}
	e.checkKeys(t)
}

// An endpoint that stays away ends the run after retry_for, with an error that may pass.
func TestRetryFor(t *testing.T) {
	e := newEndpoint(t, func(w http.ResponseWriter, _ *http.Request, _ *posted) bool {
		w.WriteHeader(http.StatusBadGateway)
		return true
	})
	begun := time.Now()
	s := post(t, connector.SinkConfig{URL: e.URL, RetryFor: unit.Duration(300 * time.Millisecond)}, 10, nil)
	if !fault.Is(s.err, fault.HTTPUnavailable) || time.Since(begun) > 5*time.Second {
		t.Error(s.err, time.Since(begun))
	}
}
