package pipelinetest

import (
	"maps"
	"math/rand/v2"
	"slices"
)

// Crash returns the disk as it would be found after a power loss now. What was not synced is kept or lost by the seed;
// equal disks and seeds give equal results. The disk itself is left as it is.
func (d *Disk) Crash(seed uint64) *Disk {
	d.mu.Lock()
	defer d.mu.Unlock()
	rng := rand.New(rand.NewPCG(seed, 0x77696e6e6f77))
	entries := d.survivors(rng)
	found := &Disk{capacity: d.capacity, tick: d.tick, lastID: d.lastID}
	copies := map[*node]*node{}
	var walk func(n *node) *node
	walk = func(n *node) *node {
		if copies[n] != nil {
			return copies[n]
		}
		m := &node{id: n.id, mod: n.mod}
		copies[n] = m
		if !n.isDir() {
			m.data = n.crashed(rng)
			m.sync()
			return m
		}
		m.live = map[string]*node{}
		below := entries(n)
		for _, base := range slices.Sorted(maps.Keys(below)) { // sorted: each seed draws the same
			m.live[base] = walk(below[base])
		}
		m.durable = maps.Clone(m.live)
		return m
	}
	found.root = walk(d.root)
	return found
}

// survivors draws which of the pending changes survive. It returns a folder's entries as they are found then.
func (d *Disk) survivors(rng *rand.Rand) func(*node) map[string]*node {
	found := map[*node]map[string]*node{}
	entries := func(n *node) map[string]*node {
		if found[n] == nil {
			found[n] = maps.Clone(n.durable)
		}
		return found[n]
	}
	lost := map[entry]bool{}
	share := rng.Float64() // some crashes lose nearly everything, some next to nothing
	for _, c := range d.pending {
		if c.touches(lost) || rng.Float64() < share {
			c.mark(lost)
			continue
		}
		for _, s := range c.steps {
			set(entries(s.dir), s.base, s.node)
		}
	}
	return entries
}

// crashed draws what is left of a file.
func (n *node) crashed(rng *rand.Rand) []byte {
	data := slices.Clone(n.synced)
	if len(n.edits) == 0 {
		return data
	}
	switch rng.IntN(4) {
	case 0: // nothing new
		return data
	case 1: // everything
		return slices.Clone(n.data)
	case 2: // any of the edits, as pages are written back in no order
		for _, e := range n.edits {
			if rng.IntN(2) == 0 {
				data = e.apply(data, len(e.data))
			}
		}
		return data
	}
	// Everything up to an edit, which is torn. Perhaps the new length got through before the bytes did.
	k := rng.IntN(len(n.edits))
	for _, e := range n.edits[:k] {
		data = e.apply(data, len(e.data))
	}
	if e := n.edits[k]; !e.isCut {
		data = e.apply(data, rng.IntN(len(e.data)+1))
	}
	if len(data) < len(n.data) && rng.IntN(3) == 0 {
		data = resize(data, int64(len(n.data)))
	}
	return data
}

// Kill returns the disk as it would be found after the process was killed now: the operating system keeps all that was
// written, but what was not synced can still be lost in a later Crash. The disk itself is left as it is.
func (d *Disk) Kill() *Disk {
	d.mu.Lock()
	defer d.mu.Unlock()
	found := &Disk{capacity: d.capacity, tick: d.tick, lastID: d.lastID}
	copies := map[*node]*node{}
	found.root = d.root.clone(copies)
	for _, c := range d.pending {
		copied := &change{}
		for _, s := range c.steps {
			copied.steps = append(copied.steps, step{s.dir.clone(copies), s.base, s.node.clone(copies)})
		}
		for _, dir := range c.done {
			copied.done = append(copied.done, dir.clone(copies))
		}
		found.pending = append(found.pending, copied)
	}
	return found
}

// clone copies a tree with everything that is pending in it. A nil node stays nil.
func (n *node) clone(copies map[*node]*node) *node {
	if n == nil || copies[n] != nil {
		return copies[n]
	}
	m := &node{id: n.id, mod: n.mod, data: slices.Clone(n.data), synced: n.synced, edits: slices.Clone(n.edits)}
	copies[n] = m
	if n.isDir() {
		m.live, m.durable = map[string]*node{}, map[string]*node{}
		for base, below := range n.live {
			m.live[base] = below.clone(copies)
		}
		for base, below := range n.durable {
			m.durable[base] = below.clone(copies)
		}
	}
	return m
}
