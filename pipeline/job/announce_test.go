package job_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/winnow-stream/winnow/pipeline/job"
	"github.com/winnow-stream/winnow/test/backing"
)

// TestAnnounce tells of jobs that ended without a runner: once, by the channels of each. What ended long ago is let be, and so
// is what a runner has told.
func TestAnnounce(t *testing.T) { backing.Stores(t, job.NewStore, testAnnounce) }

func testAnnounce(t *testing.T, s *job.Store) {
	cancelled, quiet, ran, waits := uploaded(t, s, "shop"), uploaded(t, s, "quiet"), uploaded(t, s, "shop"), uploaded(t, s, "desk")
	job.Complete(t, s, ran.ID, "results")
	var told []string
	take := func() {
		t.Helper()
		for {
			n, err := s.Take(t.Context(), time.Hour)
			if err != nil {
				t.Fatal(err)
			}
			if n == nil {
				return
			}
			if n.Job != ran.ID && n.Channel != "" {
				told = append(told, n.Job+" "+n.Event+" "+n.Channel)
			}
		}
	}
	for _, j := range []*job.Job{cancelled, quiet} {
		if _, err := s.Cancel(t.Context(), j.Account, j.ID); err != nil {
			t.Fatal(err)
		}
	}
	asked := 0
	announce := func(since time.Time) {
		t.Helper()
		err := s.Announce(t.Context(), since, func(_ context.Context, j *job.Job) ([]string, error) {
			if asked++; j.Account == "quiet" {
				return nil, nil
			}
			return []string{"webhook", "email"}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		take()
	}
	announce(time.Now().Add(time.Hour))
	if asked != 0 || told != nil {
		t.Errorf("of what ended long ago: %v", told)
	}
	announce(time.Now().Add(-time.Hour))
	announce(time.Now().Add(-time.Hour))
	slices.Sort(told)
	if want := []string{cancelled.ID + " batch.cancelled email", cancelled.ID + " batch.cancelled webhook"}; !slices.Equal(told, want) || asked != 2 {
		t.Errorf("%v, want %v; asked %d times", told, want, asked)
	}
	told = nil
	empty, err := s.Create(t.Context(), job.NewID(), "desk", []byte(`{}`), job.Ticket{Secret: "another", Until: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Expire(t.Context(), time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	announce(time.Now().Add(-time.Hour))
	if len(told) != 2 || told[0][:len(empty.ID)] != empty.ID || waits.State != job.Pending {
		t.Errorf("expired: %v", told)
	}
}
