package catalog

import (
	"errors"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Entry is a name with what is saved under it.
type Entry struct {
	Name     string
	Builtin  bool
	Versions []*Manifest // by number
	Aliases  []Alias     // that name a version, sorted
}

// List returns every name that has versions, sorted, the built-in ones too. An error joins what could not be read; the
// others are listed all the same.
func (c *Catalog) List() ([]Entry, error) {
	names, err := c.names()
	if err != nil {
		return nil, err
	}
	var all []Entry
	var errs []error
	for _, name := range names {
		e, err := c.Entry(name)
		errs = append(errs, err)
		if len(e.Versions) > 0 {
			all = append(all, e)
		}
	}
	return all, errors.Join(errs...)
}

// names are those of the folder and the built-in ones, sorted, among them some whose versions are all deleted.
func (c *Catalog) names() ([]string, error) {
	entries, err := c.cfg.FS.ReadDir(c.path(namesDir))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, readError(err, c.path(namesDir))
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() && CheckName(e.Name()) == nil {
			names = append(names, e.Name())
		}
	}
	for i := range c.cfg.Builtins {
		if !slices.Contains(names, c.cfg.Builtins[i].Name) {
			names = append(names, c.cfg.Builtins[i].Name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// Entry returns a name with its versions. An error joins what could not be read.
func (c *Catalog) Entry(name string) (Entry, error) {
	e := Entry{Name: name}
	numbers, err := c.numbers(name)
	if err != nil {
		return e, err
	}
	var errs []error
	for _, n := range numbers {
		m, err := c.read(name, n)
		errs = append(errs, err)
		if m != nil {
			e.Versions = append(e.Versions, m)
		}
	}
	if b := c.builtin(name); b != nil && len(e.Versions) == 0 {
		e.Builtin = true
		e.Versions, err = b.manifests()
		return e, err
	}
	aliases, err := c.aliases(name)
	errs = append(errs, err)
	for _, a := range aliases {
		if a.Number > 0 {
			e.Aliases = append(e.Aliases, a)
		}
	}
	return e, errors.Join(errs...)
}

// numbers are those that were given under a name, in order, deleted ones too.
func (c *Catalog) numbers(name string) ([]int, error) {
	entries, err := c.cfg.FS.ReadDir(c.path(namesDir, name))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, readError(err, c.path(namesDir, name))
	}
	var numbers []int
	for _, e := range entries {
		digits, ok := strings.CutSuffix(e.Name(), ".json")
		if !ok || !asNumber.MatchString(digits) {
			continue
		}
		if n, err := strconv.Atoi(digits[1:]); err == nil && n > 0 {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	return numbers, nil
}

// gravestone is what is left of a deleted version, so that its number is never given again.
type gravestone struct {
	Name    string    `json:"name"`
	Number  int       `json:"number"`
	Hash    string    `json:"hash"` // empty where the version could not be read any more
	Deleted time.Time `json:"deleted"`
}

// read returns a version's manifest; nil where it was deleted.
func (c *Catalog) read(name string, number int) (*Manifest, error) {
	m, _, err := c.readOrGone(name, number)
	return m, err
}

// readOrGone returns a version's manifest, or what is left of it.
func (c *Catalog) readOrGone(name string, number int) (*Manifest, *gravestone, error) {
	path := c.manifestPath(name, number)
	at := fault.Where{File: path}
	f, err := c.cfg.FS.Open(path)
	if err != nil {
		return nil, nil, readError(err, path)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxManifest+1))
	if err != nil {
		return nil, nil, readError(err, path)
	}
	h, _, err := kindOf(data)
	if err != nil {
		return nil, nil, placed(err, at)
	}
	if h.Kind == kindDeleted {
		g := new(gravestone)
		if err := unseal(data, kindDeleted, g); err != nil {
			return nil, nil, placed(err, at)
		}
		return nil, g, nil
	}
	m, err := decodeManifest(data, c.cfg.MaxWeights)
	if err != nil {
		return nil, nil, placed(err, at)
	}
	if m.Name != name || m.Number != number {
		return nil, nil, fault.New(fault.CatalogDamaged, "it is the file of %s, and that of %s belongs here", m.Ref(), versionName(name, number)).At(at)
	}
	return m, nil, nil
}

// placed puts the coded errors in err's tree at a place.
func placed(err error, at fault.Where) error {
	var errs []error
	for _, e := range fault.List(err) {
		errs = append(errs, e.At(at))
	}
	return errors.Join(errs...)
}

// readError codes an error of reading the catalog.
func readError(err error, path string) error {
	if _, ok := fault.As(err); ok || err == nil {
		return err
	}
	return fault.New(fault.InputRead, "%w", err).At(fault.Where{File: path})
}
