package store

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/plugins/manifest"
)

// tree is the files of a plugin: the SHA-256 in hex of each, by its path with slashes. One that can be executed has an 'x'
// before it.
type tree map[string]string

// hash is the hash of the whole tree.
func (t tree) hash() string {
	h := sha256.New()
	for _, path := range slices.Sorted(maps.Keys(t)) {
		fmt.Fprintf(h, "%s %q\n", t[path], path)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// copyTree copies what a manifest names from one folder to another, and hashes what it copied.
func copyTree(m *manifest.Manifest, from, to string) (tree, error) {
	return gather(m, from, func(path, relative string) (string, error) {
		return copyFile(m.Name, path, filepath.Join(to, relative))
	})
}

// gather visits each file in a folder that a manifest names, itself, the program and its arguments included, and collects their
// entries.
func gather(m *manifest.Manifest, dir string, visit func(path, relative string) (string, error)) (tree, error) {
	names := append([]string{manifest.File}, m.Files...)
	if program := m.Command[0]; filepath.Base(program) != program || isFile(filepath.Join(dir, program)) {
		names = append(names, program)
	}
	for _, argument := range m.Command[1:] { // a script, where the program is its interpreter
		if filepath.IsLocal(argument) && isFile(filepath.Join(dir, argument)) {
			names = append(names, argument)
		}
	}
	t := make(tree)
	for _, name := range names {
		err := filepath.WalkDir(filepath.Join(dir, name), func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return unreadable(m.Name, path, err)
			}
			relative, err := filepath.Rel(dir, path)
			if err != nil || d.IsDir() {
				return err
			}
			key := filepath.ToSlash(relative)
			if _, ok := t[key]; ok {
				return nil
			}
			t[key], err = visit(path, relative)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return t, nil
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// copyFile copies a file into a folder that nobody else can reach, and returns its entry.
func copyFile(plugin, from, to string) (string, error) {
	in, err := os.Open(from)
	if err != nil {
		return "", unreadable(plugin, from, err)
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return "", unreadable(plugin, from, err)
	}
	if err := private(plugin, from, info); err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return "", err
	}
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o400|info.Mode().Perm()&0o100)
	if err != nil {
		return "", err
	}
	h := sha256.New()
	_, err = io.Copy(io.MultiWriter(out, h), in)
	if err := errors.Join(err, out.Sync(), out.Close()); err != nil {
		return "", err
	}
	return entry(info, h.Sum(nil)), nil
}

func entry(info fs.FileInfo, sum []byte) string {
	if info.Mode().Perm()&0o100 != 0 {
		return "x" + hex.EncodeToString(sum)
	}
	return hex.EncodeToString(sum)
}

// private refuses what is not a file, or can be changed by everybody.
func private(plugin, path string, info fs.FileInfo) error {
	where := fault.Where{File: path}
	switch {
	case !info.Mode().IsRegular():
		return fault.New(fault.PluginFile, "plugin %s: it is not a file", plugin).At(where)
	case info.Mode().Perm()&0o002 != 0:
		return fault.New(fault.PluginFile, "plugin %s: everybody may change the file", plugin).At(where).
			WithFix("look at what it is now, and chmod o-w it")
	}
	return nil
}

func unreadable(plugin, path string, err error) error {
	return fault.New(fault.PluginFile, "plugin %s: a file that belongs to it can't be read: %w", plugin, err).At(fault.Where{File: path})
}

// readTree hashes everything in the folder of a copy.
func readTree(plugin, dir string) (tree, error) {
	t := make(tree)
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return unreadable(plugin, path, err)
		}
		if d.IsDir() {
			return nil
		}
		relative, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		t[filepath.ToSlash(relative)], err = hashFile(plugin, path)
		return err
	})
	return t, err
}

func hashFile(plugin, path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", unreadable(plugin, path, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", unreadable(plugin, path, err)
	}
	if err := private(plugin, path, info); err != nil {
		return "", err
	}
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", unreadable(plugin, path, err)
	}
	return entry(info, h.Sum(nil)), nil
}
