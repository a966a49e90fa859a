package scaffold

import (
	"embed"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/winnow-stream/winnow/plugins/examples"
	"github.com/winnow-stream/winnow/plugins/manifest"
)

// Language is what a project is written in.
type Language string

// The languages.
const (
	Go     Language = "go"
	Python Language = "python"
)

var (
	//go:embed project
	goFiles embed.FS
	//go:embed python
	pythonFiles embed.FS
)

// example is a plugin whose name the project's own takes the place of.
type example struct {
	files embed.FS
	name  string // and the folder in files
}

// language is what makes a project of an example.
type language struct {
	examples map[manifest.Kind]example
	files    embed.FS // what a project has beside the example, in the folder's common and in that of its kind
	folder   string
	// requirement is the file, and its text, that says what a project is built on: a version of winnow's, or the source in a folder.
	requirement func(name, version, folder string) (file, text string)
}

var languages = map[Language]language{
	Go: {
		examples: map[manifest.Kind]example{
			manifest.Classifier: {examples.Classifier, "keywords"},
			manifest.Source:     {examples.Source, "lines"},
			manifest.Sink:       {examples.Sink, "parts"},
		},
		files: goFiles, folder: "project", requirement: goMod,
	},
	Python: {
		examples: map[manifest.Kind]example{
			manifest.Classifier: {examples.PythonClassifier, "keywords-python"},
			manifest.Source:     {examples.PythonSource, "lines-python"},
			manifest.Sink:       {examples.PythonSink, "parts-python"},
		},
		files: pythonFiles, folder: "python", requirement: requirements,
	},
}

func goMod(name, version, folder string) (file, text string) {
	text = fmt.Sprintf("module %s\n\ngo 1.26.0\n\nrequire %s %s\n", name, module, version)
	if folder != "" {
		text += fmt.Sprintf("\nreplace %s => %s\n", module, folder)
	}
	return "go.mod", text
}

func requirements(_, version, folder string) (file, text string) {
	text = "winnow-plugin==" + strings.TrimPrefix(version, "v")
	if folder != "" {
		at := url.URL{Scheme: "file", Path: filepath.ToSlash(filepath.Join(folder, "plugins", "python"))}
		text = "winnow-plugin @ " + at.String()
	}
	return "requirements.txt", text + "\n"
}
