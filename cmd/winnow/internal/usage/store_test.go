package usage

import (
	"context"
	"os"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/api"
	"github.com/winnow-stream/winnow/pipeline/job"
	"github.com/winnow-stream/winnow/pipeline/job/database"
	"github.com/winnow-stream/winnow/test/backing"
)

func TestMain(m *testing.M) { os.Exit(backing.Main(m).Run()) }

func open(t *testing.T, db *database.DB) *Store {
	t.Helper()
	s, err := New(t.Context(), db, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestUsage counts on two servers that share a database, and has the sum.
func TestUsage(t *testing.T) { backing.Databases(t, testUsage) }

func testUsage(t *testing.T, database backing.Open) {
	one, two := open(t, database()), open(t, database())
	of := api.UsageOf{Account: "shop", Day: 20_000, Key: "k1", Classifier: "support@v1", Priority: api.Standard}
	n := api.UsageCounts{Requests: 1, Texts: 3, Failed: 1, Cached: 1, Tokens: 30, CachedTokens: 10}
	one.Count(of, n)
	one.Count(of, n)
	two.Count(of, n)
	if err := two.write(t.Context()); err != nil {
		t.Fatal(err)
	}
	later := of
	later.Day = 20_001
	one.Count(later, n)
	other := of
	other.Account = "desk"
	one.Count(other, n)
	want := []api.Used{{UsageOf: of, UsageCounts: n.Plus(n).Plus(n)}, {UsageOf: later, UsageCounts: n}}
	for range 2 { // what was written is not written again
		got, err := one.Used(t.Context(), "shop", 20_000, 20_001)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%v (-want +got)\n%s", err, diff)
		}
	}
	if err := one.prune(t.Context(), time.Unix(20_001*24*60*60, 0).Add(keepFor)); err != nil {
		t.Fatal(err)
	}
	if got, err := one.Used(t.Context(), "shop", 0, 30_000); err != nil || len(got) != 1 || got[0].Day != 20_001 {
		t.Errorf("%v: %+v", err, got)
	}
}

// TestSettle ends a job on three days: it was cancelled, went on, and was begun anew. Each day has what was done on it, and the job
// counts once.
func TestSettle(t *testing.T) { backing.Databases(t, testSettle) }

func testSettle(t *testing.T, opened backing.Open) {
	db := opened()
	s := open(t, db)
	j := &job.Job{ID: "batch_1", Account: "shop", Config: []byte(`{"saved":"support@v2","key":"k1"}`), Done: 10, Failures: 2, Tokens: 70, Ended: time.Unix(20_000*24*60*60, 0)}
	settle := func() {
		t.Helper()
		if err := db.Together(t.Context(), func(tx *database.Tx) error { return s.Settle(t.Context(), tx, j) }); err != nil {
			t.Fatal(err)
		}
	}
	settle()
	j.Done, j.Tokens, j.Ended = 25, 180, j.Ended.Add(24*time.Hour)
	settle()
	settle() // again on the same day, with nothing done in between
	j.Run, j.Done, j.Failures, j.Tokens, j.Ended = 1, 7, 1, 50, j.Ended.Add(24*time.Hour)
	settle()
	j.Run, j.Done, j.Failures, j.Tokens = 2, 40, 3, 280
	settle()
	got, err := s.Used(t.Context(), "shop", 0, 30_000)
	on := func(day int64, n api.UsageCounts) api.Used {
		return api.Used{UsageOf: api.UsageOf{Account: "shop", Day: day, Key: "k1", Classifier: "support@v2", Priority: api.Standard}, UsageCounts: n}
	}
	want := []api.Used{
		on(20_000, api.UsageCounts{Jobs: 1, Texts: 10, Failed: 2, Tokens: 70}),
		on(20_001, api.UsageCounts{Texts: 15, Tokens: 110}),
		on(20_002, api.UsageCounts{Texts: 47, Failed: 4, Tokens: 330}),
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
}

// TestUpgrade has a database of an earlier version: what a job has used is there, and counts when the job goes on.
func TestUpgrade(t *testing.T) { backing.Databases(t, testUpgrade) }

func testUpgrade(t *testing.T, opened backing.Open) {
	data, err := os.ReadFile("migrations/00001_usage.sql")
	if err != nil {
		t.Fatal(err)
	}
	db := opened()
	if err := database.Migrate(t.Context(), db, fstest.MapFS{"00001_usage.sql": {Data: data}}, "usage_migrations"); err != nil {
		t.Fatal(err)
	}
	_, err = db.ExecContext(t.Context(), `INSERT INTO usage (account, day, key_id, classifier, priority, job, requests, jobs, texts, failed, cached, tokens, cached_tokens)
		VALUES ('shop', 20000, '', '', ?, 'batch_1', 0, 1, 10, 2, 0, 70, 0)`, api.Standard)
	if err != nil {
		t.Fatal(err)
	}
	s := open(t, db)
	j := &job.Job{ID: "batch_1", Account: "shop", Config: []byte(`{}`), Done: 25, Failures: 2, Tokens: 180, Ended: time.Unix(20_000*24*60*60, 0)}
	if err := db.Together(t.Context(), func(tx *database.Tx) error { return s.Settle(t.Context(), tx, j) }); err != nil {
		t.Fatal(err)
	}
	got, err := s.Used(t.Context(), "shop", 0, 30_000)
	want := []api.Used{{UsageOf: api.UsageOf{Account: "shop", Day: 20_000, Priority: api.Standard}, UsageCounts: api.UsageCounts{Jobs: 1, Texts: 25, Failed: 2, Tokens: 180}}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
}

// TestRun writes what was counted when it is told to stop; what can't be written stays counted.
func TestRun(t *testing.T) {
	dir := t.TempDir()
	db, err := database.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	s := open(t, db)
	s.Count(api.UsageOf{Account: "shop", Day: 20_000, Priority: api.Fast}, api.UsageCounts{Requests: 1})
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.write(gone); err == nil || len(s.fresh) != 1 {
		t.Errorf("%v: %v", err, s.fresh)
	}
	if err := s.Run(gone); err != nil {
		t.Fatal(err)
	}
	if got, err := open(t, db).Used(t.Context(), "shop", 20_000, 20_000); err != nil || len(got) != 1 || got[0].Requests != 1 {
		t.Errorf("%v: %+v", err, got)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}
