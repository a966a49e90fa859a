//go:build integration

package service

import (
	"os/exec"
	"testing"

	"github.com/winnow-stream/winnow/test/python"
)

// TestClasser runs Classer's own Python client, with nothing but its base URL changed.
func TestClasser(t *testing.T) {
	interpreter := python.With(t, "classer-venv", "classer==0.0.6")
	cmd := exec.Command(interpreter, "testdata/classer_client.py", start(t, build(t), t.TempDir()).address)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// TestOpenAI runs batches by OpenAI's own Python client, with nothing but its base URL changed.
func TestOpenAI(t *testing.T) {
	interpreter := python.With(t, "openai-venv", "openai==3.57.0")
	cmd := exec.Command(interpreter, "testdata/openai_client.py", start(t, build(t), t.TempDir()).address)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}
