package parquet

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/failpoint"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// files is where a sink's output lies: one file that grows, or a folder in which one file after another does.
//
// A folder's part file ends at the first commit after it has its size: the receipt says so, and once that is recorded
// the file gets its footer and its name. Opening after a crash does that again, and removes files that no recorded
// receipt knows.
type files struct {
	fs     disk.FS
	cfg    SinkConfig
	spec   *spec
	folder bool
	final  string // the output's name
	work   string // where it lies until the seal: a file, or a folder
	part   int
	total  int64 // rows of the part files before this one
	out    *output
	// claimed tells that this process has begun the output, so that leftovers are its own.
	claimed bool
	// replace tells that an older output may be replaced, omitEmpty that the seal leaves nothing where no row came.
	replace, omitEmpty bool
}

func newFiles(fsys disk.FS, cfg SinkConfig, s *spec) *files {
	f := &files{fs: fsys, cfg: cfg, spec: s, folder: isFolder(cfg.Path), final: filepath.Clean(cfg.Path)}
	f.work = f.final + ".part"
	return f
}

// open is the path of the part file that grows, name the path that it gets in the end.
func (f *files) open(part int) string {
	if !f.folder {
		return f.work
	}
	return filepath.Join(f.work, fmt.Sprintf("part-%05d.parquet.part", part))
}

func (f *files) name(part int) string {
	if !f.folder {
		return f.final
	}
	return filepath.Join(f.work, fmt.Sprintf("part-%05d.parquet", part))
}

func (f *files) exists(path string) (bool, error) {
	there, err := disk.Exists(f.fs, path)
	return there, outputError(path, err)
}

// fresh begins a new output. resumed tells that leftovers are this run's own, which crashed before its first commit.
func (f *files) fresh(overwrite, resumed bool) error {
	if err := f.checkTarget(overwrite); err != nil {
		return err
	}
	begun, err := f.exists(f.work)
	if err != nil {
		return err
	}
	if begun && !overwrite && !resumed {
		return fault.New(fault.StateMissing, "the output was begun by a run whose state is gone").At(fault.Where{File: f.work})
	}
	f.claimed, f.replace = true, overwrite
	for _, leftover := range []string{f.work, f.work + journalSuffix, f.work + ".merged"} {
		if err := f.fs.RemoveAll(leftover); err != nil {
			return outputError(leftover, err)
		}
	}
	if f.folder {
		if err := f.fs.MkdirAll(f.work); err != nil {
			return outputError(f.work, err)
		}
		if err := f.fs.SyncDir(filepath.Dir(f.work)); err != nil {
			return outputError(f.work, err)
		}
	}
	return f.create(0, 0)
}

func (f *files) create(part int, total int64) error {
	out, err := createOutput(f.fs, f.open(part), f.spec)
	if err != nil {
		return err
	}
	f.out, f.part, f.total = out, part, total
	return nil
}

// resume goes back to a receipt. sealed tells that the whole output has its name already.
func (f *files) resume(ctx context.Context, r receipt, sealing bool) (sealed bool, err error) {
	begun, err := f.exists(f.work)
	if err != nil {
		return false, err
	}
	f.replace = r.Replace
	if !begun {
		done, err := f.exists(f.final)
		if err != nil {
			return false, err
		}
		if (done || f.omits(r)) && sealing {
			return true, f.swept()
		}
		return false, damaged(f.work, "the output that the state speaks of is gone")
	}
	if err := f.forget(r.Part + 1); err != nil {
		return false, err
	}
	f.part, f.total = r.Part, r.Total-r.Commit.Rows
	open, err := f.exists(f.open(r.Part))
	if err != nil {
		return false, err
	}
	switch {
	case !open && r.Ended:
		return false, f.next(r)
	case !open && sealing: // the seal got beyond this file
		return false, nil
	}
	if err := f.reopen(r.Commit); err != nil {
		return false, err
	}
	return false, f.commit(ctx, r)
}

// swept removes what a crash between the rename and the end of the seal left.
func (f *files) swept() error {
	for _, leftover := range []string{f.work + journalSuffix, f.work + ".merged", f.final + ".old"} {
		if f.folder != (leftover == f.final+".old") {
			continue
		}
		if err := f.fs.RemoveAll(leftover); err != nil {
			return outputError(leftover, err)
		}
	}
	return outputError(f.final, f.fs.SyncDir(filepath.Dir(f.final)))
}

// forget removes part files from a number on.
func (f *files) forget(from int) error {
	if !f.folder {
		return nil
	}
	for part := from; ; part++ {
		found := false
		for _, path := range []string{f.open(part), f.open(part) + journalSuffix, f.name(part)} {
			ok, err := f.exists(path)
			if err != nil {
				return err
			}
			if ok {
				found = true
				if err := f.fs.Remove(path); err != nil {
					return outputError(path, err)
				}
			}
		}
		if !found {
			return nil
		}
	}
}

// prepare makes everything written durable.
func (f *files) prepare() (receipt, error) {
	at, err := f.out.sync()
	if err != nil {
		return receipt{}, err
	}
	return receipt{
		Part: f.part, Total: f.total + at.Rows, Commit: at,
		Ended: f.folder && at.Data >= f.cfg.PartSize, Replace: f.replace,
	}, nil
}

// reopen opens the file that is open by its number, cut to a mark.
func (f *files) reopen(at mark) error {
	out, err := openOutput(f.fs, f.open(f.part), f.spec, at)
	if err == nil {
		f.out = out
	}
	return err
}

// commit ends the part file, where the receipt says so.
func (f *files) commit(ctx context.Context, r receipt) error {
	if !r.Ended || r.Part != f.part || f.out == nil {
		return nil
	}
	if f.out.data == nil { // an error in between, and now once more
		open, err := f.exists(f.open(r.Part))
		if err != nil {
			return err
		}
		if !open {
			return f.next(r)
		}
		if err := f.reopen(r.Commit); err != nil {
			return err
		}
	}
	if err := f.out.finish(ctx, f.name(r.Part), true); err != nil { // inside the unfinished folder all is the run's own
		return err
	}
	failpoint.Hit("parquet.part_ended")
	return f.next(r)
}

// next begins the part file after an ended one.
func (f *files) next(r receipt) error {
	for _, leftover := range []string{f.open(r.Part) + journalSuffix, f.open(r.Part) + ".merged"} {
		if err := f.fs.RemoveAll(leftover); err != nil {
			return outputError(leftover, err)
		}
	}
	return f.create(r.Part+1, r.Total)
}

// abort goes back to the last commit.
func (f *files) abort(r receipt) error { return f.out.cut(f.markOf(r)) }

// markOf is the mark of a receipt in the file that is open: its beginning, where the receipt ended the one before.
func (f *files) markOf(r receipt) mark {
	if r.Ended && r.Part+1 == f.part {
		return startMark
	}
	return r.Commit
}

// seal completes the output and gives it its name. It can be repeated, also after an error in between.
func (f *files) seal(ctx context.Context, r receipt) error {
	begun, err := f.exists(f.work)
	if err != nil {
		return err
	}
	if f.omits(r) {
		return f.omit(begun)
	}
	if !begun {
		done, err := f.exists(f.final)
		if err == nil && !done {
			err = damaged(f.work, "the output that is to be sealed is gone")
		}
		if err != nil {
			return err
		}
		return f.swept()
	}
	if err := f.sealLast(ctx, r); err != nil || !f.folder {
		return err
	}
	return f.publishFolder()
}

func (f *files) omits(r receipt) bool { return f.omitEmpty && r.Total == 0 }

// omit is the seal of an output that is left out: what it replaces goes first, durably, so that the unfinished output's
// absence tells that all is done.
func (f *files) omit(begun bool) error {
	if f.out != nil {
		if err := f.out.close(); err != nil {
			return outputError(f.work, err)
		}
	}
	if begun && f.replace {
		if err := f.fs.RemoveAll(f.final); err != nil {
			return outputError(f.final, err)
		}
		if err := f.fs.SyncDir(filepath.Dir(f.final)); err != nil {
			return outputError(f.final, err)
		}
	}
	if begun {
		if err := f.fs.RemoveAll(f.work); err != nil {
			return outputError(f.work, err)
		}
	}
	return f.swept()
}

// sealLast ends the file that is open. A folder's part file without rows is removed, unless it is the only one.
func (f *files) sealLast(ctx context.Context, r receipt) error {
	path := f.open(f.part)
	open, err := f.exists(path)
	if err != nil || !open {
		return err
	}
	if f.out != nil {
		if err := f.out.close(); err != nil {
			return outputError(path, err)
		}
	}
	if err := f.reopen(f.markOf(r)); err != nil {
		return err
	}
	if f.part == 0 || f.out.at.Rows > 0 {
		return f.out.finish(ctx, f.name(f.part), f.replace)
	}
	if err := f.out.close(); err != nil {
		return outputError(path, err)
	}
	if err := f.fs.Remove(path); err != nil {
		return outputError(path, err)
	}
	return f.out.removeJournal()
}

// publishFolder renames the folder as a whole. A folder that is replaced goes aside first.
func (f *files) publishFolder() error {
	old := f.final + ".old"
	exists, err := f.exists(f.final)
	if err != nil {
		return err
	}
	if exists && !f.replace {
		if err := f.refuseFull(); err != nil {
			return err
		}
	}
	if exists {
		if err := f.fs.RemoveAll(old); err != nil {
			return outputError(old, err)
		}
		if err := f.fs.Rename(f.final, old); err != nil {
			return outputError(f.final, err)
		}
	}
	if err := publish(f.fs, f.work, f.final); err != nil {
		return err
	}
	if err := f.fs.RemoveAll(old); err != nil {
		return outputError(old, err)
	}
	return outputError(f.final, f.fs.SyncDir(filepath.Dir(f.final)))
}
