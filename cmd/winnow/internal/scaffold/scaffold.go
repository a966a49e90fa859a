package scaffold

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"

	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/plugins/manifest"
)

const module = "github.com/winnow-stream/winnow"

// Project writes the project of a plugin, of any kind, into a new folder. sdk is the folder of winnow's source that it is built on;
// empty for the released version of this binary, or for the source that the binary lies in, which found tells then.
func Project(in Language, kind manifest.Kind, dir, name, sdk string) (found string, err error) {
	version, found, err := base(sdk)
	if err != nil {
		return "", err
	}
	if err := makeFolder(dir); err != nil {
		return "", err
	}
	l := languages[in]
	from := l.examples[kind]
	forms := strings.NewReplacer(
		`"`+from.name+`"`, `"`+name+`"`, "Command "+from.name, "Command "+name, "name: "+from.name, "name: "+name,
		"bin/"+from.name, "bin/"+name,
	)
	own := strings.NewReplacer("NAME", name)
	file, text := l.requirement(name, version, found)
	err = errors.Join(
		copyAll(from.files, from.name, dir, forms),
		copyAll(l.files, l.folder+"/common", dir, own),
		copyAll(l.files, l.folder+"/"+string(kind), dir, own),
		os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644),
	)
	return found, fault.Storage(err, dir)
}

// makeFolder makes a folder that is not there.
func makeFolder(dir string) error {
	err := os.Mkdir(dir, 0o755)
	if errors.Is(err, fs.ErrExist) {
		return fault.New(fault.PluginExists, "the folder is there already").At(fault.Where{File: dir})
	}
	return fault.Storage(err, dir)
}

// copyAll writes the files of a folder, with other words in them.
func copyAll(from fs.FS, folder, dir string, words *strings.Replacer) error {
	return fs.WalkDir(from, folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		to := filepath.Join(dir, filepath.FromSlash(strings.TrimPrefix(path, folder)))
		if d.IsDir() {
			return os.MkdirAll(to, 0o755)
		}
		data, err := fs.ReadFile(from, path)
		if err != nil {
			return err
		}
		if d.Name() == "gitignore" {
			to = filepath.Join(filepath.Dir(to), ".gitignore")
		}
		return os.WriteFile(to, []byte(words.Replace(string(data))), 0o644)
	})
}

// base is what a project is built on: a release, or the source in a folder, whose version is v0.0.0.
func base(sdk string) (version, folder string, err error) {
	if sdk == "" {
		if info, ok := debug.ReadBuildInfo(); ok && info.Main.Path == module && released(info.Main.Version) {
			return info.Main.Version, "", nil
		}
		if sdk = source(); sdk == "" {
			return "", "", fault.New(fault.Usage, "this winnow is neither a release nor in its source, so that nothing says where the SDK is").
				WithFix("name the folder of winnow's source with --sdk")
		}
	}
	if sdk, err = filepath.Abs(sdk); err != nil {
		return "", "", err
	}
	if !isSource(sdk) {
		return "", "", fault.New(fault.Usage, "the folder does not hold winnow's source").At(fault.Where{File: sdk}).
			WithFix("name the folder that holds winnow's go.mod")
	}
	return "v0.0.0", sdk, nil
}

// released tells a version that can be downloaded from one that was built of a checkout.
func released(version string) bool {
	return strings.HasPrefix(version, "v") && !strings.Contains(version, "-") && !strings.Contains(version, "+")
}

// source looks for winnow's go.mod above the binary; empty where there is none.
func source() string {
	exe, err := os.Executable()
	if err != nil {
		return ""
	}
	for dir := filepath.Dir(exe); ; dir = filepath.Dir(dir) {
		if isSource(dir) {
			return dir
		}
		if dir == filepath.Dir(dir) {
			return ""
		}
	}
}

func isSource(dir string) bool {
	data, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	return err == nil && strings.HasPrefix(string(data), "module "+module+"\n")
}
