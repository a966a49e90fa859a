package upkeep_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/filestore"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/upkeep"
	"github.com/winnow-stream/winnow/connectors/blob"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/job"
	"github.com/winnow-stream/winnow/pipeline/job/database"
	"github.com/winnow-stream/winnow/test/backing"
)

func TestMain(m *testing.M) { os.Exit(backing.Main(m).Run()) }

// scene is a store with blobs.
type scene struct {
	t     *testing.T
	store *job.Store
	db    *database.DB
	blobs backing.Store
	files *filestore.Store
	work  string
	care  *upkeep.Upkeep
}

// scenes runs a test over every kind of database and of blobs.
func scenes(t *testing.T, test func(*scene)) {
	t.Helper()
	backing.Everywhere(t, func(t *testing.T, open backing.Open, blobs backing.Store) {
		s := &scene{t: t, db: open(), blobs: blobs, work: t.TempDir()}
		var err error
		if s.store, err = job.NewStore(t.Context(), s.db); err != nil {
			t.Fatal(err)
		}
		if s.files, err = filestore.New(t.Context(), s.db, blobs); err != nil {
			t.Fatal(err)
		}
		s.care = s.with(30 * 24 * time.Hour)
		test(s)
	})
}

func (s *scene) with(retention time.Duration) *upkeep.Upkeep {
	return upkeep.New(upkeep.Config{Store: s.store, Blobs: s.blobs, Files: s.files, Work: s.work, Retention: retention, Log: zerolog.Nop()})
}

func (s *scene) put(key string) string {
	s.t.Helper()
	if _, err := s.blobs.Put(s.t.Context(), key, strings.NewReader("{}\n")); err != nil {
		s.t.Fatal(err)
	}
	return key
}

func (s *scene) create() *job.Job {
	s.t.Helper()
	id := job.NewID()
	j, err := s.store.Create(s.t.Context(), id, "shop", []byte(`{}`), job.Ticket{Secret: "secret of " + id, Until: time.Now().Add(time.Hour)})
	if err != nil {
		s.t.Fatal(err)
	}
	return j
}

// uploaded is a job with an input.
func (s *scene) uploaded() (j *job.Job, input string) {
	s.t.Helper()
	j = s.create()
	input = s.put(j.NewKey("input"))
	if _, err := s.store.Uploaded(s.t.Context(), j.ID, job.Upload{Key: input, Bytes: 3, Records: 1}); err != nil {
		s.t.Fatal(err)
	}
	return j, input
}

// set writes a column of a job's row.
func (s *scene) set(id, column string, value any) {
	s.t.Helper()
	if _, err := s.db.ExecContext(s.t.Context(), `UPDATE jobs SET `+column+` = ? WHERE id = ?`, value, id); err != nil {
		s.t.Fatal(err)
	}
}

// completed is a job with an input and results.
func (s *scene) completed() (j *job.Job, input, results string) {
	s.t.Helper()
	j, input = s.uploaded()
	results = s.put(j.NewKey("results"))
	s.set(j.ID, "state", job.Completed)
	s.set(j.ID, "results", results)
	s.set(j.ID, "ended", time.Now().UnixMilli())
	return j, input, results
}

func (s *scene) once(care *upkeep.Upkeep, settled time.Time) {
	s.t.Helper()
	if err := care.Once(s.t.Context(), settled); err != nil {
		s.t.Fatal(err)
	}
}

// kept holds the blobs to those that are to be there.
func (s *scene) kept(want ...string) {
	s.t.Helper()
	var got []string
	for info, err := range s.blobs.List(s.t.Context(), "batch/") {
		if err != nil {
			s.t.Fatal(err)
		}
		got = append(got, info.Key)
	}
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		s.t.Errorf("blobs (-want +got)\n%s", diff)
	}
}

func (s *scene) state(id string) job.State {
	s.t.Helper()
	j, err := s.store.Find(s.t.Context(), id)
	if err != nil {
		s.t.Fatal(err)
	}
	if j == nil {
		return ""
	}
	return j.State
}

// TestOrphans has blobs without rows, as processes leave them that die between the two: those go that are old enough, and
// nothing that a row speaks of.
func TestOrphans(t *testing.T) {
	scenes(t, func(s *scene) {
		pending, input := s.uploaded()
		done, doneInput, results := s.completed()
		waits := s.create()
		byClient := s.put(job.Folder("shop", waits.ID) + "input.ndjson")
		left := []string{
			s.put(pending.NewKey("input")),                          // killed before its row, or replaced
			s.put(done.NewKey("results")),                           // published, and killed before the row
			s.put(job.Folder("shop", done.ID) + "input.ndjson"),     // a client's, after it was pinned
			s.put(job.Folder("shop", job.NewID()) + "input.ndjson"), // of a job that is gone
		}
		all := append([]string{input, doneInput, results, byClient}, left...)
		s.once(s.care, time.Now().Add(-time.Hour))
		s.kept(all...)
		s.once(s.care, time.Now().Add(time.Hour))
		s.kept(input, doneInput, results, byClient)
	})
}

// TestDeleted has a job that was hidden by a process which died before it removed the blobs.
func TestDeleted(t *testing.T) {
	scenes(t, func(s *scene) {
		j, _, _ := s.completed()
		if err := s.store.Delete(s.t.Context(), "shop", j.ID); err != nil {
			s.t.Fatal(err)
		}
		s.once(s.care, time.Now().Add(-time.Hour))
		s.kept()
		if got := s.state(j.ID); got != "" {
			s.t.Errorf("the row is %s", got)
		}
	})
}

// TestRetention removes jobs whose time is over, and nothing else.
func TestRetention(t *testing.T) {
	scenes(t, func(s *scene) {
		old, _, _ := s.completed()
		s.set(old.ID, "ended", time.Now().Add(-31*24*time.Hour).UnixMilli())
		young, input, results := s.completed()
		s.set(young.ID, "ended", time.Now().Add(-29*24*time.Hour).UnixMilli())
		forgotten, _ := s.uploaded()
		s.set(forgotten.ID, "created", time.Now().Add(-31*24*time.Hour).UnixMilli())
		runs, runsInput := s.uploaded()
		s.set(runs.ID, "created", time.Now().Add(-31*24*time.Hour).UnixMilli())
		s.set(runs.ID, "state", job.Processing)
		waits := s.create()
		s.set(waits.ID, "created", time.Now().Add(-25*time.Hour).UnixMilli())
		s.once(s.care, time.Now().Add(-time.Hour))
		s.kept(input, results, runsInput)
		for id, want := range map[string]job.State{old.ID: "", young.ID: job.Completed, forgotten.ID: "", runs.ID: job.Processing, waits.ID: job.Expired} {
			if got := s.state(id); got != want {
				s.t.Errorf("a job is %q, want %q", got, want)
			}
		}
		s.once(s.with(time.Millisecond), time.Now().Add(-time.Hour))
		s.kept(runsInput)
	})
}

// TestLost has a completed job whose results somebody has removed.
func TestLost(t *testing.T) {
	scenes(t, func(s *scene) {
		j, input, results := s.completed()
		if err := s.blobs.Remove(s.t.Context(), results); err != nil {
			s.t.Fatal(err)
		}
		s.once(s.care, time.Now().Add(-time.Hour))
		if got := s.state(j.ID); got != job.Expired {
			s.t.Errorf("the job is %s", got)
		}
		s.kept(input)
	})
}

// TestFolders removes the folders of jobs that have ended, and keeps those that are gone on with.
func TestFolders(t *testing.T) {
	scenes(t, func(s *scene) {
		done, _, _ := s.completed()
		runs, _ := s.uploaded()
		s.set(runs.ID, "state", job.Processing)
		failed, _ := s.uploaded()
		s.set(failed.ID, "state", job.Failed)
		s.set(failed.ID, "ended", time.Now().UnixMilli())
		for _, id := range []string{done.ID, runs.ID, failed.ID, job.NewID()} {
			if err := os.MkdirAll(filepath.Join(s.work, id, "state"), 0o700); err != nil {
				s.t.Fatal(err)
			}
		}
		s.once(s.care, time.Now().Add(-time.Hour))
		var got []string
		entries, _ := os.ReadDir(s.work)
		for _, e := range entries {
			got = append(got, e.Name())
		}
		want := []string{runs.ID, failed.ID}
		slices.Sort(want)
		if diff := cmp.Diff(want, got); diff != "" {
			s.t.Error(diff)
		}
	})
}

// TestClaim keeps the blobs of one database from the upkeep of another.
func TestClaim(t *testing.T) {
	scenes(t, func(s *scene) {
		for range 2 {
			if err := s.care.Claim(s.t.Context()); err != nil {
				s.t.Fatal(err)
			}
		}
		db, err := database.Open(s.t.Context(), s.t.TempDir())
		if err != nil {
			s.t.Fatal(err)
		}
		defer db.Close()
		other, err := job.NewStore(s.t.Context(), db)
		if err != nil {
			s.t.Fatal(err)
		}
		err = upkeep.New(upkeep.Config{Store: other, Blobs: s.blobs, Log: zerolog.Nop()}).Claim(s.t.Context())
		if !fault.Is(err, fault.ServerBlobs) {
			s.t.Errorf("another database: %v", err)
		}
	})
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
	blobs, err := blob.NewFolder(filepath.Join(dir, "blobs"))
	if err != nil {
		fmt.Println(err)
		return
	}
	files, err := filestore.New(ctx, db, blobs)
	if err != nil {
		fmt.Println(err)
		return
	}
	care := upkeep.New(upkeep.Config{Store: store, Blobs: blobs, Files: files, Work: filepath.Join(dir, "work"), Retention: time.Hour, Log: zerolog.Nop()})
	fmt.Println(care.Claim(ctx), care.Once(ctx, time.Now()))
	// Output: <nil> <nil>
}
