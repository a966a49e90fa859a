package main

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/config"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/job/database"
)

// openDatabase opens the database that the settings name.
func openDatabase(ctx context.Context, s *config.Server) (*database.DB, error) {
	if s.Store.Postgres.IsZero() {
		return database.Open(ctx, s.Data)
	}
	address, err := s.Store.Postgres.Reveal()
	if err != nil {
		return nil, err
	}
	return database.Postgres(ctx, address)
}

// own takes a server's data folder for this process alone, until the lock is closed, and returns the name that the folder
// was given when it was made: whoever holds the folder is the one that holds the leases under this name.
func own(dir string) (name string, lock io.Closer, err error) {
	where := fault.Where{File: dir}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", nil, fault.New(fault.ServerData, "make the data folder: %w", err).At(where)
	}
	lock, err = disk.OS{}.Lock(filepath.Join(dir, "lock"))
	if err != nil {
		return "", nil, fault.New(fault.ServerData, "another server uses the data folder: %w", err).At(where).
			WithFix("stop it, or name another folder with --data")
	}
	file := filepath.Join(dir, "name")
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		data = []byte(rand.Text())
		err = disk.WriteFile(disk.OS{}, file, data)
	}
	if err != nil {
		return "", nil, errors.Join(fault.New(fault.ServerData, "name the data folder: %w", err).At(where), lock.Close())
	}
	return string(data), lock, nil
}
