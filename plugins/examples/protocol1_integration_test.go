//go:build integration

package examples_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/winnow-stream/winnow/plugins/conform"
	"github.com/winnow-stream/winnow/plugins/host"
	"github.com/winnow-stream/winnow/plugins/plugintest"
	"github.com/winnow-stream/winnow/plugins/store"
)

// TestProtocol1 builds a plugin that was written for protocol 1, with the code that was generated then, and holds it to that: it goes
// on working with every host of 1.x.
func TestProtocol1(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "protocol1")
	if err := os.CopyFS(dir, os.DirFS("testdata/protocol1")); err != nil {
		t.Fatal(err)
	}
	build := exec.Command("go", "build", "-trimpath", "-o", "bin/protocol1", ".")
	build.Dir = dir
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-mod=readonly", "GOWORK=off")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	p, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	h, config := plugintest.Host(t), []byte("{}")
	conform.Classifier(t.Context(), h, host.ClassifierConfig{Program: p.Program(config), Answers: p.Name, Config: config}, report(t))
	conform.Source(t.Context(), h, host.SourceConfig{Program: p.Program(config), Config: config}, report(t))
	conform.Sink(t.Context(), h, host.SinkConfig{Program: p.Program(config), Config: config}, report(t))
}
