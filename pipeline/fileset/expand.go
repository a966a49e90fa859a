package fileset

import (
	"cmp"
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Expand returns the files that a path stands for, sorted: the file itself, all files below a folder, or what a pattern
// matches (*, ? and [a-z] within a name, ** for any folders). Hidden files and those that begin with an underscore
// count only where the pattern says so.
func Expand(fsys disk.FS, path string) ([]string, error) {
	info, err := fsys.Stat(path)
	switch {
	case err == nil && !info.IsDir():
		return []string{path}, nil
	case err == nil:
		files, err := disk.Walk(fsys, path)
		if err != nil {
			return nil, fault.Unreadable(err, path)
		}
		if len(files) == 0 {
			return nil, fault.New(fault.InputMissing, "the folder holds no file").At(fault.Where{File: path}).
				WithFix("check the path; names that begin with a dot or an underscore don't count")
		}
		return files, nil
	case !errors.Is(err, fs.ErrNotExist):
		return nil, fault.Unreadable(err, path)
	case !strings.ContainsAny(path, "*?["):
		return nil, missing(fsys, path, err)
	}
	files, err := glob(fsys, path)
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fault.New(fault.InputMissing, "no file matches the pattern").At(fault.Where{File: path})
	}
	slices.Sort(files)
	return slices.Compact(files), nil
}

// missing is the error for a path that does not exist, with the name beside it that was likely meant.
func missing(fsys disk.FS, path string, cause error) error {
	e := fault.New(fault.InputMissing, "there is no such file or folder").At(fault.Where{File: path})
	e.Err = cause
	entries, err := fsys.ReadDir(filepath.Dir(path))
	if err != nil {
		return e
	}
	names := make([]string, len(entries))
	for i, entry := range entries {
		names[i] = entry.Name()
	}
	if near := fault.Nearest(filepath.Base(path), names); near != "" {
		return e.WithFix("check the path; did you mean %s?", filepath.Join(filepath.Dir(path), near))
	}
	return e
}

// glob lists the files that match a pattern.
func glob(fsys disk.FS, pattern string) ([]string, error) {
	if _, err := filepath.Match(pattern, ""); err != nil {
		return nil, fault.New(fault.InputMissing, "the pattern is malformed: %w", err).At(fault.Where{File: pattern}).
			WithFix("close the bracket, or escape it with a backslash")
	}
	pattern = filepath.Clean(pattern)
	root, rest := "", pattern
	if filepath.IsAbs(pattern) {
		root = string(filepath.Separator)
		rest = strings.TrimPrefix(pattern, root)
	}
	var files []string
	err := globIn(fsys, root, strings.Split(rest, string(filepath.Separator)), &files)
	return files, err
}

// globIn adds the files below folder dir that match the elements of a pattern.
func globIn(fsys disk.FS, dir string, elements []string, files *[]string) error {
	element, rest := elements[0], elements[1:]
	if element == ".." || (!strings.ContainsAny(element, "*?[\\") && len(rest) > 0) {
		return globIn(fsys, filepath.Join(dir, element), rest, files)
	}
	entries, err := fsys.ReadDir(cmp.Or(dir, "."))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fault.Unreadable(err, dir)
	}
	if element == "**" && len(rest) > 0 {
		if err := globIn(fsys, dir, rest, files); err != nil {
			return err
		}
	}
	for _, e := range entries {
		if err := globEntry(fsys, dir, e, elements, files); err != nil {
			return err
		}
	}
	return nil
}

func globEntry(fsys disk.FS, dir string, e fs.DirEntry, elements []string, files *[]string) error {
	element, rest := elements[0], elements[1:]
	if strings.ContainsRune("._", rune(e.Name()[0])) && element[0] != e.Name()[0] {
		return nil
	}
	path := filepath.Join(dir, e.Name())
	if element == "**" {
		if e.IsDir() {
			return globIn(fsys, path, elements, files)
		}
		if len(rest) == 0 {
			*files = append(*files, path)
		}
		return nil
	}
	if ok, _ := filepath.Match(element, e.Name()); !ok {
		return nil
	}
	if len(rest) > 0 {
		if !e.IsDir() {
			return nil
		}
		return globIn(fsys, path, rest, files)
	}
	if !e.IsDir() {
		*files = append(*files, path)
	}
	return nil
}
