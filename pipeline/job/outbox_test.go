package job_test

import (
	"context"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/pipeline/job"
	"github.com/winnow-stream/winnow/test/backing"
)

// TestOutbox tells of a job's end by each channel, until that is settled; what is forgotten is not told.
func TestOutbox(t *testing.T) { backing.Stores(t, job.NewStore, testOutbox) }

func testOutbox(t *testing.T, s *job.Store) {
	take := func() *job.Note {
		t.Helper()
		n, err := s.Take(t.Context(), time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	j := uploaded(t, s, "shop")
	if n := take(); n != nil {
		t.Errorf("before its end: %+v", n)
	}
	job.Complete(t, s, j.ID, "results")
	one, two := take(), take()
	if one == nil || two == nil || one.Channel == two.Channel || one.ID == two.ID || take() != nil {
		t.Fatalf("%+v, %+v", one, two)
	}
	var body job.NoteBody
	if err := json.Unmarshal(one.Body, &body); err != nil {
		t.Fatal(err)
	}
	want := job.NoteBody{ID: one.ID, Object: "event", Type: "batch.completed", Timestamp: body.Timestamp, CreatedAt: body.Timestamp.Unix(), Data: job.NoteData{ID: j.ID, Account: "shop", State: job.Completed, Total: 2, Completed: 2}}
	if diff := cmp.Diff(want, body); diff != "" || one.Event != "batch.completed" || one.Job != j.ID || one.Tries != 0 || !one.Created.Equal(body.Timestamp) {
		t.Errorf("%+v\n%s", one, diff)
	}
	if err := s.Settle(t.Context(), one.ID, time.Now()); err != nil {
		t.Fatal(err)
	}
	if again := take(); again == nil || again.ID != one.ID || again.Tries != 1 {
		t.Errorf("another try: %+v", again)
	}
	for _, n := range []*job.Note{one, two} {
		if err := s.Settle(t.Context(), n.ID, time.Time{}); err != nil {
			t.Fatal(err)
		}
	}
	if n := take(); n != nil {
		t.Errorf("what is settled: %+v", n)
	}
	if err := s.Settle(t.Context(), one.ID, time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := s.Delete(t.Context(), "shop", j.ID); err != nil {
		t.Fatal(err)
	}
	if err := s.Forget(t.Context(), j.ID); err != nil {
		t.Fatal(err)
	}
	if n := take(); n != nil {
		t.Errorf("of a job that is forgotten: %+v", n)
	}
}

// TestWays takes notes that go none of some ways.
func TestWays(t *testing.T) { backing.Stores(t, job.NewStore, testWays) }

func testWays(t *testing.T, s *job.Store) {
	var want []string
	for _, account := range []string{"shop", "desk"} {
		job.Complete(t, s, uploaded(t, s, account).ID, "results")
		want = append(want, account+" email", account+" webhook")
	}
	job.Complete(t, s, uploaded(t, s, "shop").ID, "results")
	var taken []string
	for range 5 {
		n, err := s.Take(t.Context(), time.Hour, taken...)
		if err != nil {
			t.Fatal(err)
		}
		if n != nil {
			taken = append(taken, n.Way())
		}
	}
	slices.Sort(want)
	if slices.Sort(taken); !slices.Equal(taken, want) {
		t.Errorf("%v, want %v", taken, want)
	}
}

// TestEnds has a job end four times, since it was started again: each end is told once, whoever looks how often.
func TestEnds(t *testing.T) { backing.Stores(t, job.NewStore, testEnds) }

func testEnds(t *testing.T, s *job.Store) {
	j := uploaded(t, s, "shop")
	var got []string
	ids := make(map[string]bool)
	take := func() {
		t.Helper()
		for range 2 {
			err := s.Announce(t.Context(), time.Now().Add(-time.Hour), func(context.Context, *job.Job) ([]string, error) { return []string{"webhook"}, nil })
			if err != nil {
				t.Fatal(err)
			}
			n, err := s.Take(t.Context(), time.Hour)
			if err != nil {
				t.Fatal(err)
			}
			if n != nil {
				got = append(got, n.Event)
				ids[n.ID] = true
			}
		}
		backing.Tick() // as long as a job runs at least
	}
	for range 2 {
		if _, err := s.Restart(t.Context(), "shop", j.ID); err != nil {
			t.Fatal(err)
		}
		job.Fail(t, s, j.ID, job.Progress{Done: 1}, "")
		take()
	}
	for range 2 {
		if _, err := s.Enqueue(t.Context(), "shop", j.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Cancel(t.Context(), "shop", j.ID); err != nil {
			t.Fatal(err)
		}
		take()
	}
	if want := []string{"batch.failed", "batch.failed", "batch.cancelled", "batch.cancelled"}; !slices.Equal(got, want) || len(ids) != len(want) {
		t.Errorf("%v under %d ids", got, len(ids))
	}
}
