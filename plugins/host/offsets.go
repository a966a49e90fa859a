package host

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"maps"
	"path/filepath"
	"sync"

	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Place is a folder that a Feed keeps its offsets in.
type Place struct {
	FS  disk.FS
	Dir string // empty: nothing is kept
	// Anew forgets what is there.
	Anew bool
}

// Names of the files in the folder, and the version of their format.
const (
	offsetsFile    = "offsets.json"
	lockFile       = "lock"
	offsetsVersion = 1
)

// offsets are how far each split has reached the sinks. A file keeps them, replaced as a whole by each commit.
type offsets struct {
	place Place
	lock  io.Closer // nil until they are loaded

	mu   sync.Mutex
	next map[string]int64 // guarded by mu; by split
}

// kept is the file.
type kept struct {
	Version int              `json:"version"`
	Next    map[string]int64 `json:"next"`
}

// load reads the file and keeps other processes out; only the first call does.
func (o *offsets) load() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.next != nil {
		return nil
	}
	if o.place.Dir == "" {
		o.next = make(map[string]int64)
		return nil
	}
	if err := disk.MakeDir(o.place.FS, o.place.Dir); err != nil {
		return fault.Storage(err, o.place.Dir)
	}
	where := fault.Where{File: o.place.Dir}
	if l, ok := o.place.FS.(disk.Locker); ok && o.lock == nil {
		lock, err := l.Lock(filepath.Join(o.place.Dir, lockFile))
		if held, is := errors.AsType[*disk.LockedError](err); is {
			return fault.New(fault.StateLocked, "%s", held).At(where)
		}
		if err != nil {
			return fault.Storage(err, o.place.Dir)
		}
		o.lock = lock
	}
	file := kept{Version: offsetsVersion, Next: make(map[string]int64)}
	if o.place.Anew {
		o.next = file.Next
		return nil
	}
	data, err := disk.ReadFile(o.place.FS, filepath.Join(o.place.Dir, offsetsFile))
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return fault.Storage(err, o.place.Dir)
	default:
		if err := json.Unmarshal(data, &file); err != nil {
			return fault.New(fault.StateDamaged, "the offsets can't be read: %w", err).At(where)
		}
		if file.Version > offsetsVersion {
			return fault.New(fault.StateNewer, "the offsets are of version %d, and this winnow reads %d", file.Version, offsetsVersion).At(where)
		}
	}
	o.next = file.Next
	return nil
}

// at is how far a split is.
func (o *offsets) at(split string) (next int64, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	next, ok = o.next[split]
	return next, ok
}

// keep makes durable how far splits are.
func (o *offsets) keep(done map[string]int64) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	maps.Copy(o.next, done)
	if o.place.Dir == "" {
		return nil
	}
	data, err := json.Marshal(kept{Version: offsetsVersion, Next: o.next})
	if err != nil {
		return err
	}
	return fault.Storage(disk.WriteFile(o.place.FS, filepath.Join(o.place.Dir, offsetsFile), data), o.place.Dir)
}

// close lets other processes have the folder.
func (o *offsets) close() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.lock == nil {
		return nil
	}
	lock := o.lock
	o.lock, o.next = nil, nil
	return lock.Close()
}
