//go:build integration

package scaffold_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/scaffold"
	"github.com/winnow-stream/winnow/plugins/conform"
	"github.com/winnow-stream/winnow/plugins/host"
	"github.com/winnow-stream/winnow/plugins/plugintest"
	"github.com/winnow-stream/winnow/plugins/store"
)

// TestBuilds builds the project of each language and runs its tests, as they come. Then it keeps the protocol's promises as an
// installed copy, more than once.
func TestBuilds(t *testing.T) {
	for lang, write := range map[string]func(dir, name, sdk string) (string, error){"go": scaffold.Classifier, "python": scaffold.Python} {
		t.Run(lang, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "mine")
			if _, err := write(dir, "mine", source); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command("make", "test")
			cmd.Dir = dir
			cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			s := store.New(t.TempDir())
			if _, err := s.Install(dir); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				p, err := s.Get("mine")
				if err != nil {
					t.Fatal(err)
				}
				config, err := p.ExampleConfig()
				if err != nil {
					t.Fatal(err)
				}
				conform.Classifier(t.Context(), plugintest.Host(t), host.ClassifierConfig{Program: p.Program(), Answers: p.Name, Config: config}, func(r conform.Result) {
					if r.Err != nil {
						t.Errorf("it %s: %v", r.Promise, r.Err)
					}
				})
			}
		})
	}
}
