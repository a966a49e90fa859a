package wire

import (
	"os"
	"path/filepath"
	"runtime"

	"github.com/winnow-stream/winnow/classify/builtin"
	"github.com/winnow-stream/winnow/classify/catalog"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

// Catalog is the catalog of classifiers: those that are built in, and those saved in the folder classifiers in WINNOW_HOME,
// or in the user's data folder.
func Catalog() (*catalog.Catalog, error) {
	home, err := home(os.LookupEnv, runtime.GOOS)
	if err != nil {
		return nil, err
	}
	return catalog.New(catalog.Config{Dir: filepath.Join(home, "classifiers"), Builtins: builtin.All()})
}

// home is where winnow keeps what outlives a run.
func home(env spec.Env, system string) (string, error) {
	if dir, _ := env("WINNOW_HOME"); dir != "" {
		return filepath.Abs(dir)
	}
	// The specification says that a relative path is to be ignored.
	if dir, _ := env("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "winnow"), nil
	}
	user, _ := env("HOME")
	switch {
	case user == "":
		return "", fault.New(fault.ConfigEnv, "there is no home folder to keep classifiers in").WithFix("set WINNOW_HOME to a folder")
	case system == "darwin":
		return filepath.Join(user, "Library", "Application Support", "winnow"), nil
	default:
		return filepath.Join(user, ".local", "share", "winnow"), nil
	}
}
