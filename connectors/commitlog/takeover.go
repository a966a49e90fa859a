package commitlog

import (
	"errors"
	"io/fs"
	"path/filepath"
	"syscall"

	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/failpoint"
)

// takeOver makes o the one owner of its split, finishes what the last entry names, deletes what no entry names, and
// finds out where to go on.
//
// Processes may pause anywhere, wake later, and still believe that the split is theirs (zombies). Why that does no harm:
//
//  1. Every owner makes its claim first and then removes all others. Of two that take over at the same time, the one
//     whose claim is older is seen by the other: at most one claim is left, perhaps none. An owner without a claim can
//     make no entry (enter): so there is one writer of entries at most, and one whose claim went is told so by Record,
//     joins anew, and takes over again.
//  2. The log is read after the others' claims are gone. Nothing is added to it from then on but by o, so its last entry
//     is the truth about the split. A zombie whose entry came before that has its parts finished here; when it wakes, it
//     finds them renamed already.
//  3. The folders of parts that are deleted are those which were there before o made its claim, and those of the claims
//     that o removed. Their owners can't make an entry any more. The folder of a later owner, which took over from o
//     while o slept between two steps, is none of them: what that owner has recorded meanwhile is never deleted.
//  4. A zombie may go on to write parts into a folder that it makes anew. No entry will name them. It deletes them itself
//     when Record tells it that it is fenced; if it dies before, the next owner does.
//  5. Parts of the last entry alone can still be hidden: an owner renames and syncs an entry's parts before it makes the
//     next entry, and a new owner does so before it makes its first.
func (l *Log) takeOver(o *owner) error {
	dir := o.below(l.cfg.Dir)
	dead := make(map[string]bool) // owners
	for _, s := range l.sinks {
		tokens, err := s.ownersOf(o.place)
		if err != nil {
			return err
		}
		for _, t := range tokens {
			dead[t] = true
		}
	}
	if err := disk.MakeDir(l.cfg.FS, o.claim(l.cfg.Dir)); err != nil {
		return err
	}
	_, claims, err := l.list(dir)
	if err != nil {
		return err
	}
	for _, token := range claims {
		if token == o.token {
			continue
		}
		if err := removeAll(l.cfg.FS, filepath.Join(dir, "."+token)); err != nil {
			return err
		}
		dead[token] = true
	}
	failpoint.Hit("commitlog.claimed")
	// An entry that a killed process had linked without syncing must not be lost once o has built on it.
	if err := l.cfg.FS.SyncDir(dir); err != nil {
		return err
	}
	if err := l.finish(o, dir); err != nil {
		return err
	}
	for _, s := range l.sinks {
		for token := range dead {
			if err := removeAll(l.cfg.FS, s.hidden(o.place, token)); err != nil {
				return err
			}
		}
	}
	return nil
}

// finish reads the end of the log and makes the last entry's parts visible.
func (l *Log) finish(o *owner, dir string) error {
	names, _, err := l.list(dir)
	if err != nil || len(names) == 0 {
		return err
	}
	o.entries = len(names)
	last, err := l.readEntry(filepath.Join(dir, names[len(names)-1]))
	if err != nil {
		return err
	}
	if last == nil {
		return damaged(dir, "the last entry is gone")
	}
	if len(names) > 1 {
		name := filepath.Join(dir, names[len(names)-2])
		before, err := l.readEntry(name)
		if err != nil {
			return err
		}
		if before == nil || before.End != last.Previous {
			return damaged(filepath.Join(dir, names[len(names)-1]), "the entry follows offset %d, but the one before it, %s, does not end there",
				last.Previous, names[len(names)-2])
		}
	}
	for _, part := range last.Parts {
		folder := l.absolute(part.Folder)
		hidden := hiddenFolder(folder, o.place, last.Owner)
		if err := publish(l.cfg.FS, hidden, folder, part.Name); err != nil {
			return err
		}
		// Also where it was renamed before: whoever did that may have died before it synced.
		if err := syncBoth(l.cfg.FS, hidden, folder); err != nil {
			return err
		}
	}
	o.next = last.End
	return nil
}

// removeAll removes a folder for good: a zombie that writes into it meanwhile can hold that up, but not for long.
func removeAll(fsys disk.FS, name string) (err error) {
	for range 10 {
		if err = fsys.RemoveAll(name); !errors.Is(err, syscall.ENOTEMPTY) && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return err
}
