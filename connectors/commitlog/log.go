package commitlog

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"sync"
	"syscall"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/failpoint"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// keepEntries is how many entries of a split stay when the log is compacted, which happens when there are twice as many.
// Two are needed: the newest says where to go on and which parts may still be hidden, and the one before it proves that
// none is missing between them. Older ones are for people. Exclusive creation does not depend on them: a process that
// comes back after its entry's name was compacted away has lost its claim, without which it can make no entry.
const keepEntries = 16

// Config is where a log is kept.
type Config struct {
	// Dir is the log's folder, shared by all processes of the pipeline: <first sink's folder>/_winnow.
	Dir string
	// Pipeline is the pipeline's name. The log of another one is refused.
	Pipeline string
	// Transactional tells that the source's transaction decides, and that no entries are kept.
	Transactional bool
	// Memory is how many bytes all open parts may hold back in memory together: beyond it the largest are written out. 0: no
	// limit.
	Memory int64
	FS     disk.FS       // default the operating system's
	Token  func() string // a new owner's name; default 64 random bits
}

// Log decides which parts of its sinks count. Its sinks are made before the pipeline runs; Resume may be called while
// Record and the sinks' methods are.
type Log struct {
	cfg   Config
	sinks []*Sink
	stood []*pipeline.Split // those whose part of the last epoch was recorded. The writer's.
	held  int64             // bytes that open parts hold in memory. The writer's.

	mu     sync.Mutex
	owners map[string]*owner // guarded by mu; by split ID, what this process owns or believes to
}

// owner is this process's hold on a split, from a Resume to the next one.
type owner struct {
	place
	split   *pipeline.Split
	token   string
	next    int64 // the last entry's end; -1 without one. The writer's after Resume.
	entries int   // how many there are. The writer's after Resume.
	fenced  bool  // another process went on with the split. The writer's.
}

var _ pipeline.Recorder = (*Log)(nil)

// New returns a log. It touches nothing before the first Resume.
func New(cfg Config) *Log {
	if cfg.FS == nil {
		cfg.FS = disk.OS{}
	}
	if cfg.Token == nil {
		cfg.Token = randomToken
	}
	return &Log{cfg: cfg, owners: make(map[string]*owner)}
}

func randomToken() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // it never fails
	return hex.EncodeToString(b[:])
}

// Decides implements pipeline.Recorder.
func (l *Log) Decides() bool { return !l.cfg.Transactional }

// Guarantee implements pipeline.Recorder.
func (l *Log) Guarantee() (pipeline.Guarantee, string) {
	if l.cfg.Transactional {
		return pipeline.ExactlyOnce, "files become visible when the source's transaction has committed the offsets that they cover"
	}
	return pipeline.ExactlyOnce, "a commit log beside the output names the files of each epoch, and only those become visible"
}

// Resume implements pipeline.Recorder: it takes the split over, settles what its former owners left, and returns where
// the split goes on.
func (l *Log) Resume(_ context.Context, s *pipeline.Split, committed int64) (next int64, err error) {
	p, err := placeOf(s)
	if err != nil {
		return 0, err
	}
	o := &owner{place: p, split: s, token: l.cfg.Token(), next: -1}
	l.mu.Lock()
	l.owners[s.ID] = o // what this process still does for a former assignment is void from here on
	l.mu.Unlock()
	if l.cfg.Transactional {
		return committed, pipeline.StorageError(l.settle(o, committed), p.below(l.cfg.Dir))
	}
	if err := l.takeOver(o); err != nil {
		return 0, pipeline.StorageError(err, p.below(l.cfg.Dir))
	}
	if o.next < 0 {
		return committed, nil
	}
	return o.next, nil
}

// ownerOf is this process's hold on a split; nil where it was taken away.
func (l *Log) ownerOf(s *pipeline.Split) *owner {
	l.mu.Lock()
	defer l.mu.Unlock()
	if o := l.owners[s.ID]; o != nil && o.split == s {
		return o
	}
	return nil
}

// Record implements pipeline.Recorder. After a transient error it is called again with the same epoch, and finds the
// entries that it had made.
func (l *Log) Record(_ context.Context, e *pipeline.Epoch) (fenced []*pipeline.Split, err error) {
	parts, err := l.parts(e)
	if err != nil {
		return nil, err
	}
	l.stood = nil
	for _, s := range e.Spans {
		o := l.ownerOf(s.Split)
		stands := false
		if o != nil && !o.fenced {
			if stands, err = l.enter(o, e.Number, s, parts[s.Split.ID]); err != nil {
				return nil, pipeline.StorageError(err, o.below(l.cfg.Dir))
			}
			o.fenced = !stands
		}
		if stands {
			l.stood = append(l.stood, s.Split)
		} else {
			fenced = append(fenced, s.Split)
		}
		failpoint.Hit("commitlog.entered")
	}
	return fenced, nil
}

// void tells that a split's part of the epoch that is being committed does not count.
func (l *Log) void(s *pipeline.Split) bool { return l.Decides() && !slices.Contains(l.stood, s) }

// parts are an epoch's parts by split ID and sink.
func (l *Log) parts(e *pipeline.Epoch) (map[string]map[string]Part, error) {
	all := make(map[string]map[string]Part)
	for _, s := range l.sinks {
		data, ok := e.Receipts[s.cfg.Name]
		if !ok {
			continue
		}
		var r receipt
		if err := json.Unmarshal(data, &r); err != nil {
			return nil, fault.New(fault.Internal, "the receipt of the sink %s can't be read: %w", s.cfg.Name, err)
		}
		for id, p := range r.Parts {
			if all[id] == nil {
				all[id] = make(map[string]Part)
			}
			p.Folder = l.relative(s.cfg.Folder)
			all[id][s.cfg.Name] = p
		}
	}
	return all, nil
}

// relative is a sink's folder as entries name it: from the log's folder, so that processes may mount both elsewhere.
func (l *Log) relative(folder string) string {
	if rel, err := filepath.Rel(l.cfg.Dir, folder); err == nil {
		return filepath.ToSlash(rel)
	}
	return folder
}

func (l *Log) absolute(folder string) string {
	if folder = filepath.FromSlash(folder); filepath.IsAbs(folder) {
		return folder
	}
	return filepath.Join(l.cfg.Dir, folder)
}

// claim is the folder that an owner's entries come from.
func (o *owner) claim(dir string) string { return filepath.Join(o.below(dir), "."+o.token) }

// enter makes a span's entry. False without an error: another process went on with the split.
//
// The entry is written and synced within the owner's claim, then linked to its place. A process that takes the split
// over removes the claim before it reads the log. So either the link came first, and the new owner reads the entry; or
// it fails, and the part is void. No pause of this process, however long and between whichever of these steps, makes a
// third case: the link needs the claim's own file, which nobody but Resume makes room for.
func (l *Log) enter(o *owner, epoch int64, s *pipeline.Span, parts map[string]Part) (bool, error) {
	if s.First == s.Next {
		return true, nil
	}
	name := filepath.Join(o.below(l.cfg.Dir), entryName(s.First))
	there, err := l.readEntry(name) // an earlier try may have made it
	if err != nil {
		return false, err
	}
	if there == nil {
		if s.First < o.next { // P1
			return false, fault.New(fault.RunUnbalanced, "%s: an epoch begins at %d, and the last one ended at %d", s.Split.ID, s.First, o.next)
		}
		there = &Entry{
			Version: entryVersion, Pipeline: l.cfg.Pipeline, Topic: o.topic, Partition: o.partition, First: s.First, End: s.Next,
			Previous: o.next, Epoch: epoch, Owner: o.token, Counts: s.Counts, Parts: parts,
		}
		err := l.link(o, name, there)
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrExist) {
			// The claim is gone, or the name is taken. A network file system may say so, too, of a link that it has made.
			there, err = l.readEntry(name)
		}
		if err != nil {
			return false, err
		}
		o.entries++
	}
	if there == nil || there.Owner != o.token || there.End != s.Next {
		return false, nil
	}
	if err := l.cfg.FS.SyncDir(o.below(l.cfg.Dir)); err != nil {
		return false, err
	}
	if o.next = s.Next; o.entries >= 2*keepEntries {
		l.compact(o)
	}
	return true, nil
}

// link makes an entry under its name. That the claim is gone is fs.ErrNotExist, that the name is taken fs.ErrExist.
func (l *Log) link(o *owner, name string, e *Entry) error {
	data, err := json.Marshal(e)
	if err != nil {
		return err
	}
	draft := filepath.Join(o.claim(l.cfg.Dir), filepath.Base(name))
	// A draft that an earlier try has linked is the entry itself: it is unlinked, never written to again.
	if err := l.cfg.FS.Remove(draft); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := l.cfg.FS.Create(draft)
	if err != nil {
		return err
	}
	if _, err = f.Write(data); err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	failpoint.Hit("commitlog.drafted")
	err = l.cfg.FS.Link(draft, name)
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.ENOTSUP) || errors.Is(err, syscall.ENOSYS) {
		return l.rename(o, draft, name)
	}
	if err == nil {
		_ = l.cfg.FS.Remove(draft) // else the next try, or the next owner, does
	}
	return err
}

// rename is link on file systems without hard links. The claim alone keeps others out there, as it does anyway.
func (l *Log) rename(o *owner, draft, name string) error {
	if err := l.cfg.FS.Rename(draft, name); err != nil {
		return err
	}
	// That a new owner has removed the claim since takes nothing away from the entry.
	if err := l.cfg.FS.SyncDir(o.claim(l.cfg.Dir)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// compact removes old entries. What it can't remove now, it removes next time.
func (l *Log) compact(o *owner) {
	dir := o.below(l.cfg.Dir)
	names, _, err := l.list(dir)
	if err != nil {
		return
	}
	o.entries = len(names)
	for _, name := range names[:max(len(names)-keepEntries, 0)] {
		if l.cfg.FS.Remove(filepath.Join(dir, name)) == nil {
			o.entries--
		}
	}
}

// list returns a split's entries, oldest first, and its claims.
func (l *Log) list(dir string) (entries, claims []string, err error) {
	all, err := l.cfg.FS.ReadDir(dir)
	for _, e := range all {
		switch {
		case e.IsDir() && e.Name()[0] == '.':
			claims = append(claims, e.Name()[1:])
		case isEntry(e.Name()):
			entries = append(entries, e.Name())
		}
	}
	return entries, claims, err
}
