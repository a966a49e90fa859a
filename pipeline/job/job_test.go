package job_test

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/job"
	"github.com/winnow-stream/winnow/pipeline/job/database"
	"github.com/winnow-stream/winnow/test/backing"
)

func TestMain(m *testing.M) { os.Exit(backing.Main(m).Run()) }

func create(t *testing.T, s *job.Store, account string) *job.Job {
	t.Helper()
	id := job.NewID()
	j, err := s.Create(t.Context(), id, account, []byte(`{}`), job.Ticket{Secret: "secret of " + id, Until: time.Now().Add(time.Hour), Fields: map[string]string{"key": id}})
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func uploaded(t *testing.T, s *job.Store, account string) *job.Job {
	t.Helper()
	j := create(t, s, account)
	if _, err := s.Uploaded(t.Context(), j.ID, job.Upload{Key: j.NewKey("input"), Bytes: 10, Records: 2, Tokens: 3}); err != nil {
		t.Fatal(err)
	}
	return j
}

func code(err error) string {
	if err == nil {
		return ""
	}
	e, ok := fault.As(err)
	if !ok {
		return err.Error()
	}
	return e.Code.ID
}

// TestLife takes a job through everything that may be asked of it, in each state.
func TestLife(t *testing.T) { backing.Stores(t, job.NewStore, testLife) }

func testLife(t *testing.T, s *job.Store) {
	ctx := t.Context()
	j := create(t, s, "shop")
	if !regexp.MustCompile(`^batch_[a-z0-9]{16}$`).MatchString(j.ID) || j.State != job.Pending || j.InputBytes != -1 {
		t.Errorf("%+v", j)
	}
	upload := func(key, want string) error {
		before, err := s.Uploaded(ctx, j.ID, job.Upload{Key: key, Bytes: 10, Records: 2, Tokens: 3})
		if before != want {
			t.Errorf("upload %q came after %q, want %q", key, before, want)
		}
		return err
	}
	start := func(account, id string) error { _, err := s.Start(ctx, account, id); return err }
	cancel := func(account, id string) error { _, err := s.Cancel(ctx, account, id); return err }
	for _, step := range []struct {
		name string
		do   func() error
		want string
	}{
		{"start without an upload", func() error { return start("shop", j.ID) }, "upload.missing"},
		{"upload", func() error { return upload("first", "") }, ""},
		{"upload again", func() error { return upload("second", "first") }, ""},
		{"start as another account", func() error { return start("desk", j.ID) }, "job.unknown"},
		{"cancel as another account", func() error { return cancel("desk", j.ID) }, "job.unknown"},
		{"delete as another account", func() error { return s.Delete(ctx, "desk", j.ID) }, "job.unknown"},
		{"start", func() error { return start("shop", j.ID) }, ""},
		{"start again", func() error { return start("shop", j.ID) }, "job.processing"},
		{"upload after the start", func() error { return upload("third", "") }, "job.started"},
		{"delete while it runs", func() error { return s.Delete(ctx, "shop", j.ID) }, "job.processing"},
		{"another of the account", func() error { return start("shop", uploaded(t, s, "shop").ID) }, "account.busy"},
		{"one of another account", func() error { return start("desk", uploaded(t, s, "desk").ID) }, ""},
		{"cancel", func() error { return cancel("shop", j.ID) }, ""},
		{"cancel again", func() error { return cancel("shop", j.ID) }, ""},
		{"cancel one that waits", func() error { return cancel("desk", create(t, s, "desk").ID) }, ""},
	} {
		if got := code(step.do()); got != step.want {
			t.Errorf("%s: %q, want %q", step.name, got, step.want)
		}
	}
	waits := create(t, s, "shop")
	if err := s.Delete(ctx, "shop", waits.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(ctx, "shop", waits.ID); code(err) != "job.unknown" {
		t.Errorf("a deleted job: %v", err)
	}
	hidden, err := s.Hidden(ctx)
	if err != nil || len(hidden) != 1 || hidden[0].ID != waits.ID {
		t.Errorf("hidden: %v, %v", hidden, err)
	}
	if err := s.Forget(ctx, waits.ID); err != nil {
		t.Fatal(err)
	}
	if hidden, _ = s.Hidden(ctx); len(hidden) > 0 {
		t.Errorf("forgotten, and still there: %v", hidden)
	}
	if err := s.Forget(ctx, j.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(ctx, "shop", j.ID); err != nil {
		t.Errorf("one that was not hidden is forgotten: %v", err)
	}
}

// TestOneRuns starts jobs of one account 400 times at once: one of them runs.
func TestOneRuns(t *testing.T) { backing.Stores(t, job.NewStore, testOneRuns) }

func testOneRuns(t *testing.T, s *job.Store) {
	var ids []string
	for range 4 {
		ids = append(ids, uploaded(t, s, "shop").ID)
	}
	var wg sync.WaitGroup
	var started, refused atomic.Int64
	for i := range 400 {
		wg.Go(func() {
			_, err := s.Start(context.Background(), "shop", ids[i%4])
			switch code(err) {
			case "":
				started.Add(1)
			case "account.busy", "job.processing":
				refused.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if started.Load() != 1 || refused.Load() != 399 {
		t.Errorf("%d started, %d refused", started.Load(), refused.Load())
	}
}

// TestRestart begins a job anew: with nothing of what it had done.
func TestRestart(t *testing.T) { backing.Stores(t, job.NewStore, testRestart) }

func testRestart(t *testing.T, s *job.Store) {
	j := uploaded(t, s, "shop")
	if got, err := s.Restart(t.Context(), "shop", j.ID); err != nil || got.State != job.Processing || got.Started.IsZero() || got.Run != 1 {
		t.Errorf("one that never ran: %+v, %v", got, err)
	}
	if _, err := s.Restart(t.Context(), "shop", j.ID); code(err) != "job.processing" {
		t.Errorf("one that runs: %v", err)
	}
	job.Fail(t, s, j.ID, job.Progress{Done: 2, Failures: 1, Tokens: 9}, "partial")
	if got, err := s.Get(t.Context(), "shop", j.ID); err != nil || got.State != job.Failed || got.Done != 2 || got.Results != "partial" {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := s.Start(t.Context(), "shop", j.ID); err != nil || got.Run != 1 || got.Done != 2 {
		t.Errorf("one that goes on: %+v, %v", got, err)
	}
	job.Fail(t, s, j.ID, job.Progress{Done: 2}, "partial")
	if got, err := s.Restart(t.Context(), "shop", j.ID); err != nil || got.Run != 2 || got.Done != 0 || got.Failures != 0 || got.Tokens != 0 || got.Results != "" || got.Error != "" {
		t.Errorf("one that begins anew: %+v, %v", got, err)
	}
}

// TestReissue gives a job another ticket: the one before is void.
func TestReissue(t *testing.T) { backing.Stores(t, job.NewStore, testReissue) }

func testReissue(t *testing.T, s *job.Store) {
	j := create(t, s, "shop")
	again := job.Ticket{Secret: "another", Until: time.Now().Add(time.Hour), Fields: map[string]string{"key": "k"}}
	if _, err := s.Reissue(t.Context(), "desk", j.ID, again); code(err) != "job.unknown" {
		t.Errorf("as another account: %v", err)
	}
	if _, err := s.Reissue(t.Context(), "shop", j.ID, again); err != nil {
		t.Fatal(err)
	}
	if got, ticket, err := s.ByTicket(t.Context(), "another"); err != nil || got.ID != j.ID || ticket.Fields["key"] != "k" {
		t.Errorf("%v, %v, %v", got, ticket, err)
	}
	if _, _, err := s.ByTicket(t.Context(), "secret of "+j.ID); code(err) != "upload.signature" {
		t.Errorf("the one before: %v", err)
	}
	if _, err := s.Uploaded(t.Context(), j.ID, job.Upload{Key: "k", Bytes: 1}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Start(t.Context(), "shop", j.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Reissue(t.Context(), "shop", j.ID, again); code(err) != "job.started" {
		t.Errorf("after the start: %v", err)
	}
}

func TestTicket(t *testing.T) { backing.Stores(t, job.NewStore, testTicket) }

func testTicket(t *testing.T, s *job.Store) {
	j := create(t, s, "shop")
	got, ticket, err := s.ByTicket(t.Context(), "secret of "+j.ID)
	if err != nil || got.ID != j.ID || ticket.Fields["key"] != j.ID {
		t.Errorf("%v, %v, %v", got, ticket, err)
	}
	if _, _, err := s.ByTicket(t.Context(), "secret of another"); code(err) != "upload.signature" {
		t.Errorf("an unknown secret: %v", err)
	}
	old := job.NewID()
	if _, err := s.Create(t.Context(), old, "shop", []byte(`{}`), job.Ticket{Secret: "old", Until: time.Now().Add(-time.Second)}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.ByTicket(t.Context(), "old"); code(err) != "upload.expired" {
		t.Errorf("an old ticket: %v", err)
	}
}

// TestDownload allows downloads of a completed job alone, and only with the secret.
func TestDownload(t *testing.T) { backing.Stores(t, job.NewStore, testDownload) }

func testDownload(t *testing.T, s *job.Store) {
	j := uploaded(t, s, "shop")
	for secret, until := range map[string]time.Duration{"one": time.Hour, "old": -time.Second} {
		if err := s.Allow(t.Context(), j.ID, secret, time.Now().Add(until)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.ByDownload(t.Context(), "one"); code(err) != "download.signature" {
		t.Errorf("a job that is not completed: %v", err)
	}
	job.Complete(t, s, j.ID, "results")
	if got, err := s.ByDownload(t.Context(), "one"); err != nil || got.ID != j.ID || got.Results != "results" {
		t.Errorf("%+v, %v", got, err)
	}
	for _, secret := range []string{"", "old", "another", "one "} {
		if _, err := s.ByDownload(t.Context(), secret); code(err) != "download.signature" {
			t.Errorf("secret %q: %v", secret, err)
		}
	}
}

func TestList(t *testing.T) { backing.Stores(t, job.NewStore, testList) }

func testList(t *testing.T, s *job.Store) {
	var want []string
	for range 5 {
		want = append([]string{create(t, s, "shop").ID}, want...)
		create(t, s, "desk")
		backing.Tick()
	}
	var got []string
	after := ""
	for {
		page, err := s.List(t.Context(), "shop", 2, after)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		for _, j := range page {
			got = append(got, j.ID)
		}
		after = got[len(got)-1]
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if _, err := s.Cancel(t.Context(), "shop", want[2]); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		in   []job.State
		want []string
	}{
		{[]job.State{job.Cancelled}, want[2:3]},
		{[]job.State{job.Completed, job.Pending}, slices.Concat(want[:2], want[3:])},
	} {
		page, err := s.List(t.Context(), "shop", 10, "", c.in...)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, j := range page {
			got = append(got, j.ID)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%v: %s", c.in, diff)
		}
	}
}

func Example() {
	dir, err := os.MkdirTemp("", "winnow")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	db, err := database.Open(ctx, dir)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer db.Close()
	store, err := job.NewStore(ctx, db)
	if err != nil {
		fmt.Println(err)
		return
	}
	j, err := store.Create(ctx, job.NewID(), "shop", []byte(`{"labels":["bug"]}`), job.Ticket{Secret: "s", Until: time.Now().Add(time.Hour)})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = store.Start(ctx, "shop", j.ID)
	fmt.Println(j.State, err)
	// Output: pending upload.missing: nothing was uploaded for the job
}
