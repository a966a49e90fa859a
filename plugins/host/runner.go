package host

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/hashicorp/go-plugin/runner"
)

// group is a process with everything that it starts. It is go-plugin's runner, which knows of the one process alone: that
// would leave children behind, and would wait for them where they hold its output.
type group struct {
	cmd      *exec.Cmd
	lifeline io.Closer // the writing end of the process's standard input
	stdout   *greeting
	stderr   *os.File
	pid      atomic.Int64 // 0 before the start

	ended chan struct{} // closed when the process has ended, and all of its group was killed
	state *os.ProcessState
}

var _ runner.Runner = (*group)(nil)

// newGroup prepares a command.
func newGroup(cmd *exec.Cmd) *group { return &group{cmd: cmd, ended: make(chan struct{})} }

// Start starts the process as the leader of a group of its own.
func (g *group) Start(context.Context) error {
	in, lifeline, err := os.Pipe()
	if err != nil {
		return err
	}
	stdout, out, err := os.Pipe()
	if err != nil {
		return errors.Join(err, in.Close(), lifeline.Close())
	}
	stderr, errs, err := os.Pipe()
	if err != nil {
		return errors.Join(err, in.Close(), lifeline.Close(), stdout.Close(), out.Close())
	}
	g.cmd.Stdin, g.cmd.Stdout, g.cmd.Stderr = in, out, errs
	g.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	err = g.cmd.Start()
	for _, f := range []*os.File{in, out, errs} {
		f.Close() // the process has them now
	}
	if err != nil {
		return errors.Join(err, lifeline.Close(), stdout.Close(), stderr.Close())
	}
	g.lifeline, g.stdout, g.stderr = lifeline, &greeting{pipe: stdout}, stderr
	g.pid.Store(int64(g.cmd.Process.Pid))
	go g.wait()
	return nil
}

// wait collects the process, and kills what it leaves behind. Its children may hold its output open: nobody may wait for
// the end of that before.
func (g *group) wait() {
	g.state, _ = g.cmd.Process.Wait() // an error leaves no state, which is told as it is
	g.kill()
	g.lifeline.Close()
	// What left the group may still hold the output: its last words are waited for, it is not.
	deadline := time.Now().Add(drainTimeout)
	_ = g.stdout.pipe.SetReadDeadline(deadline) // a pipe takes one
	_ = g.stderr.SetReadDeadline(deadline)
	close(g.ended)
}

// kill ends every process of the group at once.
func (g *group) kill() {
	if pid := int(g.pid.Load()); pid != 0 {
		_ = syscall.Kill(-pid, syscall.SIGKILL) // it may be gone already
	}
}

// Wait waits for the process's end, and frees its output. go-plugin calls it when it has read that.
func (g *group) Wait(context.Context) error {
	<-g.ended
	return errors.Join(g.stdout.Close(), g.stderr.Close())
}

// Kill ends the group.
func (g *group) Kill(context.Context) error {
	g.kill()
	<-g.ended
	return nil
}

// Stdout is the process's output, of which go-plugin gets the first line.
func (g *group) Stdout() io.ReadCloser { return g.stdout }

// Stderr is the process's error output.
func (g *group) Stderr() io.ReadCloser { return g.stderr }

// Name is the program's path.
func (g *group) Name() string { return g.cmd.Path }

// ID is the process's.
func (g *group) ID() string { return strconv.FormatInt(g.pid.Load(), 10) }

// Diagnose has nothing to add: launch looks at the first line itself.
func (g *group) Diagnose(context.Context) string { return "" }

// PluginToHost leaves addresses as they are.
func (g *group) PluginToHost(network, address string) (string, string, error) {
	return network, address, nil
}

// HostToPlugin leaves addresses as they are.
func (g *group) HostToPlugin(network, address string) (string, string, error) {
	return network, address, nil
}

// greeting passes a process's first line on, as much of it as a handshake can have, and throws away the rest: a process
// that prints on is neither blocked nor believed.
type greeting struct {
	pipe *os.File

	mu   sync.Mutex
	line []byte // guarded by mu: the first line so far
	done bool   // guarded by mu
}

// Read returns bytes of the first line, then nothing until the output ends.
func (s *greeting) Read(p []byte) (int, error) {
	for {
		n, err := s.pipe.Read(p)
		kept := s.keep(p[:n])
		if kept > 0 || err != nil {
			return kept, err
		}
	}
}

// keep returns how many of the bytes belong to the first line, its end included.
func (s *greeting) keep(p []byte) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.done {
		return 0
	}
	for i, c := range p {
		if c == '\n' || len(s.line) == maxHandshake {
			s.done = true
			p[i] = '\n'
			return i + 1
		}
		s.line = append(s.line, c)
	}
	return len(p)
}

func (s *greeting) first() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return string(s.line)
}

// Close closes the reading end.
func (s *greeting) Close() error { return s.pipe.Close() }
