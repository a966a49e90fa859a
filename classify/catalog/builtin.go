package catalog

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Builtin is a classifier that is compiled into a program. FS holds what the catalog's folder would: v1.json and so on
// without a gap, and blobs/<sha256>.
type Builtin struct {
	Name string
	FS   fs.FS
}

// builtin returns the built-in classifier of a name; nil where there is none.
func (c *Catalog) builtin(name string) *Builtin {
	for i := range c.cfg.Builtins {
		if c.cfg.Builtins[i].Name == name {
			return &c.cfg.Builtins[i]
		}
	}
	return nil
}

// manifests are those of its versions, by number.
func (b *Builtin) manifests() ([]*Manifest, error) {
	var all []*Manifest
	for n := 1; ; n++ {
		file := fmt.Sprintf("v%d.json", n)
		at := fault.Where{File: path.Join("built-in "+b.Name, file)}
		data, err := fs.ReadFile(b.FS, file)
		if errors.Is(err, fs.ErrNotExist) && n > 1 {
			return all, nil
		}
		if err != nil {
			return nil, readError(err, at.File)
		}
		m, err := decodeManifest(data, defaultMaxWeights)
		if err != nil {
			return nil, placed(err, at)
		}
		if m.Name != b.Name || m.Number != n {
			return nil, fault.New(fault.CatalogDamaged, "it is the file of %s", m.Ref()).At(at)
		}
		all = append(all, m)
	}
}

func (b *Builtin) find(r Reference) (*Version, error) {
	all, err := b.manifests()
	if err != nil {
		return nil, err
	}
	var found *Manifest
	for _, m := range all {
		if r.Alias == "" && (r.Number == 0 || r.Number == m.Number) && strings.HasPrefix(m.Hash, r.Hash) {
			found = m
		}
	}
	if found == nil {
		return nil, fault.New(fault.ClassifierVersion, "there is no %s; %s is built in, and its newest version is v%d", r, b.Name, len(all))
	}
	place := func(p Blob) string { return path.Join(blobsDir, p.SHA256) }
	return &Version{
		Manifest: found, Builtin: true, place: func(p Blob) string { return path.Join("built-in "+b.Name, place(p)) },
		open: func(p Blob) (io.ReadCloser, error) { return b.FS.Open(place(p)) },
	}, nil
}
