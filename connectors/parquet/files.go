package parquet

import (
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// listFiles returns the files that a path means: itself, a glob's matches, or what lies below a folder.
func listFiles(fsys disk.FS, path string) ([]string, error) {
	info, err := fsys.Stat(path)
	switch {
	case err == nil && !info.IsDir():
		return []string{path}, nil
	case err == nil:
		return below(fsys, path)
	case errors.Is(err, fs.ErrNotExist) && strings.ContainsAny(path, "*?["):
		return glob(fsys, path)
	default:
		return nil, readError(path, err)
	}
}

func below(fsys disk.FS, folder string) ([]string, error) {
	files, err := disk.Walk(fsys, folder)
	if err != nil {
		return nil, readError(folder, err)
	}
	files = slices.DeleteFunc(files, func(f string) bool { return !isParquet(f) })
	if len(files) == 0 {
		return nil, fault.New(fault.InputMissing, "the folder has no Parquet file (*.parquet, *.parq, *.pq)").At(fault.Where{File: folder})
	}
	return files, nil
}

func isParquet(name string) bool {
	switch filepath.Ext(name) {
	case ".parquet", ".parq", ".pq":
		return true
	default:
		return false
	}
}

// glob matches a pattern, whose folders may be patterns too, against the file system.
func glob(fsys disk.FS, pattern string) ([]string, error) {
	if _, err := filepath.Match(pattern, ""); err != nil {
		return nil, fault.New(fault.InputMissing, "the pattern has a bracket that is not closed").At(fault.Where{File: pattern})
	}
	var found []string
	dirs := []string{""}
	if filepath.IsAbs(pattern) {
		dirs = []string{string(filepath.Separator)}
	}
	parts := strings.Split(strings.Trim(filepath.ToSlash(pattern), "/"), "/")
	for i, part := range parts {
		var next []string
		for _, dir := range dirs {
			next = append(next, match(fsys, dir, part, i == len(parts)-1)...)
		}
		dirs = next
	}
	found = dirs
	if len(found) == 0 {
		return nil, fault.New(fault.InputMissing, "no file matches").At(fault.Where{File: pattern})
	}
	slices.Sort(found)
	return found, nil
}

// match returns the entries of a folder that match one part of a pattern: files for the last part, else folders.
func match(fsys disk.FS, dir, part string, last bool) []string {
	if !strings.ContainsAny(part, "*?[") {
		path := filepath.Join(dir, part)
		if info, err := fsys.Stat(path); err != nil || info.IsDir() == last {
			return nil
		}
		return []string{path}
	}
	name := dir
	if name == "" {
		name = "."
	}
	entries, err := fsys.ReadDir(name)
	if err != nil {
		return nil
	}
	var out []string
	for _, e := range entries {
		hidden := e.Name()[0] == '.' || e.Name()[0] == '_'
		if ok, _ := filepath.Match(part, e.Name()); ok && !hidden && e.IsDir() != last {
			out = append(out, filepath.Join(dir, e.Name()))
		}
	}
	return out
}
