package main

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/api"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/config"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/upkeep"
	"github.com/winnow-stream/winnow/connectors/blob"
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

// blobs are where a server's uploads and results are.
type blobs interface {
	api.Blobs
	upkeep.Blobs
	// Fetch makes a file of this machine of a blob, in dir where it is none yet.
	Fetch(ctx context.Context, key, dir string) (path string, err error)
	// PutFile keeps a file of this machine.
	PutFile(ctx context.Context, key, path string) error
}

// openBlobs opens the blobs that the settings name. Where they are in a bucket, it signs addresses as well.
func openBlobs(ctx context.Context, s *config.Server) (blobs, api.Signer, error) {
	c := s.Blobs.S3
	if c == nil {
		dir := s.Blobs.Folder
		if dir == "" {
			dir = filepath.Join(s.Data, "blobs")
		}
		f, err := blob.NewFolder(dir)
		return f, nil, err
	}
	region, endpoint := c.Region, c.Endpoint
	if region == "" {
		region = "us-east-1"
	}
	if endpoint == "" {
		endpoint = "https://s3." + region + ".amazonaws.com"
	}
	b, err := blob.NewBucket(blob.BucketConfig{Endpoint: endpoint, Region: region, Name: c.Bucket, Prefix: c.Prefix, PathStyle: c.PathStyle})
	if err != nil {
		return nil, nil, err
	}
	return b, b, b.Reach(ctx)
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
