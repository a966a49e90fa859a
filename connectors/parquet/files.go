package parquet

import (
	"path/filepath"
	"slices"

	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/fileset"
)

// listFiles returns the files that a path means. Of a folder those are the ones whose names say that they are Parquet.
func listFiles(fsys disk.FS, path string) ([]string, error) {
	files, err := fileset.Expand(fsys, path)
	if err != nil {
		return nil, err
	}
	info, err := fsys.Stat(path) // a pattern is no path
	if folder := err == nil && info.IsDir(); !folder {
		return files, nil
	}
	files = slices.DeleteFunc(files, func(f string) bool { return !isParquet(f) })
	if len(files) == 0 {
		return nil, fault.New(fault.InputMissing, "the folder has no Parquet file (*.parquet, *.parq, *.pq)").At(fault.Where{File: path})
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
