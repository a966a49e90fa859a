package job

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/winnow-stream/winnow/pipeline/job/database"
)

// claiming takes the lease of a job that has the place of its account and that nobody runs.
const claiming = `UPDATE jobs SET owner = ?, lease_until = ? WHERE id = (
		SELECT id FROM jobs WHERE state IN ` + running + ` AND lease_until <= ? ORDER BY turn, id LIMIT 1
	) AND lease_until <= ? RETURNING ` + columns

// claim takes the lease of a job that was started and that nobody runs; nil where there is none. A job that waits for its
// account's running one is started first, if that has ended. Of two runners that find the same one, the second waits for
// the first one's row, looks at its lease again, and takes nothing.
func (s *Store) claim(ctx context.Context, owner string, lease time.Duration) (*Job, error) {
	if err := s.advance(ctx); err != nil {
		return nil, err
	}
	now := s.now()
	var j *Job
	err := s.db.Together(ctx, func(tx *database.Tx) (err error) {
		j, err = scan(tx.QueryRowContext(ctx, claiming, owner, now.Add(lease).UnixMilli(), now.UnixMilli(), now.UnixMilli()))
		if err != nil || j.State != Processing { // one that is paused tells when it gets on
			return err
		}
		return s.record(ctx, tx, j, EventRunning)
	})
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("take a job's lease: %w", err)
	}
	return j, nil
}

// Progress is what is committed of a job.
type Progress struct {
	Done, Failures, Tokens int64
}

// progressed sets the counts, which never go back; args are its parameters.
const progressed = `done = CASE WHEN done < ? THEN ? ELSE done END, failures = CASE WHEN failures < ? THEN ? ELSE failures END,
		tokens = CASE WHEN tokens < ? THEN ? ELSE tokens END`

func (p Progress) args() []any {
	return []any{p.Done, p.Done, p.Failures, p.Failures, p.Tokens, p.Tokens}
}

// errLost tells that another runner has a job now, or that it is gone.
var errLost = errors.New("the lease of the job is lost")

// renew extends a lease and records progress. It returns the job's state, for who runs it to obey.
func (s *Store) renew(ctx context.Context, id, owner string, lease time.Duration, p Progress) (State, error) {
	args := append(p.args(), s.now().Add(lease).UnixMilli(), id, owner)
	j, err := s.one(ctx, `UPDATE jobs SET `+progressed+`, lease_until = ?
		WHERE id = ? AND owner = ? AND state IN `+running+` RETURNING `+columns, args...)
	if errors.Is(err, sql.ErrNoRows) {
		return "", errLost
	}
	if err != nil {
		return "", err
	}
	return j.State, nil
}

// pause gives a lease back until a time, for a reason that passes: then somebody tries to go on.
func (s *Store) pause(ctx context.Context, j *Job, owner string, until time.Time, p Progress, reason error) error {
	code, message := reasonOf(reason)
	query := `UPDATE jobs SET ` + progressed + `, state = ?, error_code = ?, error = ?, lease_until = ?, owner = ''
		WHERE id = ? AND owner = ? AND state IN (?, ?, ?) RETURNING ` + columns
	args := append(p.args(), Paused, code, message, until.UnixMilli(), j.ID, owner, Processing, Finalizing, Paused)
	var err error
	if j.State == Paused { // and was so before: it has not got on
		_, err = s.one(ctx, query, args...)
	} else {
		_, err = s.move(ctx, EventPaused, query, args...)
	}
	if errors.Is(err, sql.ErrNoRows) { // it was cancelled, or is another runner's
		return s.release(ctx, j.ID, owner, p)
	}
	return err
}

// stall records that a job is paused while its runner, who keeps the lease, tries again, and why.
func (s *Store) stall(ctx context.Context, id, owner string, reason error) error {
	code, message := reasonOf(reason)
	_, err := s.move(ctx, EventPaused, `UPDATE jobs SET state = ?, error_code = ?, error = ? WHERE id = ? AND owner = ? AND state = ? RETURNING `+columns,
		Paused, code, message, id, owner, Processing)
	if errors.Is(err, sql.ErrNoRows) { // it was cancelled meanwhile, or its records are done
		return nil
	}
	return err
}

// unpause records that a job which was paused has got on.
func (s *Store) unpause(ctx context.Context, id, owner string) error {
	_, err := s.move(ctx, EventRunning, `UPDATE jobs SET state = ?, error_code = '', error = '' WHERE id = ? AND owner = ? AND state = ? RETURNING `+columns,
		Processing, id, owner, Paused)
	if errors.Is(err, sql.ErrNoRows) { // it was cancelled meanwhile
		return nil
	}
	return err
}

// finalize records that all records of a job are done, and its results are being kept.
func (s *Store) finalize(ctx context.Context, id, owner string, p Progress) error {
	_, err := s.move(ctx, EventFinalizing, `UPDATE jobs SET `+progressed+`, state = ?, finalized = ?, error_code = '', error = '' WHERE id = ? AND owner = ? AND state IN (?, ?) RETURNING `+columns,
		append(p.args(), Finalizing, s.now().UnixMilli(), id, owner, Processing, Paused)...)
	if errors.Is(err, sql.ErrNoRows) { // it is already, or was cancelled meanwhile
		return nil
	}
	return err
}

// release gives a lease back and records progress, so that the next runner need not wait for its end.
func (s *Store) release(ctx context.Context, id, owner string, p Progress) error {
	_, err := s.db.ExecContext(ctx, `UPDATE jobs SET `+progressed+`, lease_until = 0, owner = '' WHERE id = ? AND owner = ?`, append(p.args(), id, owner)...)
	return err
}

// Reclaim takes the leases of an owner back. It is for a process that knows that no other one acts as this owner, such as
// one that has locked the folder which the owner is named by: its jobs need not wait then after it was killed.
func (s *Store) Reclaim(ctx context.Context, owner string) error {
	_, err := s.db.ExecContext(ctx, `UPDATE jobs SET lease_until = 0, owner = '' WHERE owner = ?`, owner)
	return err
}

// finish ends a job: with the key of its results, where there are any, for the reason that is given where it failed.
// The channels are told of it, by the outbox; settle, unless it is nil, records in the same transaction what goes with it.
func (s *Store) finish(ctx context.Context, id, owner string, state State, p Progress, results string, reason error, channels []string,
	settle func(context.Context, *database.Tx, *Job) error,
) error {
	code, message := "", ""
	if reason != nil {
		code, message = reasonOf(reason)
	}
	args := append(p.args(), state, s.now().UnixMilli(), results, code, message, id, owner)
	err := s.db.Together(ctx, func(tx *database.Tx) error {
		j, err := scan(tx.QueryRowContext(ctx, `UPDATE jobs SET `+progressed+`, state = ?, ended = ?,
			results = ?, error_code = ?, error = ?, owner = '', lease_until = 0 WHERE id = ? AND owner = ? AND state IN `+running+` RETURNING `+columns, args...))
		if err != nil {
			return err
		}
		if err := s.record(ctx, tx, j, EventKind(state)); err != nil {
			return err
		}
		if settle != nil {
			if err := settle(ctx, tx, j); err != nil {
				return err
			}
		}
		return s.note(ctx, tx, j, channels)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return errLost
	}
	if err != nil {
		return fmt.Errorf("end a job: %w", err)
	}
	return nil
}
