package main

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/account"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/api"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/config"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/dbfs"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/filestore"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/once"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/upkeep"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/usage"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/webhook"
	"github.com/winnow-stream/winnow/connectors/blob"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
	jobs "github.com/winnow-stream/winnow/pipeline/job"
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

// stores are what a server keeps: its tables, and its blobs. Whoever opened the database closes it after their last use.
type stores struct {
	jobs   *jobs.Store
	keys   *account.Store
	memory *once.Store
	usage  *usage.Store
	files  *filestore.Store
	hooks  *webhook.Store
	saved  *dbfs.FS // of the classifiers that accounts have saved
	blobs  blobs
	signer api.Signer // nil: clients are let at no blob
}

// openStores opens the blobs that the settings name, and brings the tables up to date.
func openStores(ctx context.Context, s *config.Server, db *database.DB, log zerolog.Logger) (*stores, error) {
	kept := new(stores)
	for _, open := range []func() error{
		func() (err error) { kept.blobs, kept.signer, err = openBlobs(ctx, s); return err },
		func() (err error) { kept.jobs, err = jobs.NewStore(ctx, db); return err },
		func() (err error) { kept.keys, err = account.New(ctx, db); return err },
		func() (err error) { kept.memory, err = once.New(ctx, db); return err },
		func() (err error) { kept.usage, err = usage.New(ctx, db, log); return err },
		func() (err error) { kept.files, err = filestore.New(ctx, db, kept.blobs); return err },
		func() (err error) { kept.hooks, err = webhook.New(ctx, db); return err },
		func() (err error) { kept.saved, err = dbfs.New(ctx, db); return err },
	} {
		if err := open(); err != nil {
			return nil, err
		}
	}
	return kept, nil
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
