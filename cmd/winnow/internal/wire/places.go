package wire

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/sidecar"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/fileset"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

// checkDistinct refuses two outputs at one place, and an output that is an input under whatever name (a link, an
// absolute path).
func checkDistinct(s *spec.Spec, fsys disk.FS) error {
	inputs := inputFiles(s, fsys)
	taken := make(map[string]string) // absolute path → as it was written
	if dead := deadLetters(s, nil); dead != nil {
		for _, p := range paths(dead) {
			taken[absolute(p)] = p
		}
	}
	for _, sink := range s.Sinks {
		where := fault.Where{Path: "sinks." + sink.Name + "." + sink.Kind + ".path"}
		for _, out := range paths(sink.Config) {
			if out == "-" {
				continue
			}
			if in := sameAs(fsys, out, inputs); in != "" {
				return fault.New(fault.ConfigLoop, "the output %s is the input %s", out, in).At(where)
			}
			if other, ok := taken[absolute(out)]; ok {
				return fault.New(fault.ConfigLoop, "the output %s is that of another sink as well (%s)", out, other).At(where)
			}
			taken[absolute(out)] = out
		}
	}
	return nil
}

func absolute(path string) string {
	abs, err := filepath.Abs(path)
	if err != nil { // the working folder is gone
		return filepath.Clean(path)
	}
	return abs
}

// checkFolders looks whether the folders of a spec's outputs are there and can be written to, all of them.
func checkFolders(s *spec.Spec) error {
	var errs []error
	for _, sink := range s.Sinks {
		for _, p := range paths(sink.Config) {
			if p == "-" {
				continue
			}
			dir := filepath.Dir(sidecar.Output(p))
			where := fault.Where{File: dir, Path: "sinks." + sink.Name + "." + sink.Kind + ".path"}
			info, err := os.Stat(dir)
			switch {
			case errors.Is(err, fs.ErrNotExist), err == nil && !info.IsDir():
				errs = append(errs, fault.New(fault.OutputFolder, "there is no such folder").At(where))
			case err != nil:
				errs = append(errs, fault.New(fault.OutputWrite, "%w", err).At(where))
			case unix.Access(dir, unix.W_OK) != nil:
				errs = append(errs, fault.New(fault.OutputWrite, "the folder can't be written to").At(where))
			}
		}
	}
	return errors.Join(errs...)
}

// InputFiles are the files that a spec reads; nil where it reads standard input or no files at all.
func InputFiles(s *spec.Spec) []string {
	if slices.Contains(paths(s.Source.Config), "-") {
		return nil
	}
	return inputFiles(s, disk.OS{})
}

// inputFiles leaves out what can't be found: whoever reads it will say so.
func inputFiles(s *spec.Spec, fsys disk.FS) []string {
	var all []string
	for _, in := range paths(s.Source.Config) {
		if files, err := expand(fsys, in); err == nil {
			all = append(all, files...)
		}
	}
	return all
}

// expand lists the files behind an input path.
func expand(fsys disk.FS, path string) ([]string, error) {
	if path == "-" {
		return nil, nil
	}
	return fileset.Expand(fsys, path)
}

// sameAs returns the input that is the same file as out; empty where none is.
func sameAs(fsys disk.FS, out string, inputs []string) string {
	a, err := fsys.Stat(out)
	if err != nil {
		return ""
	}
	for _, in := range inputs {
		if b, err := fsys.Stat(in); err == nil && os.SameFile(a, b) {
			return in
		}
	}
	return ""
}
