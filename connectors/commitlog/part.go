package commitlog

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/failpoint"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// part is one split's part of an epoch in one sink.
type part struct {
	split *pipeline.Split
	owner *owner
	inner pipeline.Sink
	fs    disk.FS
	dir   string // hidden folder
	open  string // name while it is written, without extension
	ext   string

	first, next int64 // of the batches that gave it rows
	rows, bytes int64
	held        int64  // bytes in memory
	name        string // under which it will be visible; empty until it has its range
	sealed      bool
	decided     bool // the epoch is committed
}

// seal completes the file and gives it the name of its range, both still hidden. It can be repeated after an error.
func (p *part) seal(ctx context.Context, epoch, first, next int64) error {
	if p.name != "" {
		return nil
	}
	if err := p.close(ctx, epoch); err != nil {
		return err
	}
	failpoint.Hit("commitlog.sealed")
	from := filepath.Join(p.dir, p.open+p.ext)
	info, err := p.fs.Stat(from)
	if err != nil {
		return err
	}
	p.bytes = info.Size()
	name := p.owner.partName(first, next, p.ext)
	if err := p.fs.Rename(from, filepath.Join(p.dir, name)); err != nil {
		return err
	}
	p.name = name
	return nil
}

// sizer is the capability of a wrapped sink to tell how big its file is. Others' parts are full by rows alone.
type sizer interface {
	// Size is about how many bytes the file would have if it ended here, and how many of the sink's are in memory.
	Size() (file, held int64)
}

// spiller is the capability of a wrapped sink to write out what it holds in memory before its file ends. After an error
// nothing has changed.
type spiller interface{ Spill() error }

// measure brings held up to date and returns about how many bytes the file would have if it ended here.
func (p *part) measure(l *Log) int64 {
	s, ok := p.inner.(sizer)
	if !ok {
		return 0
	}
	file, held := s.Size()
	l.held += held - p.held
	p.held = held
	return file
}

// drop takes a part that is open no more out of the count of memory.
func (p *part) drop(l *Log) {
	l.held -= p.held
	p.held = 0
}

func (p *part) close(ctx context.Context, epoch int64) error {
	if p.sealed {
		return nil
	}
	r, err := p.inner.Prepare(ctx, epoch)
	if err != nil {
		return err
	}
	if err := p.inner.Commit(ctx, r); err != nil {
		return err
	}
	if s, ok := p.inner.(pipeline.Sealer); ok {
		if err := s.Seal(ctx, r); err != nil {
			return err
		}
	}
	p.sealed = true
	return p.inner.Close()
}

// discard deletes the part, whatever state it is in, with what the inner sink keeps beside it.
func (p *part) discard() error {
	err := p.inner.Close()
	files, listing := p.files()
	for _, name := range files {
		err = errors.Join(err, remove(p.fs, filepath.Join(p.dir, name)))
	}
	return errors.Join(err, listing)
}

// files are the part's, and the inner sink's beside it; none where another owner has deleted them.
func (p *part) files() (names []string, err error) {
	entries, err := p.fs.ReadDir(p.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	for _, e := range entries {
		if e.Name() == p.name || strings.HasPrefix(e.Name(), p.open+".") {
			names = append(names, e.Name())
		}
	}
	return names, err
}

// publish gives a hidden part its visible name. One that is gone has it already: a new owner of the split was faster, or
// an earlier try. A file that is not the pipeline's own is not replaced.
func publish(fsys disk.FS, hidden, folder, name string) error {
	from, to := filepath.Join(hidden, name), filepath.Join(folder, name)
	there, err := disk.Exists(fsys, to)
	if err != nil {
		return err
	}
	left, err := disk.Exists(fsys, from) // after to: who renames it in between is no stranger
	if err != nil || !left {
		return err
	}
	if there {
		// A zombie may have made the same part, which went first (settle).
		switch same, err := disk.Same(fsys, from, to); {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			return err
		case same:
			return remove(fsys, from)
		}
		return fault.New(fault.OutputExists, "the output has a part of these offsets already").At(fault.Where{File: to}).
			WithFix("move it away, or write to another folder")
	}
	if err := fsys.Rename(from, to); !errors.Is(err, fs.ErrNotExist) {
		failpoint.Hit("commitlog.renamed")
		return err
	}
	return nil
}

// syncBoth makes renames from one folder into another durable. Who removed the hidden folder had done so before.
func syncBoth(fsys disk.FS, hidden, folder string) error {
	if err := fsys.SyncDir(hidden); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return fsys.SyncDir(folder)
}

// hiddenFolder is where an owner's parts of a split lie until they are decided.
func hiddenFolder(folder string, p place, token string) string {
	return filepath.Join(folder, ".winnow", p.topic, strconv.Itoa(p.partition), token)
}
