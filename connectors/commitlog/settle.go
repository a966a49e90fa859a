package commitlog

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/winnow-stream/winnow/pipeline/disk"
)

// leftover is a file in a hidden folder. Unfinished ones have no end.
type leftover struct {
	folder, name string
	first, end   int64
	finished     bool
}

func (f leftover) overlaps(o leftover) bool { return f.first < o.end && o.first < f.end }

// settle goes by what the source has committed: hidden parts up to there become visible, and what is known to be void
// is deleted.
//
// The source refuses the commits of a process that lost the split before it tells the new owner what is committed. So a
// part that ends there or before may be published by anybody at any time, as long as the transaction was its own:
//
//  1. A process died between its transaction and its renames. Its part ends where the source stands: it is published.
//  2. A process prepared a part and its transaction was aborted. The part ends beyond what is committed. It is not deleted
//     yet: whoever asks may be a zombie that the source has told an old offset, and the part may be one whose transaction
//     has been committed since. It is deleted by the first commit that covers its offsets (sweep): then they are another
//     part's.
//  3. A zombie prepares a part after the new owner's commits, and dies before it learns that its own is refused. That
//     part ends before what is committed, but overlaps the new owner's: the one that ends nearest to what is committed
//     goes first, and one that overlaps a visible part is deleted. (Where the classifier answers differently each time
//     and a router sends the new owner's rows to other sinks, such a part may find no other to overlap. The new owner's
//     next commit deletes it, unless that never comes.)
func (l *Log) settle(o *owner, committed int64) error {
	for _, s := range l.sinks {
		if err := s.settle(o, committed); err != nil {
			return err
		}
	}
	return nil
}

func (s *Sink) settle(o *owner, committed int64) error {
	// A process that was killed may have renamed parts without syncing. They are synced here, so that a power loss does not
	// hide them again when nobody comes after this process.
	tokens, err := s.ownersOf(o.place)
	if err != nil {
		return err
	}
	for _, token := range tokens {
		if err := syncBoth(s.fs, s.hidden(o.place, token), s.cfg.Folder); err != nil {
			return err
		}
	}
	left, err := s.leftovers(o)
	if err != nil || len(left) == 0 {
		return err
	}
	slices.SortFunc(left, func(a, b leftover) int { return cmp.Or(cmp.Compare(b.end, a.end), cmp.Compare(a.first, b.first)) })
	visible, err := s.visible(o.place)
	if err != nil {
		return err
	}
	for _, f := range left {
		switch {
		case f.finished && f.end <= committed && !slices.ContainsFunc(visible, f.overlaps):
			if err := publish(s.fs, f.folder, s.cfg.Folder, f.name); err != nil {
				return err
			}
			if err := syncBoth(s.fs, f.folder, s.cfg.Folder); err != nil {
				return err
			}
			visible = append(visible, f)
		case f.first < committed:
			if err := s.remove(f); err != nil {
				return err
			}
		}
	}
	return nil
}

// sweep deletes what other owners of a split left of offsets before end, which this one has committed.
func (s *Sink) sweep(o *owner, end int64) error {
	left, err := s.leftovers(o)
	if err != nil {
		return err
	}
	for _, f := range left {
		if f.first < end {
			if err := s.remove(f); err != nil {
				return err
			}
		}
	}
	return nil
}

// leftovers are the files in the hidden folders of a split's other owners. The folders stay, also empty ones: their owners
// may live, and be about to sync a rename out of them, which a power loss would undo if the folder were gone.
func (s *Sink) leftovers(o *owner) ([]leftover, error) {
	tokens, err := s.ownersOf(o.place)
	if err != nil {
		return nil, err
	}
	var all []leftover
	for _, token := range tokens {
		if token == o.token {
			continue
		}
		folder := s.hidden(o.place, token)
		entries, err := s.fs.ReadDir(folder)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			f := leftover{folder: folder, name: e.Name()}
			if f.first, f.end, f.finished = o.rangeOf(e.Name(), s.cfg.Ext); !f.finished {
				f.first = openFirst(e.Name())
			}
			all = append(all, f)
		}
	}
	return all, nil
}

// visible are the visible parts of a split.
func (s *Sink) visible(p place) ([]leftover, error) {
	entries, err := s.fs.ReadDir(s.cfg.Folder)
	var all []leftover
	for _, e := range entries {
		if first, end, ok := p.rangeOf(e.Name(), s.cfg.Ext); ok {
			all = append(all, leftover{first: first, end: end})
		}
	}
	return all, err
}

const openPrefix = "open-"

// openName is the name of a part that is being written, without its extension: no range yet, but where it begins.
func openName(first int64, n int) string {
	return fmt.Sprintf("%s%0*d-%06d", openPrefix, offsetDigits, first, n)
}

// openFirst reads the first offset out of such a name; 0 where it is none.
func openFirst(name string) int64 {
	rest, ok := strings.CutPrefix(name, openPrefix)
	if !ok || len(rest) < offsetDigits {
		return 0
	}
	first, err := strconv.ParseInt(rest[:offsetDigits], 10, 64)
	if err != nil {
		return 0
	}
	return first
}

// remove deletes what another owner left, for good: a power loss must not bring it back.
func (s *Sink) remove(f leftover) error {
	if err := remove(s.fs, filepath.Join(f.folder, f.name)); err != nil {
		return err
	}
	if err := s.fs.SyncDir(f.folder); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// remove removes a file, or a folder that a sink writes beside it. That it is gone is no error.
func remove(fsys disk.FS, name string) error {
	err := fsys.RemoveAll(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
