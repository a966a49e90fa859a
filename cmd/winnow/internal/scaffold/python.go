package scaffold

import (
	"embed"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/plugins/examples"
	"github.com/winnow-stream/winnow/plugins/manifest"
)

//go:embed python
var python embed.FS

var pythonProjects = map[manifest.Kind]example{
	manifest.Classifier: {examples.PythonClassifier, "keywords-python"},
	manifest.Source:     {examples.PythonSource, "lines-python"},
	manifest.Sink:       {examples.PythonSink, "parts-python"},
}

// Python writes the project of a plugin in Python, as Project does that of one in Go.
func Python(kind manifest.Kind, dir, name, sdk string) (found string, err error) {
	version, folder, err := base(sdk)
	if err != nil {
		return "", err
	}
	if err := makeFolder(dir); err != nil {
		return "", err
	}
	requirement := "winnow-plugin==" + strings.TrimPrefix(version, "v")
	if folder != "" {
		at := url.URL{Scheme: "file", Path: filepath.ToSlash(filepath.Join(folder, "plugins", "python"))}
		requirement = "winnow-plugin @ " + at.String()
	}
	from := pythonProjects[kind]
	forms := strings.NewReplacer(`"`+from.name+`"`, `"`+name+`"`, "name: "+from.name, "name: "+name)
	own := strings.NewReplacer("NAME", name)
	err = errors.Join(
		copyAll(from.files, from.name, dir, forms),
		copyAll(python, "python/common", dir, own),
		copyAll(python, "python/"+string(kind), dir, own),
		os.WriteFile(filepath.Join(dir, "requirements.txt"), []byte(requirement+"\n"), 0o644),
	)
	return folder, fault.Storage(err, dir)
}
