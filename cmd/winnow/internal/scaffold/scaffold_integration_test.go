//go:build integration

package scaffold_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/scaffold"
	"github.com/winnow-stream/winnow/plugins/manifest"
)

// TestBuilds builds the projects and runs their tests, as they come.
func TestBuilds(t *testing.T) {
	for _, kind := range []manifest.Kind{manifest.Classifier, manifest.Source, manifest.Sink} {
		t.Run(string(kind), func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "mine")
			if _, err := scaffold.Project(kind, dir, "mine", source); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command("make", "test")
			cmd.Dir = dir
			cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			if _, err := os.Stat(filepath.Join(dir, "bin/mine")); err != nil {
				t.Error(err)
			}
		})
	}
}
