package service

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// build builds the binary.
func build(t *testing.T) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "winnow")
	cmd := exec.Command("go", "build", "-trimpath", "-o", bin, "../../cmd/winnow")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build winnow: %v\n%s", err, out)
	}
	return bin
}

// server is a running winnow serve.
type server struct {
	address string
	cmd     *exec.Cmd
	drained chan struct{} // closed when all of its log was read
	gone    bool
}

// newKey makes a key of an account's on the server in a folder, with settings as variables.
func newKey(t *testing.T, bin, dir, account string, settings ...string) string {
	t.Helper()
	cmd := exec.Command(bin, "keys", "create", "--account", account, "-q")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), settings...)
	key, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(key))
}

// start starts the binary in a folder, with settings as variables. It is told to stop when the test ends.
func start(t *testing.T, bin, dir string, settings ...string) *server {
	t.Helper()
	s := &server{cmd: exec.Command(bin, "serve", "--listen", "127.0.0.1:0"), drained: make(chan struct{})}
	s.cmd.Dir = dir
	s.cmd.Env = append(append(os.Environ(), "WINNOW_HOME="+filepath.Join(dir, ".home")), settings...)
	stderr, err := s.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stderr)
	var said []string
	for s.address == "" && lines.Scan() {
		said = append(said, lines.Text())
		_, s.address, _ = strings.Cut(lines.Text(), "listening on ")
	}
	go func() {
		defer close(s.drained)
		for lines.Scan() {
		}
	}()
	t.Cleanup(func() {
		if s.gone {
			return
		}
		if err := s.stop(); err != nil {
			t.Errorf("winnow serve: %v", err)
		}
	})
	if s.address == "" {
		t.Fatalf("winnow serve does not listen:\n%s", strings.Join(said, "\n"))
	}
	return s
}

// runs tells whether the server has a folder of a job that it runs.
func (s *server) runs(t *testing.T, id string) bool {
	t.Helper()
	_, err := os.Stat(filepath.Join(s.cmd.Dir, "winnow-data", "work", id))
	return err == nil
}

// stop tells the process to end, and waits until it has.
func (s *server) stop() error {
	s.gone = true
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	<-s.drained
	return s.cmd.Wait()
}

// kill ends the process at once.
func (s *server) kill() {
	s.gone = true
	_ = s.cmd.Process.Kill()
	<-s.drained
	_ = s.cmd.Wait()
}
