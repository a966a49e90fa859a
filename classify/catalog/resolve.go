package catalog

import (
	"strings"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Resolve finds the version that a reference names.
func (c *Catalog) Resolve(reference string) (*Version, error) {
	r, err := ParseReference(reference)
	if err != nil {
		return nil, err
	}
	return c.Find(r)
}

// Find finds the version that a reference names. Of the built-in versions a name that is saved hides those of its own.
func (c *Catalog) Find(r Reference) (*Version, error) {
	if err := CheckName(r.Name); err != nil {
		return nil, err
	}
	numbers, err := c.numbers(r.Name)
	if err != nil {
		return nil, err
	}
	if b := c.builtin(r.Name); b != nil {
		if _, err := c.newest(r.Name, numbers); fault.Is(err, fault.ClassifierUnknown) {
			return b.find(r)
		}
	}
	var m *Manifest
	switch {
	case r.Number > 0:
		m, err = c.numbered(r, numbers)
	case r.Alias != "":
		m, err = c.aliased(r)
	case r.Hash != "":
		m, err = c.hashed(r, numbers)
	default:
		m, err = c.newest(r.Name, numbers)
	}
	if err != nil {
		return nil, err
	}
	return c.version(m), nil
}

// newest is the last version that was not deleted.
func (c *Catalog) newest(name string, numbers []int) (*Manifest, error) {
	for i := len(numbers) - 1; i >= 0; i-- {
		if m, err := c.read(name, numbers[i]); err != nil || m != nil {
			return m, err
		}
	}
	return nil, c.unknownName(name)
}

func (c *Catalog) numbered(r Reference, numbers []int) (*Manifest, error) {
	for _, n := range numbers {
		if n != r.Number {
			continue
		}
		m, gone, err := c.readOrGone(r.Name, n)
		if gone != nil {
			return nil, fault.New(fault.ClassifierVersion, "%s was deleted on %s", r, gone.Deleted.Format("2006-01-02"))
		}
		return m, err
	}
	newest, err := c.newest(r.Name, numbers)
	if err != nil {
		return nil, err
	}
	return nil, fault.New(fault.ClassifierVersion, "there is no %s; the newest is v%d", r, newest.Number)
}

// hashed finds the one version whose hash begins so.
func (c *Catalog) hashed(r Reference, numbers []int) (*Manifest, error) {
	var found *Manifest
	for _, n := range numbers {
		m, err := c.read(r.Name, n)
		if err != nil {
			return nil, err
		}
		if m == nil || !strings.HasPrefix(m.Hash, r.Hash) {
			continue
		}
		if found != nil {
			return nil, fault.New(fault.ClassifierRef, "%s fits %s and %s", r, found.Ref(), m.Ref()).WithFix("give more digits")
		}
		found = m
	}
	if found == nil {
		if _, err := c.newest(r.Name, numbers); err != nil {
			return nil, err
		}
		return nil, fault.New(fault.ClassifierVersion, "no version of %s has the hash %s", r.Name, r.Hash)
	}
	return found, nil
}

// unknownName is the error for a name that nothing is saved under, with the name that was likely meant.
func (c *Catalog) unknownName(name string) error {
	entries, _ := c.List() // what can't be read is no guess
	names := make([]string, len(entries))
	for i := range entries {
		names[i] = entries[i].Name
	}
	if near := fault.Nearest(name, names); near != "" {
		return fault.New(fault.ClassifierUnknown, "there is no saved classifier %q; did you mean %q?", name, near)
	}
	return fault.New(fault.ClassifierUnknown, "there is no saved classifier %q", name)
}
