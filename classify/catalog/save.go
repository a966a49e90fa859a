package catalog

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Draft is what becomes a version.
type Draft struct {
	Name       string
	Backend    Backend
	Options    Options
	Labels     classify.LabelSet
	Weights    map[string]io.WriterTo // by the backend's name for each part
	Evaluation json.RawMessage        // empty, or with the fields of Metrics
	Notes      string
	Origin     Origin // Created and Imported are set by Save
	// Replaces is the hash that the newest version has to have, or * for whatever there is: else the draft is classifier.stale.
	// Empty: there may be none.
	Replaces string
}

// Saved is what became of a Draft.
type Saved struct {
	*Version
	// Existed tells that the name had a version with the same content already, which this is: nothing was written.
	Existed bool
}

// Save makes the next version of a name, or finds the one that holds the same. When it returns, the version survives a
// crash; when it fails, or the process dies in it, there is no trace of the version, or all of it.
func (c *Catalog) Save(ctx context.Context, d Draft) (Saved, error) {
	if err := c.checkFree(d.Name); err != nil {
		return Saved{}, err
	}
	m := &Manifest{
		Name: d.Name, Backend: d.Backend, Options: d.Options, Labels: d.Labels, Evaluation: d.Evaluation, Notes: d.Notes, Origin: d.Origin,
	}
	m.Origin.Created, m.Origin.Imported = c.now(), ""
	// What can be known without the weights is known before a folder is made.
	if err := m.check(c.cfg.MaxWeights); err != nil {
		return Saved{}, err
	}
	var s Saved
	err := c.write(ctx, func() error {
		if err := c.replaces(d.Name, d.Replaces); err != nil {
			return err
		}
		var parts []staged
		left := c.cfg.MaxWeights
		for name, content := range d.Weights {
			part, err := c.stage(len(parts), name, content, left)
			if err != nil {
				return err
			}
			left -= part.Size
			parts = append(parts, part)
		}
		slices.SortFunc(parts, func(a, b staged) int { return cmp.Compare(a.Name, b.Name) })
		for _, p := range parts {
			m.Weights = append(m.Weights, p.Blob)
		}
		var err error
		s, err = c.enter(m, parts)
		return err
	})
	return s, err
}

// replaces holds the newest version of a name to what a draft replaces. The lock's holder calls it.
func (c *Catalog) replaces(name, hash string) error {
	if hash == "" {
		return nil
	}
	newest, err := c.Find(Reference{Name: name})
	if fault.Is(err, fault.ClassifierUnknown) || err == nil && hash != "*" && hash != newest.Hash {
		return fault.New(fault.ClassifierStale, "the newest version of %s is not the one that is to be replaced", name)
	}
	return err
}

// checkFree refuses a name that nothing can be saved under.
func (c *Catalog) checkFree(name string) error {
	if err := CheckName(name); err != nil {
		return err
	}
	if c.builtin(name) != nil {
		return fault.New(fault.ClassifierBuiltin, "%s is built into winnow", name)
	}
	return nil
}

// enter gives a manifest its number and its place, once its weights have theirs.
func (c *Catalog) enter(m *Manifest, parts []staged) (Saved, error) {
	if err := m.check(c.cfg.MaxWeights); err != nil {
		return Saved{}, err
	}
	var err error
	if m.Evaluation, err = canonical(m.Evaluation); err != nil {
		return Saved{}, err
	}
	if m.Hash, err = m.contentHash(); err != nil {
		return Saved{}, err
	}
	if len(parts) > 0 {
		if err := c.place(parts); err != nil {
			return Saved{}, err
		}
	}
	if err := c.roomForName(m.Name); err != nil {
		return Saved{}, err
	}
	dir := c.path(namesDir, m.Name)
	if err := disk.MakeDir(c.cfg.FS, dir); err != nil {
		return Saved{}, fault.Storage(err, dir)
	}
	for {
		if err := c.settle(m.Name); err != nil {
			return Saved{}, err
		}
		same, last, err := c.findSame(m)
		if err != nil {
			return Saved{}, err
		}
		if same != nil {
			return Saved{Version: c.version(same), Existed: true}, nil
		}
		if m.Number = last + 1; c.cfg.MaxVersions > 0 && m.Number > c.cfg.MaxVersions {
			return Saved{}, fault.New(fault.ClassifierMany, "%s has had %d versions", m.Name, last)
		}
		err = c.link(m)
		if errors.Is(err, fs.ErrExist) {
			continue // a process that goes without locks was quicker
		}
		return Saved{Version: c.version(m)}, fault.Storage(err, c.manifestPath(m.Name, m.Number))
	}
}

// roomForName refuses a new name, where there are as many as there may be.
func (c *Catalog) roomForName(name string) error {
	if c.cfg.MaxNames == 0 {
		return nil
	}
	names, err := c.names()
	if err != nil || len(names) < c.cfg.MaxNames || slices.Contains(names, name) {
		return err
	}
	return fault.New(fault.ClassifierMany, "there are %d names", len(names))
}

// link makes a manifest visible under its number, which nobody else must have taken.
func (c *Catalog) link(m *Manifest) error {
	data, err := m.encode()
	if err != nil {
		return err
	}
	if len(data) > maxManifest {
		return fault.New(fault.ClassifierInvalid, "labels, evaluation and notes have %d bytes together, at most %d are allowed", len(data), maxManifest)
	}
	tmp := c.path(tmpDir, "manifest")
	if err := c.writeNew(tmp, data); err != nil {
		return err
	}
	if err := c.cfg.FS.Link(tmp, c.manifestPath(m.Name, m.Number)); err != nil {
		return err
	}
	return c.cfg.FS.SyncDir(c.path(namesDir, m.Name))
}

func (c *Catalog) writeNew(path string, data []byte) error {
	f, err := c.cfg.FS.Create(path)
	if err != nil {
		return err
	}
	if _, err = f.Write(data); err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// findSame returns the version of the manifest's name that has its hash, nil where none has, and the last number that
// was given.
func (c *Catalog) findSame(m *Manifest) (same *Manifest, last int, err error) {
	numbers, err := c.numbers(m.Name)
	if err != nil {
		return nil, 0, err
	}
	for _, n := range numbers {
		other, err := c.read(m.Name, n)
		if err == nil && other != nil && other.Hash == m.Hash {
			return other, n, nil
		}
		if err != nil && !fault.Is(err, fault.CatalogDamaged) && !fault.Is(err, fault.ClassifierNewer) {
			return nil, 0, err // one that can't be read keeps its number, and is as good as another
		}
		last = n
	}
	return nil, last, nil
}

func (c *Catalog) manifestPath(name string, number int) string {
	return c.path(namesDir, name, fmt.Sprintf("v%d.json", number))
}
