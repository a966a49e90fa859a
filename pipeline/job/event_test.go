package job

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/test/backing"
)

// kinds are those of a job's events, in order.
func kinds(t *testing.T, s *Store, id string) []EventKind {
	t.Helper()
	events, err := s.Events(t.Context(), "shop", id, 0)
	if err != nil {
		t.Fatal(err)
	}
	var all []EventKind
	for i, e := range events {
		if all = append(all, e.Kind); e.Seq != int64(i+1) || e.At.IsZero() {
			t.Errorf("event %d: %+v", i, e)
		}
	}
	return all
}

func started(t *testing.T, s *Store) string {
	t.Helper()
	id := NewID()
	if _, err := s.Create(t.Context(), id, "shop", []byte(`{}`), Ticket{Secret: id, Until: time.Now().Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Uploaded(t.Context(), id, Upload{Key: id, Bytes: 1}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Start(t.Context(), "shop", id); err != nil {
		t.Fatal(err)
	}
	return id
}

// TestPaused has a full disk around a job. It waits, keeps its account's place, and goes on by itself.
func TestPaused(t *testing.T) { backing.Stores(t, NewStore, testPaused) }

func testPaused(t *testing.T, s *Store) {
	now := time.Now()
	s.now = func() time.Time { return now }
	full := fault.New(fault.StorageFull, "the disk is full")
	tries := 0
	r := NewRunner(RunnerConfig{Store: s, Owner: "a", Log: zerolog.Nop(), Build: func(context.Context, *Job) (*Work, error) {
		if tries++; tries < 3 {
			return nil, full
		}
		return nil, fault.New(fault.InputEmpty, "there is nothing in it")
	}})
	id := started(t, s)
	state := func() State {
		t.Helper()
		j, err := s.Get(t.Context(), "shop", id)
		if err != nil {
			t.Fatal(err)
		}
		return j.State
	}
	run := func() bool {
		t.Helper()
		j, err := s.claim(t.Context(), "a", time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		if j != nil {
			r.run(t.Context(), j)
		}
		return j != nil
	}
	for range 2 {
		if !run() || state() != Paused {
			t.Fatalf("the job is %s", state())
		}
		if run() {
			t.Error("nobody waits for the disk")
		}
		now = now.Add(pauseFor)
	}
	if j, err := s.Get(t.Context(), "shop", id); err != nil || j.ErrorCode != "storage.full" || j.Error != "the disk is full" {
		t.Errorf("%+v, %v", j, err)
	}
	other := NewID()
	if _, err := s.Create(t.Context(), other, "shop", []byte(`{}`), Ticket{Secret: other, Until: now}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Uploaded(t.Context(), other, Upload{Key: other, Bytes: 1}); err != nil {
		t.Fatal(err)
	}
	for what, err := range map[string]error{
		"job.processing": func() error { _, err := s.Start(t.Context(), "shop", id); return err }(),
		"account.busy":   func() error { _, err := s.Start(t.Context(), "shop", other); return err }(),
	} {
		if e, ok := fault.As(err); !ok || e.Code.ID != what {
			t.Errorf("%v, want %s", err, what)
		}
	}
	if err := s.Delete(t.Context(), "shop", id); !fault.Is(err, fault.JobProcessing) {
		t.Errorf("delete a paused job: %v", err)
	}
	if !run() || state() != Failed {
		t.Errorf("the job is %s", state())
	}
	if diff := cmp.Diff([]EventKind{EventCreated, EventUploaded, EventStarted, EventRunning, EventPaused, EventFailed}, kinds(t, s, id)); diff != "" {
		t.Error(diff)
	}
	// One that gets on says so, and one that is cancelled ends at once.
	if _, err := s.Start(t.Context(), "shop", id); err != nil {
		t.Fatal(err)
	}
	tries = 0
	run()
	now = now.Add(pauseFor)
	if j, err := s.claim(t.Context(), "a", time.Minute); err != nil || j == nil || j.State != Paused {
		t.Fatalf("%+v, %v", j, err)
	}
	if err := s.unpause(t.Context(), id, "a"); err != nil || state() != Processing {
		t.Errorf("%s, %v", state(), err)
	}
	paused, err := s.Get(t.Context(), "shop", id)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.pause(t.Context(), paused, "a", now.Add(time.Hour), Progress{Done: 7}, full); err != nil {
		t.Fatal(err)
	}
	if j, err := s.Cancel(t.Context(), "shop", id); err != nil || j.State != Cancelling || j.Done != 7 {
		t.Errorf("%+v, %v", j, err)
	}
	if !run() || state() != Cancelled {
		t.Errorf("the job is %s", state())
	}
	want := []EventKind{EventStarted, EventRunning, EventPaused, EventRunning, EventPaused, EventCancelling, EventCancelled}
	if diff := cmp.Diff(want, kinds(t, s, id)[6:]); diff != "" {
		t.Error(diff)
	}
}

// TestUnsalvaged cancels jobs whose partial results can't be kept. One ends without them where the disk is full, since its user
// may want to free space by that, and where nothing can help; where it may help to wait, it does not end yet.
func TestUnsalvaged(t *testing.T) { backing.Stores(t, NewStore, testUnsalvaged) }

func testUnsalvaged(t *testing.T, s *Store) {
	now := time.Now()
	s.now = func() time.Time { return now }
	for _, c := range []struct {
		name     string
		err      error
		want     State
		why, end string
	}{
		{"a full disk", fault.New(fault.StorageFull, "the disk is full"), Cancelled, "the disk is full", "storage.full"},
		{"a damaged file", errors.New("it is damaged"), Cancelled, "something went wrong in the server", "internal"},
		{"a bucket that does not answer", fault.New(fault.StoreUnavailable, "nobody answers"), Cancelling, "", ""},
		{"a bucket that answers again", nil, Cancelled, "", ""},
	} {
		r := NewRunner(RunnerConfig{Store: s, Owner: "a", Log: zerolog.Nop(), Salvage: func(context.Context, *Job, Progress) (string, error) { return "partial", c.err }})
		id := started(t, s)
		if _, err := s.Cancel(t.Context(), "shop", id); err != nil {
			t.Fatal(err)
		}
		j, err := s.claim(t.Context(), "a", time.Minute)
		if err != nil || j == nil {
			t.Fatal(j, err)
		}
		r.run(t.Context(), j)
		if j, err = s.Get(t.Context(), "shop", id); err != nil || j.State != c.want || j.Error != c.why || j.ErrorCode != c.end || (j.Results == "partial") != (c.err == nil) {
			t.Errorf("%s: %+v, %v", c.name, j, err)
		}
		if j.State == Cancelling { // it has the account's place
			if err := s.finish(t.Context(), id, "a", Cancelled, Progress{}, "", nil, nil, nil); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestEvents has those that no runner tells of.
func TestEvents(t *testing.T) { backing.Stores(t, NewStore, testEvents) }

func testEvents(t *testing.T, s *Store) {
	first := started(t, s)
	second := NewID()
	if _, err := s.Create(t.Context(), second, "shop", []byte(`{}`), Ticket{Secret: second, Until: time.Now().Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	if err := s.Expire(t.Context(), time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]EventKind{EventCreated, EventExpired}, kinds(t, s, second)); diff != "" {
		t.Error(diff)
	}
	if _, err := s.Events(t.Context(), "desk", first, 0); !fault.Is(err, fault.JobUnknown) {
		t.Errorf("another account's: %v", err)
	}
	if events, err := s.Events(t.Context(), "shop", first, 2); err != nil || len(events) != 1 || events[0].Kind != EventStarted {
		t.Errorf("behind the second: %+v, %v", events, err)
	}
	if err := s.Delete(t.Context(), "shop", second); err != nil {
		t.Fatal(err)
	}
	if err := s.Forget(t.Context(), second); err != nil {
		t.Fatal(err)
	}
	var n int
	if err := s.db.QueryRowContext(t.Context(), `SELECT count(*) FROM job_events WHERE job = ?`, second).Scan(&n); err != nil || n != 0 {
		t.Errorf("%d events of a job that is forgotten: %v", n, err)
	}
}

// TestFinalizing has a job whose records are done: it keeps its account's place until its results are kept, also over the
// death of who does that and over a pause, and can be cancelled.
func TestFinalizing(t *testing.T) { backing.Databases(t, testFinalizing) }

func testFinalizing(t *testing.T, open backing.Open) {
	ctx := t.Context()
	s, err := NewStore(ctx, open())
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	s.now = func() time.Time { return now }
	id := started(t, s)
	get := func() *Job {
		t.Helper()
		j, err := s.Get(ctx, "shop", id)
		if err != nil {
			t.Fatal(err)
		}
		return j
	}
	if j, err := s.claim(ctx, "a", time.Minute); j == nil || err != nil {
		t.Fatalf("%v %v", j, err)
	}
	for range 2 {
		if err := s.finalize(ctx, id, "a", Progress{Done: 7}); err != nil {
			t.Fatal(err)
		}
	}
	if j := get(); j.State != Finalizing || j.Done != 7 || !j.Finalized.Equal(now.UTC().Truncate(time.Millisecond)) {
		t.Errorf("%+v", j)
	}
	if state, err := s.renew(ctx, id, "a", time.Minute, Progress{}); state != Finalizing || err != nil {
		t.Errorf("%s %v", state, err)
	}
	_, start := s.Start(ctx, "shop", id)
	if err := s.Delete(ctx, "shop", id); !fault.Is(err, fault.JobProcessing) || !fault.Is(start, fault.JobProcessing) {
		t.Errorf("%v %v", err, start)
	}
	other := NewID()
	if _, err := s.Create(ctx, other, "shop", []byte(`{}`), Ticket{Secret: other, Until: now}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Uploaded(ctx, other, Upload{Key: other, Bytes: 1}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Start(ctx, "shop", other); !fault.Is(err, fault.AccountBusy) {
		t.Errorf("another one: %v", err)
	}
	if _, err := s.Enqueue(ctx, "shop", other); err != nil {
		t.Fatal(err)
	}
	now = now.Add(2 * time.Minute) // a has died
	j, err := s.claim(ctx, "b", time.Minute)
	if err != nil || j == nil || j.ID != id || j.State != Finalizing {
		t.Fatalf("%+v %v", j, err)
	}
	if err := s.pause(ctx, j, "b", now, Progress{}, fault.New(fault.StorageFull, "the disk is full")); err != nil || get().State != Paused {
		t.Errorf("%s %v", get().State, err)
	}
	if j, err := s.claim(ctx, "b", time.Minute); err != nil || j == nil || j.ID != id {
		t.Fatalf("%+v %v", j, err)
	}
	if err := s.finalize(ctx, id, "b", Progress{Done: 7}); err != nil || get().State != Finalizing || get().Error != "" {
		t.Errorf("%+v %v", get(), err)
	}
	if j, err := s.Cancel(ctx, "shop", id); err != nil || j.State != Cancelling {
		t.Errorf("%+v %v", j, err)
	}
	if err := s.finalize(ctx, id, "b", Progress{Done: 7}); err != nil || get().State != Cancelling {
		t.Errorf("%s %v", get().State, err)
	}
}

// TestWarnings keeps what was seen of an input: of the upload that counts, and of what was counted later.
func TestWarnings(t *testing.T) {
	backing.Databases(t, func(t *testing.T, open backing.Open) {
		s, err := NewStore(t.Context(), open())
		if err != nil {
			t.Fatal(err)
		}
		id := NewID()
		if _, err := s.Create(t.Context(), id, "shop", []byte(`{}`), Ticket{Secret: id, Until: time.Now().Add(time.Hour)}); err != nil {
			t.Fatal(err)
		}
		blank, note := Warning{"lines.blank", "blank lines have no result", 3}, Warning{"input.note", "fields are separated by tabs", 0}
		for _, warnings := range [][]Warning{{blank, note}, {note}} {
			if _, err := s.Uploaded(t.Context(), id, Upload{Key: id, Bytes: 1, Warnings: warnings}); err != nil {
				t.Fatal(err)
			}
			if j, err := s.Get(t.Context(), "shop", id); err != nil || cmp.Diff(warnings, j.Warnings) != "" {
				t.Errorf("%+v, %v", j, err)
			}
		}
		for _, c := range []struct{ given, want []Warning }{{nil, []Warning{note}}, {[]Warning{note, blank}, []Warning{note, blank}}} {
			if err := s.Counted(t.Context(), id, int64(len(c.given)), 0, c.given...); err != nil {
				t.Fatal(err)
			}
			if j, err := s.Get(t.Context(), "shop", id); err != nil || cmp.Diff(c.want, j.Warnings) != "" {
				t.Errorf("%+v, %v", j, err)
			}
		}
	})
}

// TestHeld has results so far that take longer to keep than a lease lasts: nobody else ends the job meanwhile.
func TestHeld(t *testing.T) {
	backing.Databases(t, func(t *testing.T, open backing.Open) {
		s, err := NewStore(t.Context(), open())
		if err != nil {
			t.Fatal(err)
		}
		const lease = 3 * time.Second
		id := started(t, s)
		if _, err := s.Cancel(t.Context(), "shop", id); err != nil {
			t.Fatal(err)
		}
		r := NewRunner(RunnerConfig{Store: s, Owner: "a", Lease: lease, Log: zerolog.Nop(), Salvage: func(ctx context.Context, _ *Job, _ Progress) (string, error) {
			tick := time.NewTicker(lease / 10)
			defer tick.Stop()
			for range 15 {
				<-tick.C
				if j, err := s.claim(ctx, "b", lease); j != nil || err != nil {
					t.Errorf("another runner has the job: %v", err)
				}
			}
			return "kept", nil
		}})
		j, err := s.claim(t.Context(), "a", lease)
		if err != nil || j == nil {
			t.Fatalf("%v %v", j, err)
		}
		r.run(t.Context(), j)
		if j, err := s.Get(t.Context(), "shop", id); err != nil || j.State != Cancelled || j.Results != "kept" {
			t.Errorf("%+v %v", j, err)
		}
	})
}
