package job

import (
	"os"
	"testing"
	"testing/fstest"
	"time"

	"github.com/winnow-stream/winnow/pipeline/job/database"
	"github.com/winnow-stream/winnow/test/backing"
)

// TestUpgrade has a database of an earlier version, with a note that was told and one that was not: both stay so.
func TestUpgrade(t *testing.T) { backing.Databases(t, testUpgrade) }

func testUpgrade(t *testing.T, open backing.Open) {
	before := make(fstest.MapFS)
	for _, name := range []string{"00001_jobs.sql", "00002_blobs.sql", "00003_outbox.sql", "00004_events.sql"} {
		data, err := os.ReadFile("migrations/" + name)
		if err != nil {
			t.Fatal(err)
		}
		before[name] = &fstest.MapFile{Data: data}
	}
	db := open()
	if err := database.Migrate(t.Context(), db, before, "job_migrations"); err != nil {
		t.Fatal(err)
	}
	for channel, next := range map[string]int64{"webhook": 0, "email": 1000} {
		_, err := db.ExecContext(t.Context(), `INSERT INTO outbox (id, job, event, channel, body, created, tries, next) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
			"msg_"+channel, "batch_1", "batch.failed", channel, `{}`, 1000, 3, next)
		if err != nil {
			t.Fatal(err)
		}
	}
	s, err := NewStore(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	n, err := s.Take(t.Context(), time.Hour)
	if err != nil || n == nil || n.ID != "msg_email" || n.Job != "batch_1" || n.Event != "batch.failed" || n.Channel != "email" || n.Tries != 3 || n.Created.UnixMilli() != 1000 {
		t.Errorf("%+v, %v", n, err)
	}
	if n, err := s.Take(t.Context(), time.Hour); n != nil || err != nil {
		t.Errorf("one that was told: %+v, %v", n, err)
	}
}
