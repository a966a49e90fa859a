package job

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Allow lets somebody who shows the secret download a job's results until a time.
func (s *Store) Allow(ctx context.Context, id, secret string, until time.Time) error {
	sum := sha256.Sum256([]byte(secret))
	if _, err := s.db.ExecContext(ctx, `INSERT INTO downloads (ticket, job, valid_until) VALUES (?, ?, ?)`, sum[:], id, until.UnixMilli()); err != nil {
		return fmt.Errorf("allow a download: %w", err)
	}
	return nil
}

// ByDownload is the job whose results the secret is for, all of them or those of the first records.
func (s *Store) ByDownload(ctx context.Context, secret string) (*Job, error) {
	sum := sha256.Sum256([]byte(secret))
	j, err := s.one(ctx, `SELECT `+columns+` FROM jobs WHERE state IN (?, ?, ?) AND results <> '' AND id = (SELECT job FROM downloads WHERE ticket = ? AND valid_until > ?)`,
		Completed, Cancelled, Failed, sum[:], s.now().UnixMilli())
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fault.New(fault.DownloadSignature, "the download's address is not valid, or has expired")
	}
	return j, err
}
