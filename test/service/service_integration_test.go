//go:build integration

package service

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/winnow-stream/winnow/test/python"
)

// serve starts the binary in an empty folder and returns its address.
func serve(t *testing.T, args ...string) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "winnow")
	if out, err := exec.Command("go", "build", "-o", bin, "../../cmd/winnow").CombinedOutput(); err != nil {
		t.Fatalf("build winnow: %v\n%s", err, out)
	}
	cmd := exec.CommandContext(context.Background(), bin, append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)...)
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "WINNOW_HOME="+t.TempDir())
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stderr)
	address := ""
	for address == "" && lines.Scan() {
		_, address, _ = strings.Cut(lines.Text(), "listening on ")
	}
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		for lines.Scan() {
		}
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		<-drained
		if err := cmd.Wait(); err != nil {
			t.Errorf("winnow serve: %v", err)
		}
	})
	if address == "" {
		t.Fatal("winnow serve does not listen")
	}
	return address
}

// TestClasser runs Classer's own Python client, with nothing but its base URL changed.
func TestClasser(t *testing.T) {
	interpreter := python.With(t, "classer-venv", "classer==0.0.6")
	cmd := exec.Command(interpreter, "testdata/classer_client.py", serve(t))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}
