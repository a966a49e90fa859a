package pipelinetest

import (
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/winnow-stream/winnow/pipeline/disk"
)

// Disk is a file system in memory that knows what a power loss may take. It keeps three promises and no more:
//
//   - What was in a file when Sync returned is there after a crash. Later writes and truncations may be lost, kept in
//     part, torn at any byte, or leave zeros behind.
//   - An entry of a folder that was created, renamed or removed before SyncDir of that folder returned is as it was
//     then; a rename between two folders needs SyncDir of both. Other changes may be lost one by one, but each is
//     whole (a rename never loses both names) and none survives an earlier one of the same name that was lost.
//   - A folder that is lost takes its content with it, synced or not.
//
// Names are absolute; a relative one begins at the root. Methods are safe for concurrent use.
type Disk struct {
	mu       sync.Mutex
	root     *node
	pending  []*change // changes to folders that are not durable yet, in order
	lastID   int
	tick     int64 // logical time, one millisecond an operation
	ops      int64
	capacity int64
	cutAt    int64
	cutting  bool // the operation under way is the one at cutAt
	failures map[int64]error
	hook     func(Op) error
	trace    []Op
	tracing  bool
}

var _ disk.FS = (*Disk)(nil)

// NewDisk returns an empty disk without a limit.
func NewDisk() *Disk {
	d := &Disk{capacity: -1}
	d.root = d.newNode(true)
	return d
}

func (d *Disk) newNode(dir bool) *node {
	d.lastID++
	n := &node{id: d.lastID, mod: d.tick}
	if dir {
		n.live, n.durable = map[string]*node{}, map[string]*node{}
	}
	return n
}

// clock turns logical time into a time. It goes on over crashes, so that a file written again never looks unchanged.
func clock(tick int64) time.Time {
	return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(tick) * time.Millisecond)
}

// Open opens a file for reading.
func (d *Disk) Open(name string) (disk.File, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.begin(OpOpen, name, 0); err != nil {
		return nil, pathError(OpOpen, name, err)
	}
	n, err := d.lookup(name)
	if err != nil {
		return nil, pathError(OpOpen, name, err)
	}
	return &handle{disk: d, node: n, name: name}, nil
}

// Create makes or empties a file.
func (d *Disk) Create(name string) (disk.File, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	fail := d.begin(OpCreate, name, 0)
	if fail != nil && !d.cutting {
		return nil, pathError(OpCreate, name, fail)
	}
	n, err := d.openForWriting(name)
	if err == nil {
		n.truncate(0)
		n.mod = d.tick
		err = fail
	}
	if err != nil {
		return nil, pathError(OpCreate, name, err)
	}
	return &handle{disk: d, node: n, name: name, writable: true}, nil
}

// Append opens a file for reading and writing at its end, creating it where it is missing.
func (d *Disk) Append(name string) (disk.File, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	fail := d.begin(OpAppend, name, 0)
	if fail != nil && !d.cutting {
		return nil, pathError(OpAppend, name, fail)
	}
	n, err := d.openForWriting(name)
	if err == nil {
		err = fail
	}
	if err != nil {
		return nil, pathError(OpAppend, name, err)
	}
	return &handle{disk: d, node: n, name: name, writable: true, pos: int64(len(n.data))}, nil
}

func (d *Disk) openForWriting(name string) (*node, error) {
	parent, base, err := d.lookupParent(name)
	if err != nil {
		return nil, err
	}
	n, ok := parent.live[base]
	if ok && n.isDir() {
		return nil, syscall.EISDIR
	}
	if !ok {
		n = d.newNode(false)
		d.change(&change{steps: []step{{parent, base, n}}})
	}
	return n, nil
}

// Rename replaces newName by oldName atomically.
func (d *Disk) Rename(oldName, newName string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	fail := d.begin(OpRename, oldName+" -> "+newName, 0)
	if fail != nil && !d.cutting {
		return pathError(OpRename, oldName, fail)
	}
	from, fromBase, err := d.lookupParent(oldName)
	if err != nil {
		return pathError(OpRename, oldName, err)
	}
	to, toBase, err := d.lookupParent(newName)
	if err != nil {
		return pathError(OpRename, newName, err)
	}
	n, ok := from.live[fromBase]
	if !ok {
		return pathError(OpRename, oldName, syscall.ENOENT)
	}
	old := to.live[toBase]
	switch {
	case old == n:
		return fail
	case old != nil && old.isDir() && len(old.live) > 0:
		return pathError(OpRename, newName, syscall.ENOTEMPTY)
	case old != nil && old.isDir() != n.isDir():
		return pathError(OpRename, newName, syscall.EISDIR)
	}
	d.change(&change{steps: []step{{from, fromBase, nil}, {to, toBase, n}}})
	return fail
}

// Link gives a file a second name, which must be free.
func (d *Disk) Link(oldName, newName string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	fail := d.begin(OpLink, oldName+" -> "+newName, 0)
	if fail != nil && !d.cutting {
		return pathError(OpLink, oldName, fail)
	}
	n, err := d.lookup(oldName)
	if err == nil && n.isDir() {
		err = syscall.EPERM
	}
	if err != nil {
		return pathError(OpLink, oldName, err)
	}
	to, toBase, err := d.lookupParent(newName)
	if err == nil && to.live[toBase] != nil {
		err = syscall.EEXIST
	}
	if err != nil {
		return pathError(OpLink, newName, err)
	}
	d.change(&change{steps: []step{{to, toBase, n}}})
	return fail
}

// Remove deletes a file or an empty folder.
func (d *Disk) Remove(name string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	fail := d.begin(OpRemove, name, 0)
	if fail != nil && !d.cutting {
		return pathError(OpRemove, name, fail)
	}
	parent, base, err := d.lookupParent(name)
	if err != nil {
		return pathError(OpRemove, name, err)
	}
	n, ok := parent.live[base]
	if !ok {
		return pathError(OpRemove, name, syscall.ENOENT)
	}
	if len(n.live) > 0 {
		return pathError(OpRemove, name, syscall.ENOTEMPTY)
	}
	d.change(&change{steps: []step{{parent, base, nil}}})
	return fail
}

// RemoveAll deletes a file, or a folder with its content, entry by entry. A missing name is no error.
func (d *Disk) RemoveAll(name string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	fail := d.begin(OpRemoveAll, name, 0)
	if fail != nil && !d.cutting {
		return pathError(OpRemoveAll, name, fail)
	}
	parent, base, err := d.lookupParent(name)
	if err != nil {
		return fail
	}
	if n, ok := parent.live[base]; ok {
		d.removeTree(parent, base, n)
	}
	return fail
}

func (d *Disk) removeTree(parent *node, base string, n *node) {
	for _, child := range n.names() {
		d.removeTree(n, child, n.live[child])
	}
	d.change(&change{steps: []step{{parent, base, nil}}})
}

// MkdirAll makes a folder and its parents.
func (d *Disk) MkdirAll(name string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	fail := d.begin(OpMkdir, name, 0)
	if fail != nil && !d.cutting {
		return pathError(OpMkdir, name, fail)
	}
	at := d.root
	for _, part := range parts(name) {
		next, ok := at.live[part]
		if !ok {
			next = d.newNode(true)
			d.change(&change{steps: []step{{at, part, next}}})
		}
		if !next.isDir() {
			return pathError(OpMkdir, name, syscall.ENOTDIR)
		}
		at = next
	}
	return fail
}

// Stat describes a file or a folder.
func (d *Disk) Stat(name string) (fs.FileInfo, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.begin(OpStat, name, 0); err != nil {
		return nil, pathError(OpStat, name, err)
	}
	n, err := d.lookup(name)
	if err != nil {
		return nil, pathError(OpStat, name, err)
	}
	return infoOf(n, filepath.Base(name)), nil
}

// ReadDir lists a folder, sorted by name.
func (d *Disk) ReadDir(name string) ([]fs.DirEntry, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.begin(OpReadDir, name, 0); err != nil {
		return nil, pathError(OpReadDir, name, err)
	}
	n, err := d.lookup(name)
	if err == nil && !n.isDir() {
		err = syscall.ENOTDIR
	}
	if err != nil {
		return nil, pathError(OpReadDir, name, err)
	}
	entries := make([]fs.DirEntry, 0, len(n.live))
	for _, base := range n.names() {
		entries = append(entries, fs.FileInfoToDirEntry(infoOf(n.live[base], base)))
	}
	return entries, nil
}

// SyncDir makes creations, renames and removals in a folder durable.
func (d *Disk) SyncDir(name string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.begin(OpSyncDir, name, 0); err != nil {
		return pathError(OpSyncDir, name, err)
	}
	n, err := d.lookup(name)
	if err == nil && !n.isDir() {
		err = syscall.ENOTDIR
	}
	if err != nil {
		return pathError(OpSyncDir, name, err)
	}
	d.syncFolder(n)
	return nil
}

func (d *Disk) lookup(name string) (*node, error) {
	at := d.root
	for _, part := range parts(name) {
		if !at.isDir() {
			return nil, syscall.ENOTDIR
		}
		next, ok := at.live[part]
		if !ok {
			return nil, syscall.ENOENT
		}
		at = next
	}
	return at, nil
}

func (d *Disk) lookupParent(name string) (parent *node, base string, err error) {
	all := parts(name)
	if len(all) == 0 {
		return nil, "", syscall.EINVAL
	}
	parent, err = d.lookup(strings.Join(all[:len(all)-1], "/"))
	if err == nil && !parent.isDir() {
		err = syscall.ENOTDIR
	}
	return parent, all[len(all)-1], err
}

func parts(name string) []string {
	return slices.DeleteFunc(strings.Split(filepath.ToSlash(filepath.Clean("/"+name)), "/"),
		func(s string) bool { return s == "" })
}

func pathError(kind OpKind, name string, err error) error {
	return &fs.PathError{Op: string(kind), Path: name, Err: err}
}
