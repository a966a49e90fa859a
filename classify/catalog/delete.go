package catalog

import (
	"context"
	"errors"
	"io/fs"
	"slices"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Deleted is what Delete removed.
type Deleted struct {
	Numbers []int   // of the versions
	Aliases []Alias // that named them, as they were
	Pruned  Pruned
}

// Pruned is what was no longer referred to.
type Pruned struct {
	Blobs int   `json:"weights"`
	Bytes int64 `json:"bytes"`
}

// Delete removes the version that a reference names, all of them where it names none, and the weights that no version
// refers to any more. While an alias names a version it is refused; force removes the alias too, and a version that
// can't be read any more.
func (c *Catalog) Delete(ctx context.Context, r Reference, force bool) (Deleted, error) {
	var d Deleted
	if err := CheckName(r.Name); err != nil {
		return d, err
	}
	err := c.write(ctx, func() error {
		err := c.settle(r.Name)
		if err != nil {
			return err
		}
		if d.Numbers, err = c.doomed(r, force); err != nil {
			return err
		}
		aliases, err := c.aliases(r.Name)
		if err != nil && !(force && fault.Is(err, fault.CatalogDamaged)) {
			return err
		}
		for _, a := range aliases {
			if !slices.Contains(d.Numbers, a.Number) {
				continue
			}
			if !force {
				return fault.New(fault.ClassifierInUse, "%s is what the alias %s names", versionName(r.Name, a.Number), a.Alias)
			}
			d.Aliases = append(d.Aliases, a)
			if _, err := c.move(r.Name, a.Alias, 0); err != nil {
				return err
			}
		}
		for _, n := range d.Numbers {
			if err := c.bury(r.Name, n); err != nil {
				return err
			}
		}
		d.Pruned, err = c.prune()
		if len(d.Numbers) > 0 && (fault.Is(err, fault.CatalogDamaged) || fault.Is(err, fault.ClassifierNewer)) {
			err = nil // the versions are deleted; their weights wait until what else can't be read is mended
		}
		return err
	})
	return d, err
}

// doomed are the numbers of the versions to delete.
func (c *Catalog) doomed(r Reference, force bool) ([]int, error) {
	numbers, err := c.numbers(r.Name)
	if err != nil {
		return nil, err
	}
	if v, err := c.Find(r); err == nil && v.Builtin {
		return nil, fault.New(fault.ClassifierBuiltin, "%s is built into winnow, and can't be deleted", r.Name).
			WithFix("leave it; delete those that you saved")
	}
	if r.Alias != "" || r.Hash != "" || r.Number > 0 && !(force && slices.Contains(numbers, r.Number)) {
		v, err := c.Find(r)
		if err != nil {
			return nil, err
		}
		return []int{v.Number}, nil
	}
	var doomed []int
	for _, n := range numbers {
		m, gone, err := c.readOrGone(r.Name, n)
		if err != nil && !force {
			return nil, err
		}
		if gone == nil && (m != nil || err != nil) && (r.Number == 0 || r.Number == n) {
			doomed = append(doomed, n)
		}
	}
	if len(doomed) == 0 {
		_, err := c.Find(r)
		return nil, err
	}
	return doomed, nil
}

// bury puts a gravestone in a version's place.
func (c *Catalog) bury(name string, number int) error {
	g := gravestone{Name: name, Number: number, Deleted: c.now()}
	if m, _ := c.read(name, number); m != nil { // one that can't be read has no hash to keep
		g.Hash = m.Hash
	}
	data, err := seal(kindDeleted, g)
	if err != nil {
		return err
	}
	return c.replace(c.manifestPath(name, number), data)
}

// Prune removes weights that no version refers to, as a save that died leaves them.
func (c *Catalog) Prune(ctx context.Context) (Pruned, error) {
	var p Pruned
	err := c.write(ctx, func() (err error) {
		p, err = c.prune()
		return err
	})
	return p, err
}

// prune is Prune for the lock's holder. It removes nothing while a manifest can't be read, since that may refer to it.
func (c *Catalog) prune() (Pruned, error) {
	var p Pruned
	used, err := c.used()
	if err != nil {
		return p, err
	}
	dir := c.path(blobsDir)
	entries, err := c.cfg.FS.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return p, nil
	}
	if err != nil {
		return p, readError(err, dir)
	}
	for _, e := range entries {
		if used[e.Name()] || e.IsDir() || !validSHA256.MatchString(e.Name()) {
			continue
		}
		info, err := e.Info()
		if err == nil {
			err = c.cfg.FS.Remove(c.path(blobsDir, e.Name()))
		}
		if err != nil {
			return p, fault.Storage(err, c.path(blobsDir, e.Name()))
		}
		p.Blobs++
		p.Bytes += info.Size()
	}
	if p.Blobs == 0 {
		return p, nil
	}
	return p, fault.Storage(c.cfg.FS.SyncDir(dir), dir)
}

// used are the hashes of the weights that a version refers to.
func (c *Catalog) used() (map[string]bool, error) {
	names, err := c.names()
	if err != nil {
		return nil, err
	}
	used := make(map[string]bool)
	for _, name := range names {
		numbers, err := c.numbers(name)
		if err != nil {
			return nil, err
		}
		for _, n := range numbers {
			m, err := c.read(name, n)
			if err != nil {
				return nil, err
			}
			if m == nil {
				continue
			}
			for _, b := range m.Weights {
				used[b.SHA256] = true
			}
		}
	}
	return used, nil
}
