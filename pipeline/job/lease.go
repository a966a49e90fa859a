package job

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// claim takes the lease of a job that was started and that nobody runs; nil where there is none. A job that waits for its
// account's running one is started first, if that has ended.
func (s *Store) claim(ctx context.Context, owner string, lease time.Duration) (*Job, error) {
	if err := s.advance(ctx); err != nil {
		return nil, err
	}
	now := s.now()
	j, err := s.one(ctx, `UPDATE jobs SET owner = ?, lease_until = ? WHERE id = (
			SELECT id FROM jobs WHERE state IN (?, ?) AND lease_until <= ? ORDER BY started, id LIMIT 1
		) RETURNING `+columns,
		owner, now.Add(lease).UnixMilli(), Processing, Cancelling, now.UnixMilli())
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return j, err
}

// Progress is what is committed of a job.
type Progress struct {
	Done, Failures, Tokens int64
}

// errLost tells that another runner has a job now, or that it is gone.
var errLost = errors.New("the lease of the job is lost")

// renew extends a lease and records progress, which never goes back. It returns the job's state, for who runs it to obey.
func (s *Store) renew(ctx context.Context, id, owner string, lease time.Duration, p Progress) (State, error) {
	j, err := s.one(ctx, `UPDATE jobs SET lease_until = ?, done = MAX(done, ?), failures = MAX(failures, ?), tokens = MAX(tokens, ?)
		WHERE id = ? AND owner = ? AND state IN (?, ?) RETURNING `+columns,
		s.now().Add(lease).UnixMilli(), p.Done, p.Failures, p.Tokens, id, owner, Processing, Cancelling)
	if errors.Is(err, sql.ErrNoRows) {
		return "", errLost
	}
	if err != nil {
		return "", err
	}
	return j.State, nil
}

// release gives a lease back, so that the next runner need not wait for its end.
func (s *Store) release(ctx context.Context, id, owner string) error {
	_, err := s.db.ExecContext(ctx, `UPDATE jobs SET lease_until = 0, owner = '' WHERE id = ? AND owner = ?`, id, owner)
	return err
}

// Reclaim takes every lease back. It is for a process that knows that no other one runs jobs of this database, such as one
// that has locked its folder: jobs of a process that was killed need not wait then.
func (s *Store) Reclaim(ctx context.Context) error {
	_, err := s.db.ExecContext(ctx, `UPDATE jobs SET lease_until = 0, owner = '' WHERE owner <> ''`)
	return err
}

// finish ends a job, for the reason that is given where it failed.
func (s *Store) finish(ctx context.Context, id, owner string, state State, p Progress, reason error) error {
	code, message := "", ""
	if reason != nil {
		e, ok := fault.As(reason)
		if !ok {
			e = fault.New(fault.Internal, "something went wrong in the server")
		}
		code, message = e.Code.ID, e.What
	}
	_, err := s.one(ctx, `UPDATE jobs SET state = ?, ended = ?, done = MAX(done, ?), failures = MAX(failures, ?), tokens = MAX(tokens, ?),
		error_code = ?, error = ?, owner = '', lease_until = 0 WHERE id = ? AND owner = ? AND state IN (?, ?) RETURNING `+columns,
		state, s.now().UnixMilli(), p.Done, p.Failures, p.Tokens, code, message, id, owner, Processing, Cancelling)
	if errors.Is(err, sql.ErrNoRows) {
		return errLost
	}
	return err
}
