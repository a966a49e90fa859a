package models

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Model is a model that was added.
type Model struct {
	Name    string    `json:"name"`
	Backend string    `json:"backend"`
	Hash    string    `json:"hash"` // over everything that decides a vector
	Dim     int       `json:"dim"`  // components of a text's vector
	Layers  int       `json:"layers,omitempty"`
	Memory  int64     `json:"memory"` // bytes of its weights, loaded
	Notices []string  `json:"notices,omitempty"`
	Added   time.Time `json:"added"`
	Folder  string    `json:"folder,omitempty"` // where its files are
}

// Store is a folder of models. Processes may share it.
type Store struct{ dir string }

// New returns the store in a folder, which need not be there yet.
func New(dir string) *Store { return &Store{dir} }

// infoFile is what is known of a model, beside its files.
const infoFile = "model.json"

var validName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,63}$`)

// IsName says whether a text can be a model's name.
func IsName(text string) bool { return validName.MatchString(text) }

// Add checks the model of a folder and copies its files under a name. The same model under its name is left as it is;
// another one is refused. The error names the file that is at fault.
func (s *Store) Add(name, from string) (*Model, error) {
	if !IsName(name) {
		return nil, fault.New(fault.ModelName, "%q can't be a model's name", name)
	}
	m, files, err := inspect(from)
	if err != nil {
		return nil, err
	}
	if old, err := s.Find(name); err == nil {
		if old.Hash == m.Hash {
			return old, nil
		}
		return nil, fault.New(fault.ModelName, "%s is another model already, in %s", name, old.Folder)
	}
	m.Name, m.Added = name, time.Now().UTC()
	return m, s.enter(m, from, files)
}

// enter copies the files aside and lets them appear under the model's name at once.
func (s *Store) enter(m *Model, from string, files []string) (err error) {
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return fault.New(fault.StorageIO, "%w", err).At(fault.Where{File: s.dir})
	}
	aside, err := os.MkdirTemp(s.dir, ".adding-")
	if err != nil {
		return fault.New(fault.StorageIO, "%w", err).At(fault.Where{File: s.dir})
	}
	defer func() { err = errors.Join(err, os.RemoveAll(aside)) }()
	for _, name := range files {
		if err := copyFile(filepath.Join(aside, filepath.FromSlash(name)), filepath.Join(from, filepath.FromSlash(name))); err != nil {
			return fault.New(fault.StorageIO, "%w", err).At(fault.Where{File: name})
		}
	}
	data, err := json.Marshal(m)
	if err != nil {
		return err
	}
	if err := disk.WriteFile(disk.OS{}, filepath.Join(aside, infoFile), data); err != nil {
		return err
	}
	m.Folder = filepath.Join(s.dir, m.Name)
	if err := os.Chmod(aside, 0o755); err != nil {
		return err
	}
	if err := os.Rename(aside, m.Folder); err != nil {
		return fault.New(fault.StorageIO, "%w", err).At(fault.Where{File: m.Folder})
	}
	return disk.OS{}.SyncDir(s.dir)
}

// copyFile copies a file to the disk, with the folders above it.
func copyFile(to, from string) (err error) {
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Sync(), out.Close())
}

// Find returns a model by its name. The error is a *fault.Error of the code model.unknown where there is none.
func (s *Store) Find(name string) (*Model, error) {
	unknown := fault.New(fault.ModelUnknown, "there is no model %q", name)
	if !IsName(name) {
		return nil, unknown
	}
	folder := filepath.Join(s.dir, name)
	data, err := os.ReadFile(filepath.Join(folder, infoFile))
	if errors.Is(err, fs.ErrNotExist) {
		all, _ := s.List()
		names := make([]string, len(all))
		for i := range all {
			names[i] = all[i].Name
		}
		if near := fault.Nearest(name, names); near != "" {
			return nil, unknown.WithFix("did you mean %s?", near)
		}
		return nil, unknown
	}
	m := new(Model)
	if err == nil {
		err = json.Unmarshal(data, m)
	}
	if err != nil {
		return nil, fault.New(fault.ModelInvalid, "%w", err).At(fault.Where{File: filepath.Join(folder, infoFile)}).WithFix("remove the folder, and add the model again")
	}
	m.Name, m.Folder = name, folder
	return m, nil
}

// List returns all models in the order of their names, and what is wrong with the others.
func (s *Store) List() ([]Model, error) {
	entries, err := os.ReadDir(s.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fault.New(fault.StorageIO, "%w", err).At(fault.Where{File: s.dir})
	}
	var all []Model
	var errs []error
	for _, e := range entries {
		if !e.IsDir() || !IsName(e.Name()) {
			continue
		}
		if _, err := os.Stat(filepath.Join(s.dir, e.Name(), infoFile)); err != nil {
			continue
		}
		m, err := s.Find(e.Name())
		if err != nil {
			errs = append(errs, err)
			continue
		}
		all = append(all, *m)
	}
	return all, errors.Join(errs...)
}
