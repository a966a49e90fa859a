package job

import (
	"testing"
	"time"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Complete runs a job to its end, without doing anything.
func Complete(t *testing.T, s *Store, id, results string) {
	t.Helper()
	j, err := s.one(t.Context(), `UPDATE jobs SET state = ?, started = ? WHERE id = ? RETURNING `+columns, Processing, s.now().UnixMilli(), id)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.claim(t.Context(), "test", time.Minute); err != nil {
		t.Fatal(err)
	}
	if err := s.finish(t.Context(), j.ID, "test", Completed, Progress{Done: j.Total}, results, nil, []string{"webhook", "email"}, nil); err != nil {
		t.Fatal(err)
	}
}

// Fail ends a job that was started, for no reason that matters.
func Fail(t *testing.T, s *Store, id string, p Progress, results string) {
	t.Helper()
	if _, err := s.claim(t.Context(), "test", time.Minute); err != nil {
		t.Fatal(err)
	}
	if err := s.finish(t.Context(), id, "test", Failed, p, results, fault.New(fault.InputCorrupt, "it is damaged"), []string{"webhook"}, nil); err != nil {
		t.Fatal(err)
	}
}
