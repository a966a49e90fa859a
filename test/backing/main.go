package backing

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// servers are those of this process, each stopped by its function.
var servers struct {
	mu   sync.Mutex
	stop []func() error // guarded by mu
}

// Main runs a package's tests and stops the servers that they have started. Use it in TestMain.
func Main(m *testing.M) interface{ Run() int } { return running{m} }

type running struct{ m *testing.M }

// Run runs the tests.
func (r running) Run() int {
	code := r.m.Run()
	servers.mu.Lock()
	defer servers.mu.Unlock()
	for _, stop := range servers.stop {
		if err := stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = max(code, 1)
		}
	}
	return code
}

// server starts one of the project's servers in a folder of its own, until the package's tests end, and returns what the
// script printed: its address. More are arguments of the server itself.
func server(script string, start, stop []string, more ...string) (address, dir string, err error) {
	script, err = find(filepath.Join("scripts", script))
	if err != nil {
		return "", "", err
	}
	parent, err := os.MkdirTemp("", "winnow-backing-")
	if err != nil {
		return "", "", err
	}
	if err := os.Chmod(parent, 0o711); err != nil { // PostgreSQL refuses to run as root, and gets another user
		return "", "", err
	}
	dir = filepath.Join(parent, "server")
	start = append(start, "--port", "0", "--dir", dir)
	if len(more) > 0 {
		start = append(append(start, "--"), more...)
	}
	out, err := run(script, start...)
	if err != nil {
		return "", "", errors.Join(err, os.RemoveAll(parent))
	}
	servers.mu.Lock()
	defer servers.mu.Unlock()
	servers.stop = append(servers.stop, func() error {
		_, err := run(script, append(stop, "--wipe", "--dir", dir)...)
		return errors.Join(err, os.RemoveAll(parent))
	})
	return out, dir, nil
}

// find is a file of the project's, from the folder of any of its packages.
func find(name string) (string, error) {
	dir, err := os.Getwd()
	for err == nil {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return filepath.Join(dir, name), nil
		}
		if filepath.Dir(dir) == dir {
			err = fmt.Errorf("no go.mod above the test's folder, so no %s", name)
		}
		dir = filepath.Dir(dir)
	}
	return "", err
}

func run(script string, args ...string) (string, error) {
	cmd := exec.Command(script, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s %v: %w: %s", filepath.Base(script), args, err, stderr.Bytes())
	}
	return string(bytes.TrimSpace(stdout.Bytes())), nil
}
