package crash

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/winnow-stream/winnow/pipeline"
)

// process is one start of winnow.
type process struct {
	cmd    *exec.Cmd
	stdout bytes.Buffer
	stderr bytes.Buffer
}

func (p *place) start(t *testing.T, path string, env ...string) *process {
	t.Helper()
	r := &process{cmd: exec.Command(path, "run", "spec.yaml", "--json")}
	r.cmd.Dir, r.cmd.Stdout, r.cmd.Stderr = p.dir, &r.stdout, &r.stderr
	r.cmd.Env = append(os.Environ(), env...)
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return r
}

// ending is how a process ended.
type ending struct {
	killed  bool
	status  int
	summary summary
}

type summary struct {
	Phase           pipeline.Phase  `json:"phase"`
	Resumed         bool            `json:"resumed"`
	AlreadyComplete bool            `json:"already_complete"`
	Counts          pipeline.Counts `json:"counts"`
}

func (r *process) wait(t *testing.T) ending {
	t.Helper()
	err := r.cmd.Wait()
	var exit *exec.ExitError
	var e ending
	switch {
	case err == nil:
	case errors.As(err, &exit):
		ws := exit.Sys().(syscall.WaitStatus)
		e.killed, e.status = ws.Signaled() && ws.Signal() == syscall.SIGKILL, ws.ExitStatus()
	default:
		t.Fatal(err)
	}
	if !e.killed && r.stdout.Len() > 0 {
		if err := json.Unmarshal(r.stdout.Bytes(), &e.summary); err != nil {
			t.Fatalf("summary: %v\n%s", err, r.stdout.Bytes())
		}
	}
	return e
}

// killAfter kills the process after a delay, unless it has ended by then.
func (r *process) killAfter(t *testing.T, d time.Duration) ending {
	t.Helper()
	timer := time.AfterFunc(d, func() { _ = r.cmd.Process.Kill() })
	defer timer.Stop()
	return r.wait(t)
}

// complete runs to the end.
func (p *place) complete(t *testing.T, path string, env ...string) (summary, time.Duration) {
	t.Helper()
	begun := time.Now()
	r := p.start(t, path, env...)
	e := r.wait(t)
	if e.killed || e.status != 0 {
		t.Fatalf("winnow ended with status %d (killed: %v)\n%s", e.status, e.killed, r.stderr.Bytes())
	}
	return e.summary, time.Since(begun)
}

// undisturbed is what a run writes that nothing happens to, judged by the ledger, and how long it takes.
func (p *place) undisturbed(t *testing.T) (sealed, time.Duration) {
	t.Helper()
	p.clear(t)
	sum, took := p.complete(t, binary(t))
	want := p.read(t)
	if err := p.judge(want, sum.Counts); err != nil {
		t.Fatalf("undisturbed: %v", err)
	}
	return want, took
}
