package wire

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

// maxSpec is more than any spec has, in bytes.
const maxSpec = 4 << 20

// Load reads a spec from a file, or from stdin where the path is "-", with values replaced by path=value.
func Load(path string, stdin io.Reader, set []string) (*spec.Spec, error) {
	data, err := read(path, stdin)
	if err != nil {
		return nil, err
	}
	if path == "-" {
		path = "stdin"
	}
	return spec.Parse(path, data, Kinds(), os.LookupEnv, set...)
}

func read(path string, stdin io.Reader) ([]byte, error) {
	in := stdin
	if path != "-" {
		f, err := os.Open(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fault.New(fault.InputMissing, "there is no such spec: %w", err).At(fault.Where{File: path}).WithFix("%s", similar(path))
		}
		if err != nil {
			return nil, fault.New(fault.InputRead, "%w", err).At(fault.Where{File: path})
		}
		defer f.Close()
		in = f
	}
	data, err := io.ReadAll(io.LimitReader(in, maxSpec))
	if err != nil {
		return nil, fault.New(fault.InputRead, "%w", err).At(fault.Where{File: path})
	}
	return data, nil
}

// similar says which file of the same folder was likely meant.
func similar(path string) string {
	entries, _ := os.ReadDir(filepath.Dir(path)) // no folder, no guess
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	if near := fault.Nearest(filepath.Base(path), names); near != "" {
		return "check the path; did you mean " + filepath.Join(filepath.Dir(path), near) + "?"
	}
	return "check the path"
}
