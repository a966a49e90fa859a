package pipelinetest

import (
	"io/fs"
	"maps"
	"slices"
	"time"
)

// node is a file or a folder. A folder has two maps of entries: live is what programs see, durable what a power loss
// certainly leaves. A file has its live bytes, those of its last sync, and the edits in between.
type node struct {
	id  int
	mod int64 // logical time of the last change

	live, durable map[string]*node // nil for files

	data   []byte
	synced []byte
	edits  []edit
}

// edit is a write or a truncation of a file since its last sync.
type edit struct {
	off   int64
	data  []byte
	isCut bool // truncate to off
}

// change is one atomic change to folders: one step, or two for a rename.
type change struct {
	steps []step
	done  []*node // folders that were synced since
}

// step sets an entry of a folder; nil removes it.
type step struct {
	dir  *node
	base string
	node *node
}

func (n *node) isDir() bool { return n.live != nil }

func (n *node) names() []string { return slices.Sorted(maps.Keys(n.live)) }

func (n *node) write(off int64, p []byte) {
	e := edit{off: off, data: slices.Clone(p)}
	n.edits = append(n.edits, e)
	n.data = e.apply(n.data, len(p))
}

func (n *node) truncate(size int64) {
	if size == int64(len(n.data)) {
		return
	}
	e := edit{off: size, isCut: true}
	n.edits = append(n.edits, e)
	n.data = e.apply(n.data, 0)
}

func (n *node) sync() {
	n.synced, n.edits = slices.Clone(n.data), nil
}

// apply performs the edit on data with the first keep bytes of a write. The result may alias data.
func (e edit) apply(data []byte, keep int) []byte {
	if e.isCut {
		return resize(data, e.off)
	}
	if keep == 0 {
		return data
	}
	if end := e.off + int64(keep); end > int64(len(data)) {
		data = resize(data, end)
	}
	copy(data[e.off:], e.data[:keep])
	return data
}

// resize cuts data, or fills it up with zeros.
func resize(data []byte, size int64) []byte {
	if size <= int64(len(data)) {
		return data[:size]
	}
	return append(data, make([]byte, size-int64(len(data)))...)
}

// change performs a change to folders and remembers it until it is durable.
func (d *Disk) change(c *change) {
	for _, s := range c.steps {
		set(s.dir.live, s.base, s.node)
		s.dir.mod = d.tick
	}
	d.pending = append(d.pending, c)
}

func set(entries map[string]*node, base string, n *node) {
	if n == nil {
		delete(entries, base)
	} else {
		entries[base] = n
	}
}

func (c *change) makeDurable() {
	for _, s := range c.steps {
		set(s.dir.durable, s.base, s.node)
	}
}

// touches reports whether one of the change's entries is among names.
func (c *change) touches(names map[entry]bool) bool {
	return slices.ContainsFunc(c.steps, func(s step) bool { return names[entry{s.dir, s.base}] })
}

func (c *change) mark(names map[entry]bool) {
	for _, s := range c.steps {
		names[entry{s.dir, s.base}] = true
	}
}

// entry names an entry of a folder.
type entry struct {
	dir  *node
	base string
}

// syncFolder makes the changes of a folder durable. A rename that still needs its other folder holds back what came
// later to the same names.
func (d *Disk) syncFolder(dir *node) {
	held := map[entry]bool{}
	d.pending = slices.DeleteFunc(d.pending, func(c *change) bool {
		if slices.ContainsFunc(c.steps, func(s step) bool { return s.dir == dir }) {
			c.done = append(c.done, dir)
		}
		open := slices.ContainsFunc(c.steps, func(s step) bool { return !slices.Contains(c.done, s.dir) })
		if open || c.touches(held) {
			c.mark(held)
			return false
		}
		c.makeDurable()
		return true
	})
}

// size is the sum of the files below.
func (n *node) size() int64 {
	sum := int64(len(n.data))
	for _, below := range n.live {
		sum += below.size()
	}
	return sum
}

func infoOf(n *node, base string) fs.FileInfo {
	return info{name: base, size: int64(len(n.data)), mod: clock(n.mod), dir: n.isDir()}
}

type info struct {
	name string
	size int64
	mod  time.Time
	dir  bool
}

func (i info) Name() string       { return i.name }
func (i info) Size() int64        { return i.size }
func (i info) ModTime() time.Time { return i.mod }
func (i info) IsDir() bool        { return i.dir }
func (i info) Sys() any           { return nil }

func (i info) Mode() fs.FileMode {
	if i.dir {
		return fs.ModeDir | 0o755
	}
	return 0o644
}
