package usage

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/api"
	"github.com/winnow-stream/winnow/pipeline/job"
	"github.com/winnow-stream/winnow/pipeline/job/database"
)

//go:embed migrations
var migrations embed.FS

const (
	// writeEvery is how often requests are written.
	writeEvery = 2 * time.Second
	// pruneEvery is how often old rows are looked for.
	pruneEvery = time.Hour
	// keepFor is how long rows are kept.
	keepFor = 400 * 24 * time.Hour
)

// Store counts usage. It is safe for concurrent use, also by several processes.
type Store struct {
	db  *database.DB
	log zerolog.Logger

	mu    sync.Mutex
	fresh map[api.UsageOf]api.UsageCounts // guarded by mu; not written yet
}

var _ api.Usage = (*Store)(nil)

// New brings the table up to date. The caller closes the database after the last use of the store.
func New(ctx context.Context, db *database.DB, log zerolog.Logger) (*Store, error) {
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	return &Store{db: db, log: log, fresh: make(map[api.UsageOf]api.UsageCounts)}, database.Migrate(ctx, db, dir, "usage_migrations")
}

// Count adds what a request has used. It is quick, and writes nothing.
func (s *Store) Count(of api.UsageOf, n api.UsageCounts) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fresh[of] = s.fresh[of].Plus(n)
}

// Run writes what was counted, and removes what is old, until ctx ends; then it writes once more.
func (s *Store) Run(ctx context.Context) error {
	write, prune := time.NewTicker(writeEvery), time.NewTicker(pruneEvery)
	defer write.Stop()
	defer prune.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return s.write(context.WithoutCancel(ctx))
		case <-write.C:
			err = s.write(ctx)
		case <-prune.C:
			err = s.prune(ctx, time.Now())
		}
		if err != nil && ctx.Err() == nil {
			s.log.Error().Err(err).Msg("write what was used")
		}
	}
}

// write adds what was counted to the table. What can't be written is counted again.
func (s *Store) write(ctx context.Context) error {
	s.mu.Lock()
	fresh := s.fresh
	s.fresh = make(map[api.UsageOf]api.UsageCounts)
	s.mu.Unlock()
	if len(fresh) == 0 {
		return nil
	}
	err := s.db.Together(ctx, func(tx *database.Tx) error {
		for of, n := range fresh {
			if err := add(ctx, tx, of, "", 0, n); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		for of, n := range fresh {
			s.Count(of, n)
		}
	}
	return err
}

// add adds to a row: that of requests, or of a run of a job.
func add(ctx context.Context, tx *database.Tx, of api.UsageOf, job string, run int64, n api.UsageCounts) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO usage (account, day, key_id, classifier, priority, job, run, requests, jobs, texts, failed, cached, tokens, cached_tokens)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (account, day, key_id, classifier, priority, job, run) DO UPDATE SET
			requests = usage.requests + excluded.requests, jobs = usage.jobs + excluded.jobs, texts = usage.texts + excluded.texts,
			failed = usage.failed + excluded.failed, cached = usage.cached + excluded.cached, tokens = usage.tokens + excluded.tokens,
			cached_tokens = usage.cached_tokens + excluded.cached_tokens`,
		of.Account, of.Day, of.Key, of.Classifier, of.Priority, job, run, n.Requests, n.Jobs, n.Texts, n.Failed, n.Cached, n.Tokens, n.CachedTokens)
	if err != nil {
		return fmt.Errorf("write what was used: %w", err)
	}
	return nil
}

// Settle records what a job has used that has ended, in the transaction that records its end. One that ends again, since it was
// started again, adds what it has done since; one that was begun anew adds what it has done anew.
func (s *Store) Settle(ctx context.Context, tx *database.Tx, j *job.Job) error {
	c, err := api.ConfigOf(j)
	if err != nil {
		return err
	}
	var jobs, texts, failed, tokens int64 // that were counted before
	err = tx.QueryRowContext(ctx, `SELECT COALESCE(SUM(jobs), 0), COALESCE(SUM(CASE WHEN run = ? THEN texts END), 0),
			COALESCE(SUM(CASE WHEN run = ? THEN failed END), 0), COALESCE(SUM(CASE WHEN run = ? THEN tokens END), 0) FROM usage WHERE job = ?`,
		j.Run, j.Run, j.Run, j.ID).Scan(&jobs, &texts, &failed, &tokens)
	if err != nil {
		return fmt.Errorf("read what was used: %w", err)
	}
	of := api.UsageOf{Account: j.Account, Day: api.DayOf(j.Ended), Key: c.Key, Classifier: c.Saved, Priority: api.Standard}
	return add(ctx, tx, of, j.ID, j.Run, api.UsageCounts{Jobs: 1 - jobs, Texts: j.Done - texts, Failed: j.Failures - failed, Tokens: j.Tokens - tokens})
}

// Used is what an account has used from one day to another, both included, by day, key, classifier and priority; what was
// counted here is written first.
func (s *Store) Used(ctx context.Context, account string, from, to int64) ([]api.Used, error) {
	if err := s.write(ctx); err != nil {
		return nil, err
	}
	all, err := database.All(ctx, s.db, func(row database.Scanner) (api.Used, error) {
		u := api.Used{UsageOf: api.UsageOf{Account: account}}
		err := row.Scan(&u.Day, &u.Key, &u.Classifier, &u.Priority, &u.Requests, &u.Jobs, &u.Texts, &u.Failed, &u.Cached, &u.Tokens, &u.CachedTokens)
		return u, err
	}, `SELECT day, key_id, classifier, priority, SUM(requests), SUM(jobs), SUM(texts), SUM(failed), SUM(cached), SUM(tokens), SUM(cached_tokens)
		FROM usage WHERE account = ? AND day BETWEEN ? AND ? GROUP BY day, key_id, classifier, priority ORDER BY day, key_id, classifier, priority`, account, from, to)
	if err != nil {
		return nil, fmt.Errorf("read what was used: %w", err)
	}
	return all, nil
}

// prune removes rows that are older than they are kept.
func (s *Store) prune(ctx context.Context, now time.Time) error {
	if _, err := s.db.ExecContext(ctx, `DELETE FROM usage WHERE day < ?`, api.DayOf(now.Add(-keepFor))); err != nil {
		return fmt.Errorf("remove old usage: %w", err)
	}
	return nil
}
