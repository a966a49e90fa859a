package upkeep

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/connectors/blob"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/job"
)

const (
	// every is how often Run looks.
	every = time.Hour
	// WayFor is how long a blob may be on its way to its row, or a put may go on, where several processes use the blobs.
	WayFor = 24 * time.Hour
	// waitFor is how long a job waits for its input.
	waitFor = 24 * time.Hour
	// page is how many rows are looked at at once.
	page = 500
	// owner is the key of the blob that says which database the others belong to.
	owner = "winnow.database"
)

// Blobs are where the blobs are.
type Blobs interface {
	blob.Lister
	Put(ctx context.Context, key string, r io.Reader) (int64, error)
	Open(ctx context.Context, key string) (blob.Object, error)
	Stat(ctx context.Context, key string) (blob.Info, error)
	// Clean removes what puts that began before a time have left unfinished.
	Clean(ctx context.Context, before time.Time) error
}

// Files are those of accounts, whose bytes are among the blobs as well.
type Files interface {
	// Sweep removes what nothing speaks of that was put before settled.
	Sweep(ctx context.Context, settled time.Time) error
	// Drop removes what a job has left.
	Drop(ctx context.Context, job string) error
}

// Config is what an Upkeep is made of.
type Config struct {
	Store     *job.Store
	Blobs     Blobs
	Files     Files
	Work      string        // the folder of this server's folders of jobs, named by their ids
	Retention time.Duration // how long jobs that have ended are kept
	Log       zerolog.Logger
}

// Upkeep looks after a server's store, blobs and folder. Call one method at a time.
type Upkeep struct{ cfg Config }

// New makes an upkeep. It does nothing.
func New(cfg Config) *Upkeep { return &Upkeep{cfg: cfg} }

// Claim takes the blobs for the store's database, or refuses blobs that are another one's.
func (u *Upkeep) Claim(ctx context.Context) error {
	id, err := u.cfg.Store.Identity(ctx)
	if err != nil {
		return err
	}
	o, err := u.cfg.Blobs.Open(ctx, owner)
	if fault.Is(err, fault.BlobMissing) {
		_, err = u.cfg.Blobs.Put(ctx, owner, strings.NewReader(id))
		return err
	}
	if err != nil {
		return err
	}
	defer o.Close()
	found, err := io.ReadAll(io.LimitReader(o, 100))
	if err != nil {
		return err
	}
	if !bytes.Equal(found, []byte(id)) {
		return fault.New(fault.ServerBlobs, "the uploads and results there belong to another database").
			WithFix("name another folder, or another bucket or prefix, or the database that they belong to")
	}
	return nil
}

// Run looks every hour, until ctx ends.
func (u *Upkeep) Run(ctx context.Context) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if err := u.Once(ctx, time.Now().Add(-WayFor)); err != nil && ctx.Err() == nil {
				u.cfg.Log.Error().Err(err).Msg("remove what is not needed any more")
			}
		}
	}
}

// Once removes everything that is not needed any more. What was put before settled and has no row by now gets none any more.
func (u *Upkeep) Once(ctx context.Context, settled time.Time) error {
	now := time.Now()
	for _, step := range []func() error{
		func() error { return u.cfg.Store.Expire(ctx, now.Add(-waitFor)) },
		func() error { return u.cfg.Store.Retire(ctx, now.Add(-u.cfg.Retention)) },
		func() error { return u.hidden(ctx) },
		func() error { return u.orphans(ctx, settled) },
		func() error { return u.lost(ctx) },
		func() error { return u.folders(ctx) },
		func() error { return u.cfg.Files.Sweep(ctx, settled) },
		func() error { return u.cfg.Blobs.Clean(ctx, settled) },
		func() error { return u.cfg.Store.Disallow(ctx) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// hidden removes the jobs that nobody sees any more: their blobs first, so that no blob is forgotten.
func (u *Upkeep) hidden(ctx context.Context) error {
	jobs, err := u.cfg.Store.Hidden(ctx)
	errs := []error{err}
	for _, j := range jobs {
		err := errors.Join(u.cfg.Files.Drop(ctx, j.ID), blob.RemoveAll(ctx, u.cfg.Blobs, job.Folder(j.Account, j.ID)))
		if err == nil {
			err = u.cfg.Store.Forget(ctx, j.ID)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("remove %s: %w", j.ID, err))
		}
	}
	return errors.Join(errs...)
}

// orphans removes the blobs that no row speaks of. Those of one job come one after the other.
func (u *Upkeep) orphans(ctx context.Context, settled time.Time) error {
	var of string
	var j *job.Job
	for info, err := range u.cfg.Blobs.List(ctx, "batch/") {
		if err != nil {
			return err
		}
		parts := strings.Split(info.Key, "/") // batch, account, job, name
		if len(parts) != 4 || !info.Modified.Before(settled) {
			continue
		}
		if parts[2] != of {
			if j, err = u.cfg.Store.Find(ctx, parts[2]); err != nil {
				return err
			}
			of = parts[2]
		}
		if j != nil && (info.Key == j.Input || info.Key == j.Results || j.State == job.Pending && info.Key == job.Folder(j.Account, j.ID)+"input.ndjson") {
			continue
		}
		if err := u.cfg.Blobs.Remove(ctx, info.Key); err != nil {
			return err
		}
		u.cfg.Log.Info().Str("job", of).Int64("bytes", info.Size).Msg("removed a blob without a row")
	}
	return nil
}

// lost expires the completed jobs whose results are gone.
func (u *Upkeep) lost(ctx context.Context) error {
	for after := ""; ; {
		jobs, err := u.cfg.Store.Finished(ctx, after, page)
		if err != nil || len(jobs) == 0 {
			return err
		}
		for _, j := range jobs {
			_, err := u.cfg.Blobs.Stat(ctx, j.Results)
			if fault.Is(err, fault.BlobMissing) {
				u.cfg.Log.Warn().Str("job", j.ID).Msg("a job's results are gone")
				err = u.cfg.Store.Lose(ctx, j.ID)
			}
			if err != nil {
				return err
			}
		}
		after = jobs[len(jobs)-1].ID
	}
}

// folders removes the folders of jobs that this server need not go on with.
func (u *Upkeep) folders(ctx context.Context) error {
	entries, err := os.ReadDir(u.cfg.Work)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	errs := []error{err}
	for _, e := range entries {
		j, err := u.cfg.Store.Find(ctx, e.Name())
		if err == nil && (j == nil || j.State == job.Completed || j.State == job.Expired) {
			err = fault.Storage(os.RemoveAll(filepath.Join(u.cfg.Work, e.Name())), e.Name())
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
