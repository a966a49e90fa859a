package pipelinetest

import (
	"path/filepath"
	"slices"
)

// Put makes a file with its folders, all of it durable, without counting operations: for inputs that a test lays out.
func (d *Disk) Put(name string, data []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	at := d.root
	all := parts(name)
	for _, part := range all[:len(all)-1] {
		if at.live[part] == nil {
			at.live[part] = d.newNode(true)
			at.durable[part] = at.live[part]
		}
		at = at.live[part]
	}
	d.tick++
	n := d.newNode(false)
	n.data = slices.Clone(data)
	n.sync()
	base := all[len(all)-1]
	at.live[base], at.durable[base] = n, n
}

// Get returns a file's content as programs see it, nil where it is missing, without counting an operation.
func (d *Disk) Get(name string) []byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	n, err := d.lookup(name)
	if err != nil || n.isDir() {
		return nil
	}
	return append([]byte{}, n.data...)
}

// Files returns the paths of all files, sorted by folder and name, without counting an operation.
func (d *Disk) Files() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var files []string
	var walk func(n *node, path string)
	walk = func(n *node, path string) {
		for _, base := range n.names() {
			below := n.live[base]
			if below.isDir() {
				walk(below, filepath.Join(path, base))
			} else {
				files = append(files, filepath.Join(path, base))
			}
		}
	}
	walk(d.root, "/")
	return files
}
