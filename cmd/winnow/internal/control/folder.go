package control

import (
	"os"
	"path/filepath"
)

// Folder is the user's folder of control sockets: below XDG_RUNTIME_DIR where that is set, else in the user's cache
// folder. It is not made yet.
func Folder() (string, error) {
	if dir := os.Getenv("XDG_RUNTIME_DIR"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "winnow"), nil
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "winnow", "run"), nil
}

// makeFolder makes the folder for this user alone, and refuses one that others could write to.
func makeFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return os.Chmod(dir, 0o700)
}
