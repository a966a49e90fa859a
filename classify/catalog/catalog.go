package catalog

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Config says where a catalog is. Only Dir is required.
type Config struct {
	// Dir is the catalog's folder. It is made by the first save; a missing one is an empty catalog.
	Dir string
	// FS is where it lies; nil is the operating system's file system.
	FS disk.FS
	// Builtins are listed beside the saved classifiers, and can't be saved over.
	Builtins []Builtin
	// MaxWeights bounds the weights of one version together, in bytes. Default 8 GiB.
	MaxWeights int64
	// MaxNames bounds how many names there may be, and MaxVersions how many versions of each; deleted ones count, as their numbers are
	// not given again. 0: any.
	MaxNames, MaxVersions int
	// LockWait is how long a writer waits for another. Default 1 minute.
	LockWait time.Duration
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Catalog is a folder of saved classifiers. It is safe for concurrent use, also by other processes.
type Catalog struct {
	cfg     Config
	writing sync.Mutex // what the lock file is between processes
}

// New returns the catalog of a folder. It touches nothing.
func New(cfg Config) (*Catalog, error) {
	if cfg.Dir == "" {
		return nil, errors.New("catalog: no folder")
	}
	if cfg.FS == nil {
		cfg.FS = disk.OS{}
	}
	if cfg.MaxWeights == 0 {
		cfg.MaxWeights = defaultMaxWeights
	}
	if cfg.LockWait == 0 {
		cfg.LockWait = defaultLockWait
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Catalog{cfg: cfg}, nil
}

// Dir is the catalog's folder.
func (c *Catalog) Dir() string { return c.cfg.Dir }

func (c *Catalog) now() time.Time { return c.cfg.Now().UTC().Truncate(time.Second) }

func (c *Catalog) path(parts ...string) string {
	return filepath.Join(append([]string{c.cfg.Dir}, parts...)...)
}

// Names of folders and files; see the package comment.
const (
	blobsDir    = "blobs"
	namesDir    = "names"
	tmpDir      = "tmp"
	lockFile    = "lock"
	aliasesFile = "aliases.json"
	unfinished  = ".tmp" // what disk.WriteFile adds to a file's name until it is whole
)

// write calls do as the only writer of the catalog, with an empty folder for what is not finished.
func (c *Catalog) write(ctx context.Context, do func() error) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	if err := disk.MakeDir(c.cfg.FS, c.cfg.Dir); err != nil {
		return fault.Storage(err, c.cfg.Dir)
	}
	lock, err := c.lock(ctx)
	if err != nil {
		return err
	}
	if lock != nil {
		defer lock.Close()
	}
	if err := c.sweep(); err != nil {
		return err
	}
	if err := c.cfg.FS.MkdirAll(c.path(tmpDir)); err != nil {
		return fault.Storage(err, c.path(tmpDir))
	}
	err = do()
	if swept := c.sweep(); err == nil {
		err = swept
	}
	return err
}

// settle makes durable what is found of a name, and removes what a dead process left there unfinished: who wrote it may
// have died before it was durable, and nothing is answered from what a power loss could undo. The lock's holder calls it.
func (c *Catalog) settle(name string) error {
	dir := c.path(namesDir, name)
	entries, err := c.cfg.FS.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		if err == nil && strings.HasSuffix(e.Name(), unfinished) {
			err = c.cfg.FS.Remove(filepath.Join(dir, e.Name()))
		}
	}
	if err == nil {
		err = c.cfg.FS.SyncDir(dir)
	}
	return fault.Storage(err, dir)
}

// lock takes the lock file, where the file system has locks. The system releases it when its process dies.
func (c *Catalog) lock(ctx context.Context) (io.Closer, error) {
	locker, ok := c.cfg.FS.(disk.Locker)
	if !ok {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, c.cfg.LockWait)
	defer cancel()
	tick := time.NewTicker(lockEvery)
	defer tick.Stop()
	for {
		lock, err := locker.Lock(c.path(lockFile))
		var held *disk.LockedError
		if !errors.As(err, &held) {
			return lock, fault.Storage(err, c.path(lockFile))
		}
		select {
		case <-ctx.Done():
			return nil, fault.New(fault.CatalogLocked, "%w", held).At(fault.Where{File: c.cfg.Dir})
		case <-tick.C:
		}
	}
}

// sweep removes what was left unfinished. Only the lock's holder calls it, so that nothing of a live process is there.
func (c *Catalog) sweep() error {
	return fault.Storage(c.cfg.FS.RemoveAll(c.path(tmpDir)), c.path(tmpDir))
}
