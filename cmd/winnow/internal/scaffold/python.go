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
)

//go:embed python
var python embed.FS

// pythonExample is the example's name.
const pythonExample = "keywords-python"

// Python writes the project of a classifier in Python into a new folder, as Classifier does that of one in Go.
func Python(dir, name, sdk string) (found string, err error) {
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
	forms := strings.NewReplacer(`"`+pythonExample+`"`, `"`+name+`"`, "name: "+pythonExample, "name: "+name)
	err = errors.Join(
		copyAll(examples.Python, pythonExample, dir, forms),
		copyAll(python, "python", dir, strings.NewReplacer("NAME", name)),
		os.WriteFile(filepath.Join(dir, "requirements.txt"), []byte(requirement+"\n"), 0o644),
	)
	return folder, fault.Storage(err, dir)
}
