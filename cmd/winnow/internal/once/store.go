package once

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/api"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/job/database"
)

//go:embed migrations
var migrations embed.FS

const (
	// keepFor is how long an answer holds, as Stripe's API has it.
	keepFor = 24 * time.Hour
	// abandonedAfter is when a request that has no answer yet is taken for one whose process has died. No answer takes as
	// long: the server's own write timeout is shorter.
	abandonedAfter = 5 * time.Minute
)

// Store keeps what was made in a database. It is safe for concurrent use, also by several processes.
type Store struct {
	db  *database.DB
	now func() time.Time
}

var _ api.Memory = (*Store)(nil)

// New brings the table up to date. The caller closes the database after the last use of the store.
func New(ctx context.Context, db *database.DB) (*Store, error) {
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	return &Store{db: db, now: time.Now}, database.Migrate(ctx, db, dir, "once_migrations")
}

// name is what a request's row is called.
func name(r api.Repeatable) string {
	h := sha256.New()
	fmt.Fprintf(h, "%s %s\n%s", r.Method, r.Path, r.Key)
	return hex.EncodeToString(h.Sum(nil))
}

// Begin takes the request's key, or returns what it has made before. A key that another request holds is
// idem.in_progress; one that came with another body idem.mismatch.
func (s *Store) Begin(ctx context.Context, r api.Repeatable) (*api.Made, error) {
	now := s.now()
	if _, err := s.db.ExecContext(ctx, `DELETE FROM idempotency WHERE created < ?`, now.Add(-keepFor).UnixMilli()); err != nil {
		return nil, fmt.Errorf("forget old requests: %w", err)
	}
	body := hex.EncodeToString(r.Body[:])
	var held int
	err := s.db.QueryRowContext(ctx, `INSERT INTO idempotency (account, name, body, status, resource, created) VALUES (?, ?, ?, 0, '', ?)
		ON CONFLICT (account, name) DO UPDATE SET body = excluded.body, created = excluded.created
			WHERE idempotency.status = 0 AND idempotency.created < ?
		RETURNING 1`, r.Account, name(r), body, now.UnixMilli(), now.Add(-abandonedAfter).UnixMilli()).Scan(&held)
	if err == nil {
		return nil, nil
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("take a request's key: %w", err)
	}
	var was string
	var m api.Made
	err = s.db.QueryRowContext(ctx, `SELECT body, status, resource FROM idempotency WHERE account = ? AND name = ?`, r.Account, name(r)).
		Scan(&was, &m.Status, &m.Resource)
	switch {
	case errors.Is(err, sql.ErrNoRows): // the other request has ended without an answer that holds
		return nil, inProgress()
	case err != nil:
		return nil, fmt.Errorf("find a request's answer: %w", err)
	case was != body:
		return nil, fault.New(fault.IdemMismatch, "the Idempotency-Key came with another body before")
	case m.Status == 0:
		return nil, inProgress()
	}
	return &m, nil
}

func inProgress() error {
	return fault.New(fault.IdemProgress, "a request with this Idempotency-Key is being answered")
}

// End records what the request has made.
func (s *Store) End(ctx context.Context, r api.Repeatable, m api.Made) error {
	_, err := s.db.ExecContext(ctx, `UPDATE idempotency SET status = ?, resource = ? WHERE account = ? AND name = ?`, m.Status, m.Resource, r.Account, name(r))
	if err != nil {
		return fmt.Errorf("record a request's answer: %w", err)
	}
	return nil
}

// Drop gives the key back: the request was refused, and may be sent again in another form.
func (s *Store) Drop(ctx context.Context, r api.Repeatable) error {
	if _, err := s.db.ExecContext(ctx, `DELETE FROM idempotency WHERE account = ? AND name = ? AND status = 0`, r.Account, name(r)); err != nil {
		return fmt.Errorf("give a request's key back: %w", err)
	}
	return nil
}
