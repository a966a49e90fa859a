package job

import (
	"context"
	"errors"
	"time"

	"github.com/winnow-stream/winnow/pipeline/job/database"
)

// nobody is the channel of a note that nobody is told: it says that the job was seen to.
const nobody = ""

// unannounced finds the jobs of states that ended since a time and whose end is not in the outbox.
const unannounced = `SELECT ` + columns + ` FROM jobs WHERE state IN (?, ?) AND ended >= ? AND NOT EXISTS (
	SELECT 1 FROM outbox WHERE outbox.job = jobs.id AND outbox.event = 'batch.' || jobs.state AND outbox.created = jobs.ended)`

// Announce puts into the outbox what has ended since a time without a runner, which notes what it ends: jobs that were
// cancelled before they ran, and those that have expired. Their rows say so for as long as they are there; so whoever dies in
// between has forgotten nothing. channels finds those by which the end of a job is told.
func (s *Store) Announce(ctx context.Context, since time.Time, channels func(context.Context, *Job) ([]string, error)) error {
	ended, err := s.all(ctx, unannounced, Cancelled, Expired, since.UnixMilli())
	errs := []error{err}
	for _, j := range ended {
		told, err := channels(ctx, j)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if len(told) == 0 {
			told = []string{nobody}
		}
		errs = append(errs, s.db.Together(ctx, func(tx *database.Tx) error { return s.note(ctx, tx, j, told) }))
	}
	return errors.Join(errs...)
}
