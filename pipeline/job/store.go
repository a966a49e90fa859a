package job

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/job/database"
)

//go:embed migrations
var migrations embed.FS

// Store keeps jobs in a database. It is safe for concurrent use, also by several processes.
type Store struct {
	db  *database.DB
	now func() time.Time
}

// NewStore brings the tables up to date. The caller closes the database after the last use of the store.
func NewStore(ctx context.Context, db *database.DB) (*Store, error) {
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	return &Store{db: db, now: time.Now}, database.Migrate(ctx, db, dir, "job_migrations")
}

const columns = `id, account, state, config, created, started, ended, input, results, input_bytes, total, estimate, done, failures, tokens, error_code, error, run, warnings, finalized`

func scan(row database.Scanner) (*Job, error) {
	var j Job
	var config, warnings string
	var created, started, finalized, ended int64
	err := row.Scan(&j.ID, &j.Account, &j.State, &config, &created, &started, &ended, &j.Input, &j.Results, &j.InputBytes, &j.Total, &j.Estimate,
		&j.Done, &j.Failures, &j.Tokens, &j.ErrorCode, &j.Error, &j.Run, &warnings, &finalized)
	if err == nil {
		err = json.Unmarshal([]byte(warnings), &j.Warnings)
	}
	j.Config, j.Created, j.Started, j.Finalized, j.Ended = json.RawMessage(config), moment(created), moment(started), moment(finalized), moment(ended)
	return &j, err
}

func moment(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// Ticket is what lets somebody upload a job's input without a key.
type Ticket struct {
	Secret string
	Until  time.Time
	Fields map[string]string // of the form, as they were issued
}

func (t *Ticket) hash() []byte {
	sum := sha256.Sum256([]byte(t.Secret))
	return sum[:]
}

// MostWaiting is how many jobs of an account may wait: for their input, their start or their turn. It bounds what a server looks
// through, every second.
const MostWaiting = 10_000

// Create stores a new job with its ticket.
func (s *Store) Create(ctx context.Context, id, account string, config json.RawMessage, t Ticket) (*Job, error) {
	if err := s.roomFor(ctx, account); err != nil {
		return nil, err
	}
	fields, err := json.Marshal(t.Fields)
	if err != nil {
		return nil, err
	}
	return s.move(ctx, EventCreated, `INSERT INTO jobs (id, account, state, config, created, ticket, ticket_until, ticket_fields) VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING `+columns,
		id, account, Pending, string(config), s.now().UnixMilli(), t.hash(), t.Until.UnixMilli(), string(fields))
}

// one runs a statement that returns a job.
func (s *Store) one(ctx context.Context, query string, args ...any) (*Job, error) {
	j, err := scan(s.db.QueryRowContext(ctx, query, args...))
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, sql.ErrNoRows
	case err != nil:
		return nil, fmt.Errorf("keep a job: %w", err)
	}
	return j, nil
}

func unknown() error { return fault.New(fault.JobUnknown, "there is no such job") }

// Reissue gives a job that was not started another ticket. The one before is void.
func (s *Store) Reissue(ctx context.Context, account, id string, t Ticket) (*Job, error) {
	fields, err := json.Marshal(t.Fields)
	if err != nil {
		return nil, err
	}
	j, err := s.one(ctx, `UPDATE jobs SET ticket = ?, ticket_until = ?, ticket_fields = ? WHERE account = ? AND id = ? AND state = ? RETURNING `+columns,
		t.hash(), t.Until.UnixMilli(), string(fields), account, id, Pending)
	if !errors.Is(err, sql.ErrNoRows) {
		return j, err
	}
	if _, err := s.Get(ctx, account, id); err != nil {
		return nil, err
	}
	return nil, fault.New(fault.JobStarted, "the job was started already")
}

// Get is a job of an account. One of another account is as unknown as one that never was.
func (s *Store) Get(ctx context.Context, account, id string) (*Job, error) {
	j, err := s.one(ctx, `SELECT `+columns+` FROM jobs WHERE account = ? AND id = ? AND state <> ?`, account, id, deleting)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, unknown()
	}
	return j, err
}

// ByTicket is the job that a ticket's secret belongs to, with the ticket.
func (s *Store) ByTicket(ctx context.Context, secret string) (*Job, *Ticket, error) {
	t := &Ticket{Secret: secret}
	j, err := s.one(ctx, `SELECT `+columns+` FROM jobs WHERE ticket = ? AND state <> ?`, t.hash(), deleting)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil, fault.New(fault.UploadSignature, "the upload's address is not valid")
	}
	if err != nil {
		return nil, nil, err
	}
	var until int64
	var fields string
	if err := s.db.QueryRowContext(ctx, `SELECT ticket_until, ticket_fields FROM jobs WHERE id = ?`, j.ID).Scan(&until, &fields); err != nil {
		return nil, nil, fmt.Errorf("read a ticket: %w", err)
	}
	t.Until = moment(until)
	if err := json.Unmarshal([]byte(fields), &t.Fields); err != nil {
		return nil, nil, fmt.Errorf("read a ticket: %w", err)
	}
	if !s.now().Before(t.Until) {
		return nil, nil, fault.New(fault.UploadExpired, "the upload's address has expired")
	}
	return j, t, nil
}

// List are an account's jobs, newest first: at most limit of them, those before the job after, unless that is empty, and
// those in the states, unless there are none.
func (s *Store) List(ctx context.Context, account string, limit int, after string, in ...State) ([]*Job, error) {
	query, args := `SELECT `+columns+` FROM jobs WHERE account = ? AND state <> ?`, []any{account, deleting}
	if len(in) > 0 {
		query += ` AND state IN (?` + strings.Repeat(`, ?`, len(in)-1) + `)`
		for _, state := range in {
			args = append(args, state)
		}
	}
	if after != "" {
		if _, err := s.Get(ctx, account, after); err != nil {
			return nil, err
		}
		query += ` AND (created, id) < (SELECT created, id FROM jobs WHERE id = ?)`
		args = append(args, after)
	}
	return s.all(ctx, query+` ORDER BY created DESC, id DESC LIMIT ?`, append(args, limit)...)
}

// all runs a statement that returns jobs.
func (s *Store) all(ctx context.Context, query string, args ...any) ([]*Job, error) {
	jobs, err := database.All(ctx, s.db, scan, query, args...)
	if err != nil {
		return nil, fmt.Errorf("list jobs: %w", err)
	}
	return jobs, nil
}

// Upload is what is known of an input when it has arrived.
type Upload struct {
	Key     string
	Bytes   int64
	Records int64 // 0: nobody has counted them
	Tokens  int64 // an estimate

	Warnings []Warning
}

// Uploaded records an input. Of several before the start the last one counts; the key of the one before is returned, for
// whoever removes it. Empty: there was none.
func (s *Store) Uploaded(ctx context.Context, id string, u Upload) (before string, err error) {
	warnings, err := encoded(u.Warnings)
	if err != nil {
		return "", err
	}
	for {
		err := s.db.QueryRowContext(ctx, `SELECT input FROM jobs WHERE id = ? AND state = ?`, id, Pending).Scan(&before)
		if errors.Is(err, sql.ErrNoRows) {
			return "", fault.New(fault.JobStarted, "the job was started already")
		}
		if err != nil {
			return "", fmt.Errorf("record an upload: %w", err)
		}
		_, err = s.move(ctx, EventUploaded, `UPDATE jobs SET input = ?, input_bytes = ?, total = ?, estimate = ?, warnings = ? WHERE id = ? AND state = ? AND input = ? RETURNING `+columns,
			u.Key, u.Bytes, u.Records, u.Tokens, warnings, id, Pending, before)
		if !errors.Is(err, sql.ErrNoRows) { // else another upload, or the start, was faster
			return before, err
		}
	}
}

// Counted records how many records the input of a running job has, where nobody has counted them before, and in place of
// earlier ones the warnings that are given.
func (s *Store) Counted(ctx context.Context, id string, records, tokens int64, warnings ...Warning) error {
	text, err := encoded(warnings)
	if err != nil {
		return err
	}
	_, err = s.db.ExecContext(ctx, `UPDATE jobs SET total = ?, estimate = ?, warnings = CASE ? WHEN '[]' THEN warnings ELSE ? END WHERE id = ? AND total = 0`,
		records, tokens, text, text, id)
	if err != nil {
		return fmt.Errorf("record an input's size: %w", err)
	}
	return nil
}

// encoded are warnings as a row has them.
func encoded(warnings []Warning) (string, error) {
	if len(warnings) == 0 {
		return "[]", nil
	}
	text, err := json.Marshal(warnings)
	return string(text), err
}

// Start lets a pending, failed or cancelled job be run. One that had begun goes on where it stopped.
func (s *Store) Start(ctx context.Context, account, id string) (*Job, error) {
	return s.start(ctx, account, id, `started = CASE started WHEN 0 THEN ? ELSE started END`)
}

// Restart is Start for a job that begins anew, with counts of 0, whatever it had done.
func (s *Store) Restart(ctx context.Context, account, id string) (*Job, error) {
	return s.start(ctx, account, id, `started = ?, run = run + 1, done = 0, failures = 0, tokens = 0, results = ''`)
}

// start starts a job, and sets more of it, which has the time as its parameter.
func (s *Store) start(ctx context.Context, account, id, more string) (*Job, error) {
	now := s.now().UnixMilli()
	j, err := s.move(ctx, EventStarted, `UPDATE jobs SET state = ?, `+more+`, turn = ?, ended = 0, error = '', error_code = '', lease_until = 0, owner = ''
		WHERE account = ? AND id = ? AND state IN (?, ?, ?) AND input <> '' RETURNING `+columns,
		Processing, now, now, account, id, Pending, Failed, Cancelled)
	if err == nil {
		return j, nil
	}
	if s.db.Conflict(err) {
		return nil, fault.New(fault.AccountBusy, "another job of the account is running")
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return nil, err
	}
	if j, err = s.Get(ctx, account, id); err != nil {
		return nil, err
	}
	return nil, unstartable(j)
}

// unstartable says why a job can't be started in the state that it is in.
func unstartable(j *Job) error {
	switch j.State {
	case Queued, Processing, Finalizing, Paused, Cancelling:
		return fault.New(fault.JobProcessing, "the job is %s", j.State)
	case Completed:
		return fault.New(fault.JobCompleted, "the job is completed")
	default:
		return fault.New(fault.UploadMissing, "nothing was uploaded for the job")
	}
}

// Enqueue is Start for a job that may wait until the account's running job has ended: of those that wait the oldest
// comes first.
func (s *Store) Enqueue(ctx context.Context, account, id string) (*Job, error) {
	j, err := s.move(ctx, EventQueued, `UPDATE jobs SET state = ?, ended = 0, error = '', error_code = ''
		WHERE account = ? AND id = ? AND state IN (?, ?, ?) AND input <> '' RETURNING `+columns,
		Queued, account, id, Pending, Failed, Cancelled)
	if !errors.Is(err, sql.ErrNoRows) {
		return j, err
	}
	if j, err = s.Get(ctx, account, id); err != nil {
		return nil, err
	}
	return nil, unstartable(j)
}

// advancing starts a job that waits and whose account runs none: the oldest one of the account whose last turn is the longest ago.
// However many jobs wait, an account's last among them, each account comes in its turn.
const advancing = `UPDATE jobs SET state = ?, started = CASE started WHEN 0 THEN ? ELSE started END, turn = ?, lease_until = 0, owner = ''
	WHERE state = 'queued' AND id = (SELECT q.id FROM jobs q WHERE ` + queuedOf + ` AND q.account = (
		SELECT a.account FROM (SELECT q.account, MIN(q.created) AS created FROM jobs q WHERE ` + queuedOf + ` GROUP BY q.account) a
		WHERE NOT EXISTS (SELECT 1 FROM jobs r WHERE r.account = a.account AND r.state IN ` + running + `)
		ORDER BY (SELECT MAX(t.turn) FROM jobs t WHERE t.account = a.account), a.created, a.account LIMIT 1
	) ORDER BY q.created, q.id LIMIT 1) RETURNING ` + columns

// queuedOf are jobs q that wait for their turn, by the index of those that wait.
const queuedOf = `q.state IN ` + waiting + ` AND q.state = 'queued'`

// advance starts a job that waits, if it is an account's turn.
func (s *Store) advance(ctx context.Context) error {
	now := s.now().UnixMilli()
	_, err := s.move(ctx, EventStarted, advancing, Processing, now, now)
	if errors.Is(err, sql.ErrNoRows) || s.db.Conflict(err) { // nobody waits, or another runner was faster
		return nil
	}
	return err
}

// roomFor refuses an account another job that waits, where it has as many as it may have.
func (s *Store) roomFor(ctx context.Context, account string) error {
	var n int
	err := s.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM jobs WHERE account = ? AND state IN `+waiting, account).Scan(&n)
	if err != nil {
		return fmt.Errorf("count jobs: %w", err)
	}
	if n >= MostWaiting {
		return fault.New(fault.JobMany, "%d jobs of the account wait for their input, their start or their turn", n)
	}
	return nil
}

// Cancel tells a job to stop. One that does not run is cancelled at once; one that has ended stays as it is.
func (s *Store) Cancel(ctx context.Context, account, id string) (*Job, error) {
	j, err := s.move(ctx, EventCancelled, `UPDATE jobs SET state = ?, ended = ? WHERE account = ? AND id = ? AND state IN (?, ?) RETURNING `+columns,
		Cancelled, s.now().UnixMilli(), account, id, Pending, Queued)
	if errors.Is(err, sql.ErrNoRows) {
		// Nobody holds a paused one: whoever comes first ends it.
		j, err = s.move(ctx, EventCancelling, `UPDATE jobs SET state = ?, error_code = '', error = '', lease_until = CASE owner WHEN '' THEN 0 ELSE lease_until END
			WHERE account = ? AND id = ? AND state IN (?, ?, ?) RETURNING `+columns, Cancelling, account, id, Processing, Finalizing, Paused)
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return j, err
	}
	if j, err = s.Get(ctx, account, id); err != nil || j.State == Cancelling {
		return j, err
	}
	return nil, fault.New(fault.JobEnded, "the job is %s", j.State)
}

// Delete hides a job that does not run, and returns what has to be done before Forget.
func (s *Store) Delete(ctx context.Context, account, id string) error {
	_, err := s.one(ctx, `UPDATE jobs SET state = ? WHERE account = ? AND id = ? AND state NOT IN `+running+` AND state <> ? RETURNING `+columns,
		deleting, account, id, deleting)
	if !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	j, err := s.Get(ctx, account, id)
	if err != nil {
		return err
	}
	return fault.New(fault.JobProcessing, "the job is %s", j.State)
}

// Forget removes a hidden job, once nothing is left of its files.
func (s *Store) Forget(ctx context.Context, id string) error {
	err := s.db.Together(ctx, func(tx *database.Tx) error {
		for _, table := range []string{`outbox WHERE job`, `downloads WHERE job`, `job_events WHERE job`, `jobs WHERE id`} {
			if _, err := tx.ExecContext(ctx, `DELETE FROM `+table+` IN (SELECT id FROM jobs WHERE id = ? AND state = ?)`, id, deleting); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("forget a job: %w", err)
	}
	return nil
}

// Hidden are the jobs that were deleted or retired and not forgotten yet.
func (s *Store) Hidden(ctx context.Context) ([]*Job, error) {
	return s.all(ctx, `SELECT `+columns+` FROM jobs WHERE state = ?`, deleting)
}
