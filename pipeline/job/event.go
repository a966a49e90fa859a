package job

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/winnow-stream/winnow/pipeline/job/database"
)

// EventKind is what has happened to a job.
type EventKind string

// Most kinds are named by the state that a job was moved to.
const (
	EventCreated    EventKind = "created"
	EventUploaded   EventKind = "uploaded" // its input is there; before the start it may come again
	EventQueued               = EventKind(Queued)
	EventStarted    EventKind = "started"
	EventRunning    EventKind = "running" // a runner has taken it up: the first one, or one that goes on after another, or after a pause
	EventFinalizing           = EventKind(Finalizing)
	EventPaused               = EventKind(Paused)
	EventCancelling           = EventKind(Cancelling)
	EventCancelled            = EventKind(Cancelled)
	EventCompleted            = EventKind(Completed)
	EventFailed               = EventKind(Failed)
	EventExpired              = EventKind(Expired)
)

// Event is something that has happened to a job. It is recorded together with what it tells of.
type Event struct {
	Seq            int64 // of the job's events, from 1 on
	At             time.Time
	Kind           EventKind
	Done, Failures int64  // the job's counts as of then
	Code, Message  string // of the error that it paused or failed for
}

// Events are those of a job that come after one, in order; after 0: all of them.
func (s *Store) Events(ctx context.Context, account, id string, after int64) ([]Event, error) {
	if _, err := s.Get(ctx, account, id); err != nil {
		return nil, err
	}
	events, err := database.All(ctx, s.db, func(row database.Scanner) (e Event, err error) {
		var at int64
		err = row.Scan(&e.Seq, &at, &e.Kind, &e.Done, &e.Failures, &e.Code, &e.Message)
		e.At = moment(at)
		return e, err
	}, `SELECT seq, at, kind, done, failures, code, message FROM job_events WHERE job = ? AND seq > ? ORDER BY seq`, id, after)
	if err != nil {
		return nil, fmt.Errorf("list a job's events: %w", err)
	}
	return events, nil
}

// move runs a statement that changes a job and returns it, and records that as an event. Where the statement finds no job,
// the error is sql.ErrNoRows.
func (s *Store) move(ctx context.Context, kind EventKind, query string, args ...any) (*Job, error) {
	var j *Job
	err := s.db.Together(ctx, func(tx *database.Tx) (err error) {
		if j, err = scan(tx.QueryRowContext(ctx, query, args...)); err != nil {
			return err
		}
		return s.record(ctx, tx, j, kind)
	})
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, sql.ErrNoRows
	case err != nil:
		return nil, fmt.Errorf("keep a job: %w", err)
	}
	return j, nil
}

// record adds an event to a job's, whose row the transaction has changed: so nobody else adds one at the same time.
func (s *Store) record(ctx context.Context, tx *database.Tx, j *Job, kind EventKind) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO job_events (job, seq, at, kind, done, failures, code, message)
		SELECT id, (SELECT COALESCE(MAX(seq), 0) + 1 FROM job_events WHERE job = id), ?, ?, done, failures, error_code, error FROM jobs WHERE id = ?`,
		s.now().UnixMilli(), kind, j.ID)
	if err != nil {
		return fmt.Errorf("record what has happened to a job: %w", err)
	}
	return nil
}
