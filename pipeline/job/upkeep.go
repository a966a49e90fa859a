package job

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Identity is the name that the database was given when it was made: whatever is kept elsewhere for its rows says by it
// whose it is.
func (s *Store) Identity(ctx context.Context) (string, error) {
	if _, err := s.db.ExecContext(ctx, `INSERT INTO identity (one, id) VALUES (1, ?) ON CONFLICT (one) DO NOTHING`, rand.Text()); err != nil {
		return "", fmt.Errorf("name the database: %w", err)
	}
	var id string
	if err := s.db.QueryRowContext(ctx, `SELECT id FROM identity WHERE one = 1`).Scan(&id); err != nil {
		return "", fmt.Errorf("read the database's name: %w", err)
	}
	return id, nil
}

// Expire ends the jobs that were made before a time and have had no input since.
func (s *Store) Expire(ctx context.Context, made time.Time) error {
	for {
		_, err := s.move(ctx, EventExpired, `UPDATE jobs SET state = ?, ended = ? WHERE state = ? AND id = (
				SELECT id FROM jobs WHERE state = ? AND input = '' AND created < ? LIMIT 1
			) RETURNING `+columns, Expired, s.now().UnixMilli(), Pending, Pending, made.UnixMilli())
		if errors.Is(err, sql.ErrNoRows) { // there is none any more; one that another process was faster with is left to the next time
			return nil
		}
		if err != nil {
			return fmt.Errorf("expire jobs: %w", err)
		}
	}
}

// Retire hides the jobs that ended before a time, and those that were made before it and never started. They are among
// Hidden then.
func (s *Store) Retire(ctx context.Context, before time.Time) error {
	_, err := s.db.ExecContext(ctx, `UPDATE jobs SET state = ? WHERE state IN (?, ?, ?, ?) AND ended < ? OR state = ? AND created < ?`,
		deleting, Completed, Failed, Cancelled, Expired, before.UnixMilli(), Pending, before.UnixMilli())
	if err != nil {
		return fmt.Errorf("retire jobs: %w", err)
	}
	return nil
}

// Find is a job of whatever account, also a hidden one; nil: there is none.
func (s *Store) Find(ctx context.Context, id string) (*Job, error) {
	j, err := s.one(ctx, `SELECT `+columns+` FROM jobs WHERE id = ?`, id)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return j, err
}

// Finished are completed jobs of all accounts in the order of their ids: at most limit of them, those after the id.
func (s *Store) Finished(ctx context.Context, after string, limit int) ([]*Job, error) {
	return s.all(ctx, `SELECT `+columns+` FROM jobs WHERE state = ? AND id > ? ORDER BY id LIMIT ?`, Completed, after, limit)
}

// Lose ends a completed job whose results are gone.
func (s *Store) Lose(ctx context.Context, id string) error {
	_, err := s.move(ctx, EventExpired, `UPDATE jobs SET state = ?, results = '' WHERE id = ? AND state = ? RETURNING `+columns, Expired, id, Completed)
	if errors.Is(err, sql.ErrNoRows) { // it was deleted meanwhile
		return nil
	}
	return err
}

// Disallow forgets the downloads whose time is over.
func (s *Store) Disallow(ctx context.Context) error {
	if _, err := s.db.ExecContext(ctx, `DELETE FROM downloads WHERE valid_until <= ?`, s.now().UnixMilli()); err != nil {
		return fmt.Errorf("forget downloads: %w", err)
	}
	return nil
}
