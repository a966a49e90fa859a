package main

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"github.com/rogpeppe/go-internal/testscript"
)

// servers are the running winnow serve of scripts, by the script's folder. Scripts run side by side.
var servers sync.Map

// startServer starts winnow serve as a process of its own, and waits until it listens.
func startServer(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("usage: server args...")
	}
	dir := ts.Getenv("WORK")
	address := ts.Getenv("WINNOW_URL")
	if !strings.HasPrefix(address, "unix:") {
		short, err := os.MkdirTemp("", "winnow") // a socket's path has about a hundred characters at most
		ts.Check(err)
		ts.Defer(func() { _ = os.RemoveAll(short) })
		address = "unix:" + filepath.Join(short, "s")
	}
	cmd := exec.Command(programOf(ts), append([]string{"serve", "--listen", address, "--data", filepath.Join(dir, "data")}, args...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "WINNOW_HOME="+ts.Getenv("WINNOW_HOME"))
	stderr, err := cmd.StderrPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	lines := bufio.NewScanner(stderr)
	listens := false
	for !listens && lines.Scan() {
		listens = strings.Contains(lines.Text(), "listening on ")
	}
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		for lines.Scan() {
		}
	}()
	end := sync.OnceFunc(func() {
		<-drained
		_ = cmd.Wait()
	})
	servers.Store(dir, func() { _ = cmd.Process.Kill(); end() })
	ts.Defer(func() { _ = cmd.Process.Signal(syscall.SIGTERM); end() })
	if !listens {
		ts.Fatalf("winnow serve does not listen")
	}
	ts.Setenv("WINNOW_URL", address)
}

// killServer ends the script's server at once.
func killServer(ts *testscript.TestScript, _ bool, _ []string) {
	kill, ok := servers.Load(ts.Getenv("WORK"))
	if !ok {
		ts.Fatalf("there is no server")
	}
	kill.(func())()
}

// programOf finds winnow where a script does.
func programOf(ts *testscript.TestScript) string {
	for _, dir := range filepath.SplitList(ts.Getenv("PATH")) {
		if path := filepath.Join(dir, "winnow"); isProgram(path) {
			return path
		}
	}
	ts.Fatalf("winnow is not in PATH")
	return ""
}

func isProgram(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode()&0o111 != 0
}
