package python

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// With returns an interpreter that has the packages, as pip names them. They are installed once, into an environment of
// that name below WINNOW_TOOLS_CACHE, by default the user's cache.
func With(t *testing.T, environment string, packages ...string) string {
	t.Helper()
	cache := os.Getenv("WINNOW_TOOLS_CACHE")
	if cache == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			t.Fatal(err)
		}
		cache = filepath.Join(user, "winnow-tools")
	}
	venv := filepath.Join(cache, environment)
	interpreter, done := filepath.Join(venv, "bin", "python"), filepath.Join(venv, strings.Join(packages, " "))
	if _, err := os.Stat(done); err == nil {
		return interpreter
	}
	for _, args := range [][]string{
		{"python3", "-m", "venv", "--clear", venv},
		append([]string{interpreter, "-m", "pip", "install", "-q", "--disable-pip-version-check"}, packages...),
	} {
		if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
	}
	if err := os.WriteFile(done, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	return interpreter
}
