package store_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/plugins/store"
)

const manifest = `name: shout
version: 1.0.0
protocol: 1
kinds: [classifier]
command: [bin/shout, -v, words.txt, ../x, missing.txt]
files: [models]
`

// project is a plugin's folder.
func project(dir string) error {
	for name, text := range map[string]string{"plugin.yaml": manifest, "bin/shout": "#!/bin/sh\n", "models/a.bin": "weights", "words.txt": "loud", "notes.txt": "not the plugin's"} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			return err
		}
	}
	return os.Chmod(filepath.Join(dir, "bin/shout"), 0o755)
}

// What is started is a copy of what the manifest names.
func Example() {
	dir, err := os.MkdirTemp("", "store")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	if err := project(filepath.Join(dir, "shout")); err != nil {
		fmt.Println(err)
		return
	}
	p, err := store.New(filepath.Join(dir, "installed")).Install(filepath.Join(dir, "shout"))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(p.Name, p.Version, len(p.Lock.Files), strings.HasPrefix(p.Dir, filepath.Join(dir, "installed")))
	// Output: shout 1.0.0 4 true
}

func installed(t *testing.T) (*store.Store, *store.Plugin, string) {
	t.Helper()
	dir := t.TempDir()
	if err := project(dir); err != nil {
		t.Fatal(err)
	}
	s := store.New(t.TempDir())
	p, err := s.Install(dir)
	if err != nil {
		t.Fatal(err)
	}
	return s, p, dir
}

// TestChanged refuses a copy that is not what was installed any more.
func TestChanged(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(dir string) error
		code   *fault.Code
		want   string
	}{
		"content": {func(dir string) error {
			path := filepath.Join(dir, "bin/shout")
			return errors.Join(os.Chmod(path, 0o700), os.WriteFile(path, []byte("evil"), 0o700))
		}, fault.PluginChecksum, "plugin shout: a file was changed since it was installed: it is xb5c1fb2e"},
		"another file": {func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "models/b.bin"), nil, 0o600)
		}, fault.PluginChecksum, "and was not there"},
		"missing file": {func(dir string) error {
			return os.Remove(filepath.Join(dir, "models/a.bin"))
		}, fault.PluginChecksum, "it is not there, and was "},
		"not executable": {func(dir string) error {
			return os.Chmod(filepath.Join(dir, "bin/shout"), 0o400)
		}, fault.PluginChecksum, "and was x"},
		"world-writable": {func(dir string) error {
			return os.Chmod(filepath.Join(dir, "models/a.bin"), 0o666)
		}, fault.PluginFile, "everybody may change the file"},
		"lock": {func(dir string) error {
			path := filepath.Join(dir, "../lock.json")
			lock, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			return os.WriteFile(path, []byte(strings.Replace(string(lock), `"models/a.bin"`, `"models/c.bin"`, 1)), 0o600)
		}, fault.PluginChecksum, "its lock is damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			s, p, dir := installed(t)
			if err := tt.change(p.Dir); err != nil {
				t.Fatal(err)
			}
			_, err := s.Get("shout")
			if !fault.Is(err, tt.code) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q in it", err, tt.want)
			}
			if name != "lock" && s.Build("shout", p.Hash) != nil {
				t.Error("by its hash it is there")
			}
			if again, err := s.Install(dir); err != nil || again.Hash != p.Hash {
				t.Errorf("installed again: %v", err)
			}
		})
	}
}

// TestAgain installs over what is there: the lock names the new copy, and a pipeline that runs the old one keeps it.
func TestAgain(t *testing.T) {
	s, old, dir := installed(t)
	if same, err := s.Install(dir); err != nil || same.Hash != old.Hash {
		t.Fatalf("the same again is %v, %v", same, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "models/a.bin"), []byte("better weights"), 0o644); err != nil {
		t.Fatal(err)
	}
	fresh, err := s.Install(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := s.Get("shout"); err != nil || got.Hash != fresh.Hash || got.Hash == old.Hash {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := os.Stat(filepath.Join(old.Dir, "bin/shout")); err != nil {
		t.Error(err)
	}
	if err := s.Remove("shout"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get("shout"); !fault.Is(err, fault.PluginMissing) {
		t.Errorf("removed, it is %v", err)
	}
}

// TestInstallRefused leaves nothing behind of what can't be installed.
func TestInstallRefused(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(dir string) error
		want   string
	}{
		"world-writable": {func(dir string) error { return os.Chmod(filepath.Join(dir, "bin/shout"), 0o777) }, "everybody may change the file"},
		"missing":        {func(dir string) error { return os.Remove(filepath.Join(dir, "bin/shout")) }, "a file that belongs to it can't be read"},
		"a link to a folder": {func(dir string) error {
			return os.Symlink(os.TempDir(), filepath.Join(dir, "models/link"))
		}, "it is not a file"},
	} {
		t.Run(name, func(t *testing.T) {
			dir, home := t.TempDir(), t.TempDir()
			if err := errors.Join(project(dir), tt.change(dir)); err != nil {
				t.Fatal(err)
			}
			s := store.New(home)
			_, err := s.Install(dir)
			if !fault.Is(err, fault.PluginFile) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q in it", err, tt.want)
			}
			if all, err := s.List(); len(all) > 0 || err != nil {
				t.Errorf("there are %v, %v", all, err)
			}
			if left, _ := filepath.Glob(filepath.Join(home, "shout/*")); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// TestMissing guesses what was meant.
func TestMissing(t *testing.T) {
	s, _, _ := installed(t)
	_, err := s.Get("shuot")
	if e, ok := fault.As(err); !ok || e.Code != fault.PluginMissing || e.Remedy() != "did you mean shout?" {
		t.Errorf("got %v", err)
	}
	for _, name := range []string{"", "..", "a/b"} {
		if _, err := s.Get(name); !fault.Is(err, fault.PluginMissing) {
			t.Errorf("%q: %v", name, err)
		}
	}
}
