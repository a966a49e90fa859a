package webhook

import (
	"context"
	"crypto/rand"
	"database/sql"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/job/database"
)

//go:embed migrations
var migrations embed.FS

const (
	// Most is how many webhooks an account may have: each of its jobs is told to all of them.
	Most = 16
	// keepFor is how long a delivery is remembered.
	keepFor = 30 * 24 * time.Hour
)

// Webhook is an address that is told of an account's jobs.
type Webhook struct {
	ID      string
	Account string
	URL     string
	Events  []string // that it is told of; empty: all
	Secret  string   // never to be shown again
	Created time.Time
}

// Wants tells whether the webhook is told of an event.
func (w *Webhook) Wants(event string) bool {
	return len(w.Events) == 0 || slices.Contains(w.Events, event)
}

// Delivery is what became of a note.
type Delivery struct {
	Note  string // its id, which each try has
	Job   string
	Event string
	Tries int
	Tried time.Time // the last time, in UTC
	Error string    // of that time; empty: it was taken
}

// Store keeps webhooks in a database. It is safe for concurrent use, also by several processes.
type Store struct {
	db  *database.DB
	now func() time.Time
}

// New brings the tables up to date. The caller closes the database after the last use of the store.
func New(ctx context.Context, db *database.DB) (*Store, error) {
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	return &Store{db: db, now: time.Now}, database.Migrate(ctx, db, dir, "webhook_migrations")
}

const columns = `id, account, url, events, secret, created`

func scan(row database.Scanner) (*Webhook, error) {
	w := new(Webhook)
	var events string
	var created int64
	err := row.Scan(&w.ID, &w.Account, &w.URL, &events, &w.Secret, &created)
	if events != "" {
		w.Events = strings.Split(events, ",")
	}
	w.Created = time.UnixMilli(created).UTC()
	return w, err
}

// Add makes a webhook of an account, whose ID and Created it sets.
func (s *Store) Add(ctx context.Context, w *Webhook) error {
	var raw [12]byte
	_, _ = rand.Read(raw[:]) // it never fails
	w.ID, w.Created = "wh_"+hex.EncodeToString(raw[:]), s.now().UTC().Truncate(time.Millisecond)
	r, err := s.db.ExecContext(ctx, `INSERT INTO webhooks (`+columns+`) SELECT ?, ?, ?, ?, ?, CAST(? AS BIGINT)
		WHERE (SELECT COUNT(*) FROM webhooks WHERE account = ?) < ?`,
		w.ID, w.Account, w.URL, strings.Join(w.Events, ","), w.Secret, w.Created.UnixMilli(), w.Account, Most)
	if err != nil {
		return fmt.Errorf("keep a webhook: %w", err)
	}
	if n, err := r.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, fault.New(fault.WebhookMany, "the account has %d webhooks", Most))
	}
	return nil
}

// List are the webhooks of an account, oldest first.
func (s *Store) List(ctx context.Context, account string) ([]*Webhook, error) {
	all, err := database.All(ctx, s.db, scan, `SELECT `+columns+` FROM webhooks WHERE account = ? ORDER BY created, id`, account)
	if err != nil {
		return nil, fmt.Errorf("list webhooks: %w", err)
	}
	return all, nil
}

func unknown() error { return fault.New(fault.WebhookUnknown, "there is no such webhook") }

// Get is a webhook of an account.
func (s *Store) Get(ctx context.Context, account, id string) (*Webhook, error) {
	w, err := scan(s.db.QueryRowContext(ctx, `SELECT `+columns+` FROM webhooks WHERE account = ? AND id = ?`, account, id))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, unknown()
	}
	if err != nil {
		return nil, fmt.Errorf("read a webhook: %w", err)
	}
	return w, nil
}

// Remove removes a webhook of an account, with its log. What waits to be told to it is not told any more.
func (s *Store) Remove(ctx context.Context, account, id string) error {
	return s.db.Together(ctx, func(tx *database.Tx) error {
		r, err := tx.ExecContext(ctx, `DELETE FROM webhooks WHERE account = ? AND id = ?`, account, id)
		if err != nil {
			return fmt.Errorf("remove a webhook: %w", err)
		}
		if n, err := r.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, unknown())
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM deliveries WHERE webhook = ?`, id); err != nil {
			return fmt.Errorf("remove a webhook: %w", err)
		}
		return nil
	})
}

// Record writes down what became of a try to tell a note to a webhook; reason is empty where it was taken.
func (s *Store) Record(ctx context.Context, id, note, job, event, reason string) error {
	now := s.now()
	if _, err := s.db.ExecContext(ctx, `DELETE FROM deliveries WHERE webhook = ? AND tried < ?`, id, now.Add(-keepFor).UnixMilli()); err != nil {
		return fmt.Errorf("forget old deliveries: %w", err)
	}
	_, err := s.db.ExecContext(ctx, `INSERT INTO deliveries (webhook, note, job, event, tries, tried, error) VALUES (?, ?, ?, ?, 1, ?, ?)
		ON CONFLICT (webhook, note) DO UPDATE SET tries = deliveries.tries + 1, tried = excluded.tried, error = excluded.error`,
		id, note, job, event, now.UnixMilli(), reason)
	if err != nil {
		return fmt.Errorf("record a delivery: %w", err)
	}
	return nil
}

// Deliveries are what was told to a webhook of an account, or tried: at most limit of them, the last ones first.
func (s *Store) Deliveries(ctx context.Context, account, id string, limit int) ([]Delivery, error) {
	if _, err := s.Get(ctx, account, id); err != nil {
		return nil, err
	}
	all, err := database.All(ctx, s.db, func(row database.Scanner) (d Delivery, err error) {
		var tried int64
		err = row.Scan(&d.Note, &d.Job, &d.Event, &d.Tries, &tried, &d.Error)
		d.Tried = time.UnixMilli(tried).UTC()
		return d, err
	}, `SELECT note, job, event, tries, tried, error FROM deliveries WHERE webhook = ? ORDER BY tried DESC, note LIMIT ?`, id, limit)
	if err != nil {
		return nil, fmt.Errorf("list deliveries: %w", err)
	}
	return all, nil
}
