package host_test

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/plugins/host"
	"github.com/winnow-stream/winnow/plugins/plugintest"
)

// watched is a classifier that is asked every second whether it is well, and the file that its processes write to.
func watched(t *testing.T, h *host.Host) (c *host.Classifier, note string) {
	t.Helper()
	return resting(t, h, 0)
}

// resting is watched, whose process ends when it is idle for so long.
func resting(t *testing.T, h *host.Host, idle time.Duration) (c *host.Classifier, note string) {
	t.Helper()
	note = filepath.Join(t.TempDir(), "note")
	c, err := h.Classifier(t.Context(), host.ClassifierConfig{
		Program: plugintest.Program(t, "evil", "1", "texts"), Config: []byte(note), CallTimeout: time.Second, Idle: idle,
	})
	if err != nil {
		t.Fatal(err)
	}
	return c, note
}

// whose is the process that answers now.
func whose(t *testing.T, c *host.Classifier, note string) int {
	t.Helper()
	if err := c.Classify(t.Context(), column("who"), new(classify.Results)); err != nil {
		t.Fatal(err)
	}
	return noted(t, note)
}

// noted is the process id that a file begins with.
func noted(t *testing.T, note string) (pid int) {
	t.Helper()
	data, err := os.ReadFile(note)
	if err == nil {
		_, err = fmt.Sscan(string(data), &pid)
	}
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// until waits for a condition.
func until(t *testing.T, what string, met func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !met(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it never came: " + what)
		}
	}
}

// restarts is how often the only plugin of a host was started again.
func restarts(h *host.Host) int64 { return h.Status()[0].Restarts }

// TestIdle has a process stop, and end, while nobody asks it for anything: that is found out, and the next call is answered.
func TestIdle(t *testing.T) {
	for name, signal := range map[string]syscall.Signal{"stops": syscall.SIGSTOP, "ends": syscall.SIGKILL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := plugintest.Host(t)
			c, note := watched(t, h)
			pid := whose(t, c, note)
			if err := syscall.Kill(pid, signal); err != nil {
				t.Fatal(err)
			}
			until(t, "the end of the process", func() bool { return restarts(h) == 1 && !running(pid) })
			if now := whose(t, c, note); now == pid || restarts(h) != 1 {
				t.Errorf("%d answers after %d, restarts: %d", now, pid, restarts(h))
			}
		})
	}
}

// TestMemory ends a process that grows beyond what it may hold. The record that it grows over is at fault, the others are answered.
func TestMemory(t *testing.T) {
	t.Parallel()
	program := plugintest.Program(t, "evil", "1", "texts")
	program.Memory = 256 << 20
	c, err := plugintest.Host(t).Classifier(t.Context(), host.ClassifierConfig{Program: program})
	if err != nil {
		t.Fatal(err)
	}
	var out classify.Results
	if err := c.Classify(t.Context(), column("a", "grow", "b"), &out); err != nil {
		t.Fatal(err)
	}
	if len(out.Failures) != 1 || out.Failures[0].Row != 1 || out.Label[0] != 0 || out.Label[2] != 0 {
		t.Fatalf("labels %v, failures %v", out.Label, out.Failures)
	}
	holds(t, out.Failures[0].Err, `plugin.record: plugin evil: it held \d+ MiB of memory, and may hold 256`)
}

// TestSpend ends a classifier's process that is no longer needed, or may be idle for so long only, when it has nothing to do,
// without counting that as a restart. A call that comes late is answered.
func TestSpend(t *testing.T) {
	for name, begin := range map[string]func(*testing.T, *host.Host) (*host.Classifier, string){
		"not needed": func(t *testing.T, h *host.Host) (*host.Classifier, string) {
			c, note := watched(t, h)
			c.Spend()
			return c, note
		},
		"idle": func(t *testing.T, h *host.Host) (*host.Classifier, string) { return resting(t, h, time.Second) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := plugintest.Host(t)
			c, note := begin(t, h)
			pid := whose(t, c, note)
			for range 2 {
				until(t, "the end of the process", func() bool { return !running(pid) })
				pid = whose(t, c, note)
			}
			if n := restarts(h); n != 0 {
				t.Errorf("%d restarts", n)
			}
		})
	}
}

// TestStatus counts calls, records, restarts, and what the processes hold.
func TestStatus(t *testing.T) {
	t.Parallel()
	h := plugintest.Host(t)
	c, note := watched(t, h)
	whose(t, c, note)
	var out classify.Results
	if err := c.Classify(t.Context(), column("a", "die", "b"), &out); err != nil {
		t.Fatal(err)
	}
	// Three texts, then one and two, then one and one; the first of each three times end it.
	s := h.Status()[0]
	if s.Plugin != "evil" || s.Kind != "classifier" || s.Rows != 3 || s.Restarts != 4 || s.InFlight != 0 || s.Calls.Count() != 7 {
		t.Errorf("%+v", s)
	}
	until(t, "a look at the process", func() bool { s := h.Status()[0]; return s.Resident > 1<<20 && s.CPU > 0 })
}

// TestChildren ends what a process leaves behind and what holds its output, with it.
func TestChildren(t *testing.T) {
	t.Parallel()
	h := plugintest.Host(t)
	c, note := watched(t, h)
	var out classify.Results
	if err := c.Classify(t.Context(), column("child"), &out); err != nil || len(out.Failures) != 1 {
		t.Fatalf("%v %v", err, out.Failures)
	}
	if child := noted(t, note); running(child) {
		t.Errorf("the child %d is left", child)
	}
}

// TestNothingLeft looks for processes and sockets when a host is closed whose plugins ended in whatever way.
func TestNothingLeft(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	before, files := len(children(os.Getpid())), shared(t)
	h := plugintest.Host(t)
	for _, text := range []string{"a", "die", "hang", "child", "noise"} {
		c, note := watched(t, h)
		if err := c.Classify(t.Context(), column(text), new(classify.Results)); err != nil {
			t.Fatal(err)
		}
		whose(t, c, note)
	}
	for _, how := range []string{"exits", "greets", "silent", "protocol 99", "no kind"} {
		if _, err := start(t, h, how); err == nil {
			t.Errorf("%s: it started", how)
		}
	}
	h.Close()
	if after := children(os.Getpid()); len(after) > before {
		t.Errorf("processes: %v", after)
	}
	if after := shared(t); len(after) > len(files) {
		t.Errorf("memory and descriptors: %v", after)
	}
	left, err := os.ReadDir(os.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range left {
		t.Errorf("left: %s", e.Name())
	}
}
