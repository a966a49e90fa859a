//go:build integration

package stream

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"
)

// process is a `winnow run` of the scene's spec.
type process struct {
	s    *scene
	cmd  *exec.Cmd
	log  string
	done chan struct{}
}

var processes atomic.Int64

// run starts a process.
func (s *scene) run(args ...string) *process {
	s.t.Helper()
	return s.start(winnow, "", args...)
}

// start starts a process of a binary, which dies at a failpoint where one is named.
func (s *scene) start(binary, failpoint string, args ...string) *process {
	s.t.Helper()
	p := &process{s: s, log: filepath.Join(s.dir, fmt.Sprintf("winnow-%d.log", processes.Add(1))), done: make(chan struct{})}
	log, err := os.Create(p.log)
	s.must(err)
	p.cmd = exec.Command(binary, append([]string{"run", s.spec}, args...)...)
	if failpoint != "" {
		p.cmd.Env = append(os.Environ(), "WINNOW_FAILPOINT="+failpoint)
	}
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = s.dir, log, log
	s.must(p.cmd.Start())
	go func() {
		_ = p.cmd.Wait() // its state is looked at where it matters
		_ = log.Close()
		close(p.done)
	}()
	s.t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		<-p.done
		if s.t.Failed() {
			p.tell()
		}
	})
	return p
}

// tell prints the end of a process's log.
func (p *process) tell() {
	data, _ := os.ReadFile(p.log)
	if n := len(data); n > 3000 {
		data = data[n-3000:]
	}
	p.s.t.Logf("%s: %s\n%s", filepath.Base(p.log), p.cmd.ProcessState, bytes.TrimSpace(data))
}

func (p *process) signal(sig syscall.Signal) {
	p.s.t.Helper()
	if err := p.cmd.Process.Signal(sig); err != nil {
		p.tell()
		p.s.t.Fatalf("signal %v: %v", sig, err)
	}
}

// kill ends it by SIGKILL.
func (p *process) kill() {
	p.s.t.Helper()
	p.alive()
	p.signal(syscall.SIGKILL)
	<-p.done
}

// end asks it to end, and waits for that.
func (p *process) end() {
	p.s.t.Helper()
	p.alive()
	p.signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(45 * time.Second):
		p.signal(syscall.SIGQUIT)
		<-p.done
		p.tell()
		p.s.t.Fatal("it did not end")
	}
	if code := p.cmd.ProcessState.ExitCode(); code != 143 {
		p.tell()
		p.s.t.Fatalf("it ended with %d, want 143", code)
	}
}

// alive fails the test when the process has ended by itself.
func (p *process) alive() {
	p.s.t.Helper()
	select {
	case <-p.done:
		p.tell()
		p.s.t.Fatal("the process has ended by itself")
	default:
	}
}
