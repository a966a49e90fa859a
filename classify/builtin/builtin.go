package builtin

import (
	"embed"
	"io/fs"
	"path"
	"strings"

	"github.com/winnow-stream/winnow/classify/catalog"
)

// WINNOW_TASKS names the folder of the tasks.
//go:generate go run ./gen

//go:embed catalog/names catalog/blobs
var files embed.FS

// All are the built-in classifiers, by name.
func All() []catalog.Builtin {
	names, err := fs.ReadDir(files, "catalog/names")
	if err != nil {
		panic(err) // the folder is compiled in
	}
	all := make([]catalog.Builtin, len(names))
	for i, n := range names {
		all[i] = catalog.Builtin{Name: n.Name(), FS: part{n.Name()}}
	}
	return all
}

// part is what the folder has of one name, where catalog.Builtin wants it.
type part struct{ name string }

// Open opens a manifest of the name, or weights.
func (p part) Open(file string) (fs.File, error) {
	if !strings.HasPrefix(file, "blobs/") {
		file = path.Join("names", p.name, file)
	}
	return files.Open(path.Join("catalog", file))
}
