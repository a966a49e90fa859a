package crash

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
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

// verdict is a completed run: what it left, and what it counted.
type verdict struct {
	sealed sealed
	counts pipeline.Counts
}

// undisturbed is a run that nothing happens to, judged by the ledger, and how long it takes.
func (p *place) undisturbed(t *testing.T) (verdict, time.Duration) {
	t.Helper()
	p.clear(t)
	sum, took := p.complete(t, binary(t))
	v := verdict{p.read(t), sum.Counts}
	if err := p.judge(v.sealed, v.counts); err != nil {
		t.Fatalf("undisturbed: %v", err)
	}
	return v, took
}

// same asks that a run left and counted what the undisturbed one did: then the ledger's judgement of that holds for it
// as well. Where it did not, the ledger says what is lost or doubled.
func (p *place) same(t *testing.T, want verdict, sum summary) {
	t.Helper()
	got := p.read(t)
	err := p.differ(want.sealed, got)
	if err == nil && sum.Counts != want.counts {
		err = fmt.Errorf("counted %+v, want %+v", sum.Counts, want.counts)
	}
	if err != nil {
		t.Fatalf("the outcome is not an undisturbed run's: %v", errors.Join(err, p.judge(got, sum.Counts)))
	}
}
