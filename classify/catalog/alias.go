package catalog

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"slices"
	"time"

	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Alias is a name for a version that can be moved to another.
type Alias struct {
	Alias   string `json:"alias"`
	Number  int    `json:"number"` // 0: it was removed, and only its history is kept
	History []Move `json:"history"`
}

// Move is a change of an alias. It is from 0 where the alias was new, and to 0 where it was removed.
type Move struct {
	Time time.Time `json:"time"`
	From int       `json:"from"`
	To   int       `json:"to"`
}

// aliasBook is the file of a name's aliases.
type aliasBook struct {
	Name    string  `json:"name"`
	Aliases []Alias `json:"aliases"` // sorted
}

// Aliases returns a name's aliases with their history, sorted, removed ones too.
func (c *Catalog) Aliases(name string) ([]Alias, error) {
	if err := CheckName(name); err != nil {
		return nil, err
	}
	return c.aliases(name)
}

func (c *Catalog) aliases(name string) ([]Alias, error) {
	path := c.path(namesDir, name, aliasesFile)
	data, err := disk.ReadFile(c.cfg.FS, path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, readError(err, path)
	}
	var book aliasBook
	at := fault.Where{File: path}
	if err := unseal(data, kindAliases, &book); err != nil {
		return nil, placed(err, at)
	}
	if book.Name != name {
		return nil, fault.New(fault.CatalogDamaged, "it is the file of %s, and that of %s belongs here", book.Name, name).At(at)
	}
	return book.Aliases, nil
}

// aliased finds the version that an alias names.
func (c *Catalog) aliased(r Reference) (*Manifest, error) {
	all, err := c.aliases(r.Name)
	if err != nil {
		return nil, err
	}
	var known []string
	for _, a := range all {
		if a.Number == 0 {
			continue
		}
		if a.Alias != r.Alias {
			known = append(known, a.Alias)
			continue
		}
		m, err := c.read(r.Name, a.Number)
		if err == nil && m == nil {
			err = fault.New(fault.CatalogDamaged, "the alias %s names v%d, which was deleted", r, a.Number).WithFix("move the alias to another version")
		}
		return m, err
	}
	if _, err := c.Find(Reference{Name: r.Name}); err != nil {
		return nil, err
	}
	if near := fault.Nearest(r.Alias, known); near != "" {
		return nil, fault.New(fault.ClassifierVersion, "%s has no alias %q; did you mean %q?", r.Name, r.Alias, near)
	}
	return nil, fault.New(fault.ClassifierVersion, "%s has no alias %q", r.Name, r.Alias).WithFix("winnow classifiers show %s lists its aliases", r.Name)
}

// SetAlias makes an alias name the version that a reference names, whatever it named before: at every moment it names
// one of the two. A move to where it is already leaves no trace.
func (c *Catalog) SetAlias(ctx context.Context, alias string, to Reference) (Move, error) {
	if err := CheckAlias(alias); err != nil {
		return Move{}, err
	}
	if err := CheckName(to.Name); err != nil {
		return Move{}, err
	}
	var move Move
	err := c.write(ctx, func() error {
		if err := c.settle(to.Name); err != nil {
			return err
		}
		v, err := c.Find(to)
		if err != nil {
			return err
		}
		if v.Builtin {
			return fault.New(fault.ClassifierBuiltin, "%s is built into winnow, and has no aliases", to.Name).WithFix("refer to its version")
		}
		move, err = c.move(to.Name, alias, v.Number)
		return err
	})
	return move, err
}

// RemoveAlias removes an alias; its history is kept.
func (c *Catalog) RemoveAlias(ctx context.Context, name, alias string) (Move, error) {
	r := Reference{Name: name, Alias: alias}
	if err := CheckName(name); err != nil {
		return Move{}, err
	}
	var move Move
	err := c.write(ctx, func() error {
		if err := c.settle(name); err != nil {
			return err
		}
		all, err := c.aliases(name)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(all, func(a Alias) bool { return a.Alias == alias && a.Number > 0 }) {
			_, err := c.aliased(r)
			return err
		}
		move, err = c.move(name, alias, 0)
		return err
	})
	return move, err
}

// move enters a move of an alias. The lock's holder calls it.
func (c *Catalog) move(name, alias string, to int) (Move, error) {
	all, err := c.aliases(name)
	if err != nil {
		return Move{}, err
	}
	i, found := slices.BinarySearchFunc(all, alias, func(a Alias, alias string) int { return cmp.Compare(a.Alias, alias) })
	if !found {
		all = slices.Insert(all, i, Alias{Alias: alias})
	}
	a := &all[i]
	m := Move{Time: c.now(), From: a.Number, To: to}
	if m.From == m.To {
		return m, nil
	}
	a.Number = to
	a.History = append(a.History, m)
	a.History = a.History[max(len(a.History)-maxHistory, 0):]
	data, err := seal(kindAliases, aliasBook{Name: name, Aliases: all})
	if err != nil {
		return Move{}, err
	}
	return m, c.replace(c.path(namesDir, name, aliasesFile), data)
}

// replace puts data in a file's place: the old content or the new is found there at every moment.
func (c *Catalog) replace(path string, data []byte) error {
	return fault.Storage(disk.WriteFile(c.cfg.FS, path, data), path)
}
