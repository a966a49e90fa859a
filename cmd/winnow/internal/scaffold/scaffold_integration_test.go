//go:build integration

package scaffold_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/scaffold"
	"github.com/winnow-stream/winnow/plugins/conform"
	"github.com/winnow-stream/winnow/plugins/host"
	"github.com/winnow-stream/winnow/plugins/manifest"
	"github.com/winnow-stream/winnow/plugins/plugintest"
	"github.com/winnow-stream/winnow/plugins/store"
)

// TestBuilds builds the project of each kind and language and runs its tests, as they come. Then it keeps the protocol's promises
// as an installed copy, more than once.
func TestBuilds(t *testing.T) {
	for _, kind := range []manifest.Kind{manifest.Classifier, manifest.Source, manifest.Sink} {
		for _, in := range []scaffold.Language{scaffold.Go, scaffold.Python} {
			t.Run(string(kind)+" in "+string(in), func(t *testing.T) {
				dir := filepath.Join(t.TempDir(), "mine")
				if _, err := scaffold.Project(in, kind, dir, "mine", source); err != nil {
					t.Fatal(err)
				}
				builds(t, dir)
			})
		}
	}
}

func builds(t *testing.T, dir string) {
	t.Helper()
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
		promises(t.Context(), t, p)
	}
}

// promises holds an installed plugin to what its kind promises. A sink writes elsewhere than into its own copy.
func promises(ctx context.Context, t *testing.T, p *store.Plugin) {
	t.Helper()
	config, err := p.ExampleConfig()
	if err != nil {
		t.Fatal(err)
	}
	h := plugintest.Host(t)
	report := func(r conform.Result) {
		if r.Err != nil {
			t.Errorf("it %s: %v", r.Promise, r.Err)
		}
	}
	switch {
	case p.Is(manifest.Source):
		conform.Source(ctx, h, host.SourceConfig{Program: p.Program(config), Config: config}, report)
	case p.Is(manifest.Sink):
		config = []byte(`{"folder": "` + filepath.ToSlash(t.TempDir()) + `"}`)
		conform.Sink(ctx, h, host.SinkConfig{Program: p.Program(config), Config: config}, report)
	default:
		conform.Classifier(ctx, h, host.ClassifierConfig{Program: p.Program(config), Answers: p.Name, Config: config}, report)
	}
}
