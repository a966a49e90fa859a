package account

import (
	"context"
	"fmt"
	"time"

	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/pipeline/job/database"
)

// writeEvery is how often it is written when keys were used.
const writeEvery = 15 * time.Second

// use notes that a key was used. It is quick, and writes nothing.
func (s *Store) use(id string, now int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.used[id] = max(s.used[id], now)
}

// Run writes when keys were used until ctx ends; then it writes once more.
func (s *Store) Run(ctx context.Context, log zerolog.Logger) error {
	write := time.NewTicker(writeEvery)
	defer write.Stop()
	for {
		select {
		case <-ctx.Done():
			return s.writeUsed(context.WithoutCancel(ctx))
		case <-write.C:
			if err := s.writeUsed(ctx); err != nil && ctx.Err() == nil {
				log.Error().Err(err).Msg("write when keys were used")
			}
		}
	}
}

// writeUsed writes when keys were used. What can't be written is kept for the next time.
func (s *Store) writeUsed(ctx context.Context) error {
	s.mu.Lock()
	used := s.used
	s.used = make(map[string]int64)
	s.mu.Unlock()
	if len(used) == 0 {
		return nil
	}
	err := s.db.Together(ctx, func(tx *database.Tx) error {
		for id, at := range used {
			if _, err := tx.ExecContext(ctx, `UPDATE api_keys SET used = ? WHERE id = ? AND (used IS NULL OR used < ?)`, at, id, at); err != nil {
				return fmt.Errorf("write when a key was used: %w", err)
			}
		}
		return nil
	})
	if err != nil {
		for id, at := range used {
			s.use(id, at)
		}
	}
	return err
}
