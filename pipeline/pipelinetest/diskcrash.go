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
	found := d.durableTree(rng)
	return d.clone(found, func(n *node) []byte { return n.crashed(rng) })
}

// Kill returns the disk as it would be found after the process was killed now: the operating system keeps all that
// was written. It is not durable yet.
func (d *Disk) Kill() *Disk {
	d.mu.Lock()
	defer d.mu.Unlock()
	k := d.clone(func(n *node) map[string]*node { return n.live }, func(n *node) []byte { return n.data })
	return k
}

// durableTree draws which of the pending changes survive, and returns how to find a folder's entries then.
func (d *Disk) durableTree(rng *rand.Rand) func(*node) map[string]*node {
	trees := map[*node]map[string]*node{}
	entries := func(n *node) map[string]*node {
		if trees[n] == nil {
			trees[n] = maps.Clone(n.durable)
		}
		return trees[n]
	}
	lost := map[entry]bool{}
	share := rng.Float64() // some crashes lose nearly all, some nearly nothing
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
	case 0: // nothing
		return data
	case 1: // everything
		return n.data
	case 2: // any of the edits, as pages are written back in no order
		for _, e := range n.edits {
			if rng.IntN(2) == 0 {
				data = e.apply(data, len(e.data))
			}
		}
		return data
	}
	// Up to some edit, which is torn; perhaps the length got through before the bytes did.
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

// clone copies the disk as it looks through entries and content. All of the copy is durable. Folders are visited in
// the order of their names, so that a seeded content draws the same each time.
func (d *Disk) clone(entries func(*node) map[string]*node, content func(*node) []byte) *Disk {
	c := &Disk{capacity: d.capacity, tick: d.tick, lastID: d.lastID}
	copies := map[*node]*node{}
	var walk func(n *node) *node
	walk = func(n *node) *node {
		if copies[n] != nil {
			return copies[n]
		}
		m := &node{id: n.id, mod: n.mod}
		copies[n] = m
		if !n.isDir() {
			m.data = slices.Clone(content(n))
			m.synced = slices.Clone(m.data)
			c.used += int64(len(m.data))
			return m
		}
		m.live, m.durable = map[string]*node{}, map[string]*node{}
		below := entries(n)
		for _, base := range slices.Sorted(maps.Keys(below)) {
			m.live[base] = walk(below[base])
			m.durable[base] = m.live[base]
		}
		return m
	}
	c.root = walk(d.root)
	return c
}
