package filestore

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/job/database"
)

// Sweep ends the uploads whose time is over, and removes the blobs of files that no row speaks of, which processes have left
// that died. What was put before settled and has no row by now gets none any more.
func (s *Store) Sweep(ctx context.Context, settled time.Time) error {
	errs := []error{s.expire(ctx)}
	for info, err := range s.blobs.List(ctx, prefix) {
		if err != nil {
			return errors.Join(append(errs, err)...)
		}
		if !info.Modified.Before(settled) {
			continue
		}
		known, err := s.known(ctx, info.Key)
		if err == nil && !known {
			err = s.blobs.Remove(ctx, info.Key)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// expire ends uploads that take no parts any more.
func (s *Store) expire(ctx context.Context) error {
	over, err := database.All(ctx, s.db, scanUpload, `SELECT `+uploadColumns+` FROM uploads WHERE state = ? AND created < ?`,
		Pending, s.now().Add(-UploadFor).UnixMilli())
	if err != nil {
		return fmt.Errorf("list uploads: %w", err)
	}
	var errs []error
	for _, u := range over {
		if _, err := s.end(ctx, u, Expired, ""); err != nil && !fault.Is(err, fault.FileState) { // else another server was faster
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// known tells whether a row speaks of a blob.
func (s *Store) known(ctx context.Context, key string) (bool, error) {
	query, name := `SELECT COUNT(*) FROM files WHERE blob = ?`, key
	if id := path.Base(key); strings.HasPrefix(id, partPrefix) {
		query, name = `SELECT COUNT(*) FROM parts WHERE id = ?`, id
	}
	var n int
	if err := s.db.QueryRowContext(ctx, query, name).Scan(&n); err != nil {
		return false, fmt.Errorf("look for a file's row: %w", err)
	}
	return n > 0, nil
}
