package store

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/plugins/host"
	"github.com/winnow-stream/winnow/plugins/manifest"
)

const (
	lockFile   = "lock.json"
	lockFormat = 1
)

// Lock is what lock.json says of an installed plugin.
type Lock struct {
	Format    int               `json:"format"`
	Name      string            `json:"name"`
	Version   string            `json:"version"`
	SHA256    string            `json:"sha256"` // of the tree of files
	Files     map[string]string `json:"files"`  // see tree
	From      string            `json:"from"`   // the folder that it was installed from
	Installed time.Time         `json:"installed"`
}

// Plugin is a plugin in a folder, ready to be started.
type Plugin struct {
	*manifest.Manifest
	Dir  string
	Hash string // of its files, in hex
	Lock *Lock  // nil for one that is not installed
}

// Program is what is started of it with a configuration.
func (p *Plugin) Program(config []byte) host.Program {
	return host.Program{
		Name: p.Name, Version: p.Version, Dir: p.Dir, Command: p.Command, Env: p.Env, Secrets: p.Secrets(config), Memory: p.Memory.Bytes(),
	}
}

// Store is a folder of installed plugins. Several processes may use one.
type Store struct {
	dir string
}

// New is the store in a folder, which need not exist yet.
func New(dir string) *Store { return &Store{dir: dir} }

// Open is the plugin in a folder as it is there now, without a lock.
func Open(dir string) (*Plugin, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	m, err := manifest.Read(dir)
	if err != nil {
		return nil, err
	}
	files, err := gather(m, dir, func(path, _ string) (string, error) { return hashFile(m.Name, path) })
	if err != nil {
		return nil, err
	}
	return &Plugin{Manifest: m, Dir: dir, Hash: files.hash()}, nil
}

// Install copies the plugin in a folder into the store and locks the copy. It takes the place of one of the same name.
func (s *Store) Install(dir string) (*Plugin, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	m, err := manifest.Read(dir)
	if err != nil {
		return nil, err
	}
	home := filepath.Join(s.dir, m.Name)
	if err := os.MkdirAll(home, 0o700); err != nil {
		return nil, fault.Storage(err, home)
	}
	temp, err := os.MkdirTemp(home, "new-")
	if err != nil {
		return nil, fault.Storage(err, home)
	}
	defer func() { _ = os.RemoveAll(temp) }() // what was installed is elsewhere by then
	files, err := copyTree(m, dir, temp)
	if err != nil {
		return nil, fault.Storage(err, home)
	}
	lock := &Lock{
		Format: lockFormat, Name: m.Name, Version: m.Version, SHA256: files.hash(), Files: files, From: dir,
		Installed: time.Now().UTC().Truncate(time.Second),
	}
	if s.Build(lock.Name, lock.SHA256) == nil { // what lies there, if anything, was changed since it was installed
		err := os.RemoveAll(s.copyOf(lock))
		if err == nil {
			err = os.Rename(temp, s.copyOf(lock))
		}
		if err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, fault.Storage(err, home)
		}
	}
	data, err := json.MarshalIndent(lock, "", "  ")
	if err != nil {
		return nil, err
	}
	if err := disk.WriteFile(disk.OS{}, filepath.Join(home, lockFile), append(data, '\n')); err != nil {
		return nil, fault.Storage(err, home)
	}
	return s.Get(m.Name)
}

func (s *Store) copyOf(l *Lock) string { return filepath.Join(s.dir, l.Name, l.SHA256) }

// Get is an installed plugin, whose files are what was locked.
func (s *Store) Get(name string) (*Plugin, error) {
	lock, err := s.lock(name)
	if err != nil {
		return nil, err
	}
	dir := s.copyOf(lock)
	files, err := readTree(name, dir)
	if err != nil {
		return nil, err
	}
	for path, want := range lock.Files {
		if got := files[path]; got != want {
			return nil, changed(name, filepath.Join(dir, path), got, want)
		}
		delete(files, path)
	}
	for path, got := range files {
		return nil, changed(name, filepath.Join(dir, path), got, "")
	}
	m, err := manifest.Read(dir)
	if err != nil {
		return nil, err
	}
	return &Plugin{Manifest: m, Dir: dir, Hash: lock.SHA256, Lock: lock}, nil
}

// Build is the copy with a hash, of whatever install; nil where there is none, or it is no longer what the hash says.
func (s *Store) Build(name, hash string) *Plugin {
	dir := s.copyOf(&Lock{Name: name, SHA256: hash})
	files, err := readTree(name, dir)
	if err != nil || files.hash() != hash {
		return nil
	}
	m, err := manifest.Read(dir)
	if err != nil || m.Name != name {
		return nil
	}
	return &Plugin{Manifest: m, Dir: dir, Hash: hash}
}

// changed is the error of a file that is not what was locked.
func changed(name, path, got, want string) error {
	say := func(sum string) string {
		if sum == "" {
			return "not there"
		}
		return sum
	}
	return fault.New(fault.PluginChecksum, "plugin %s: a file was changed since it was installed: it is %s, and was %s", name, say(got), say(want)).
		At(fault.Where{File: path})
}

func (s *Store) lock(name string) (*Lock, error) {
	path := filepath.Join(s.dir, name, lockFile)
	if name == "" || name != filepath.Base(name) {
		return nil, fault.New(fault.PluginMissing, "%q is no plugin's name", name)
	}
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, s.missing(name)
	}
	if err != nil {
		return nil, fault.Storage(err, path)
	}
	lock := new(Lock)
	if err := json.Unmarshal(data, lock); err != nil || lock.Format != lockFormat || lock.Name != name || tree(lock.Files).hash() != lock.SHA256 {
		return nil, fault.New(fault.PluginChecksum, "plugin %s: its lock is damaged, or another winnow's", name).At(fault.Where{File: path})
	}
	return lock, nil
}

func (s *Store) missing(name string) error {
	e := fault.New(fault.PluginMissing, "no plugin %q is installed", name)
	if near := fault.Nearest(name, s.names()); near != "" {
		return e.WithFix("did you mean %s?", near)
	}
	return e
}

// List returns what is installed, by name; the error joins what can't be used.
func (s *Store) List() ([]*Plugin, error) {
	var all []*Plugin
	var errs []error
	for _, name := range s.names() {
		p, err := s.Get(name)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		all = append(all, p)
	}
	return all, errors.Join(errs...)
}

func (s *Store) names() []string {
	entries, _ := os.ReadDir(s.dir) // no folder, no plugins
	var names []string
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") && isFile(filepath.Join(s.dir, e.Name(), lockFile)) {
			names = append(names, e.Name())
		}
	}
	return names
}

// Remove deletes a plugin with every copy.
func (s *Store) Remove(name string) error {
	if _, err := s.lock(name); err != nil && !fault.Is(err, fault.PluginChecksum) {
		return err
	}
	home := filepath.Join(s.dir, name)
	if err := os.Remove(filepath.Join(home, lockFile)); err != nil {
		return fault.Storage(err, home)
	}
	return fault.Storage(os.RemoveAll(home), home)
}
