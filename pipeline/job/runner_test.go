package job

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
	"github.com/winnow-stream/winnow/test/backing"
)

// TestShutdown tells a job to stop that writes to a full disk, and so can't finish what it has begun: once since it is
// cancelled, once since its server stops. It is cut off then, at its last checkpoint.
func TestShutdown(t *testing.T) { backing.Stores(t, NewStore, testShutdown) }

func testShutdown(t *testing.T, s *Store) {
	for _, c := range []struct {
		name string
		stop func(id string, quit context.CancelFunc) error
		want State
	}{
		{"cancelled", func(id string, _ context.CancelFunc) error { _, err := s.Cancel(t.Context(), "shop", id); return err }, Cancelled},
		{"left", func(_ string, quit context.CancelFunc) error { quit(); return nil }, Processing},
	} {
		t.Run(c.name, func(t *testing.T) {
			id, writes := started(t, s), make(chan struct{}, 100)
			r := NewRunner(RunnerConfig{Store: s, Owner: "a", Parallel: 1, Shutdown: 50 * time.Millisecond, Log: zerolog.Nop(), Build: func(context.Context, *Job) (*Work, error) {
				full := func(_ context.Context, call pipelinetest.Call) error {
					if call.Kind != "write" {
						return nil
					}
					writes <- struct{}{}
					return fault.New(fault.StorageFull, "the disk is full")
				}
				p, err := pipeline.New(pipeline.Config{
					Source: pipelinetest.NewMemSource(1, 10), Stages: []pipeline.Stage{&pipelinetest.TextStage{Column: "text"}},
					Classifier: &pipelinetest.FakeClassifier{}, State: t.TempDir() + "/state",
					Sinks: []pipeline.NamedSink{{Name: "default", Sink: &pipelinetest.MemSink{Store: new(pipelinetest.MemStore), Script: full}}},
				})
				return &Work{Pipeline: p}, err
			}})
			ctx, quit := context.WithCancel(t.Context())
			defer quit()
			ended := make(chan error, 1)
			go func() { ended <- r.Run(ctx) }()
			<-writes
			if err := c.stop(id, quit); err != nil {
				t.Fatal(err)
			}
			begun := time.Now()
			for {
				j, err := s.Get(t.Context(), "shop", id)
				if err != nil {
					t.Fatal(err)
				}
				if j.State == c.want {
					break
				}
				if time.Since(begun) > 15*time.Second { // half as long as the pipeline would take
					t.Fatalf("the job is %s", j.State)
				}
				time.Sleep(10 * time.Millisecond)
			}
			quit()
			select {
			case err := <-ended:
				if err != nil {
					t.Error(err)
				}
			case <-time.After(15 * time.Second):
				t.Fatal("the runner goes on")
			}
			if j, err := s.claim(t.Context(), "b", time.Minute); err != nil || (j != nil) != (c.want == Processing) {
				t.Errorf("%+v, %v", j, err) // a lease that was given back is taken at once
			}
		})
	}
}

// TestStalled has a full disk around a job that runs. The job says so while the runner tries again, and that it got on.
func TestStalled(t *testing.T) { backing.Stores(t, NewStore, testStalled) }

func testStalled(t *testing.T, s *Store) {
	id := started(t, s)
	var room atomic.Bool
	full := func(_ context.Context, call pipelinetest.Call) error {
		if call.Kind == "write" && !room.Load() {
			return fault.New(fault.StorageFull, "the disk is full")
		}
		return nil
	}
	r := NewRunner(RunnerConfig{Store: s, Owner: "a", Parallel: 1, Lease: 300 * time.Millisecond, Log: zerolog.Nop(), Build: func(context.Context, *Job) (*Work, error) {
		p, err := pipeline.New(pipeline.Config{
			Source: pipelinetest.NewMemSource(1, 10), Stages: []pipeline.Stage{&pipelinetest.TextStage{Column: "text"}},
			Classifier: &pipelinetest.FakeClassifier{}, State: t.TempDir() + "/state",
			Sinks: []pipeline.NamedSink{{Name: "default", Sink: &pipelinetest.MemSink{Store: new(pipelinetest.MemStore), Script: full}}},
		})
		return &Work{
			Pipeline: p, Publish: func(context.Context) (string, error) { return "results", nil }, Clean: func() error { return nil },
		}, err
	}})
	ctx, quit := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	defer func() {
		quit()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	until := func(want State) *Job {
		t.Helper()
		for begun := time.Now(); ; time.Sleep(10 * time.Millisecond) {
			j, err := s.Get(t.Context(), "shop", id)
			if err != nil {
				t.Fatal(err)
			}
			if j.State == want {
				return j
			}
			if time.Since(begun) > 30*time.Second { // half as long as the pipeline tries again
				t.Fatalf("the job is %s", j.State)
			}
		}
	}
	if j := until(Paused); j.ErrorCode != "storage.full" || j.Error != "the disk is full" {
		t.Errorf("%+v", j)
	}
	var owner string
	if err := s.db.QueryRowContext(t.Context(), `SELECT owner FROM jobs WHERE id = ?`, id).Scan(&owner); err != nil || owner != "a" {
		t.Errorf("%q has the job, %v", owner, err)
	}
	room.Store(true)
	if j := until(Completed); j.Done != 10 || j.Error != "" {
		t.Errorf("%+v", j)
	}
	got := kinds(t, s, id)[3:]
	if len(got) == 4 { // it ended before it was seen to get on
		got = slices.Insert(got, 2, EventRunning)
	}
	if diff := cmp.Diff([]EventKind{EventRunning, EventPaused, EventRunning, EventFinalizing, EventCompleted}, got); diff != "" {
		t.Error(diff)
	}
}
