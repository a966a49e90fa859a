package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/term"
)

// sitting is winnow label in a pseudo terminal.
type sitting struct {
	t      *testing.T
	cmd    *exec.Cmd
	tty    *os.File // the program's end
	keys   *os.File // ours
	before *term.State
	read   sync.WaitGroup

	mu    sync.Mutex
	shown []byte
	seen  int // bytes of it that have been waited for
}

func sit(t *testing.T, dir string, args ...string) *sitting {
	t.Helper()
	s := &sitting{t: t, cmd: exec.Command("winnow", append([]string{"label"}, args...)...)}
	var err error
	if s.keys, s.tty, err = pty.Open(); err != nil {
		t.Skipf("no pseudo terminal: %v", err)
	}
	if err := pty.Setsize(s.keys, &pty.Winsize{Rows: 24, Cols: 80}); err != nil {
		t.Fatal(err)
	}
	if s.before, err = term.GetState(int(s.tty.Fd())); err != nil {
		t.Fatal(err)
	}
	s.cmd.Dir, s.cmd.Env = dir, append(os.Environ(), "TERM=xterm", "NO_COLOR=1")
	s.cmd.Stdin, s.cmd.Stdout, s.cmd.Stderr = s.tty, s.tty, s.tty
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s.read.Go(func() {
		buffer := make([]byte, 4096)
		for {
			n, err := s.keys.Read(buffer)
			if err != nil {
				return
			}
			s.mu.Lock()
			s.shown = append(s.shown, buffer[:n]...)
			s.mu.Unlock()
		}
	})
	t.Cleanup(func() {
		if s.cmd.ProcessState == nil {
			_ = s.cmd.Process.Kill()
			_ = s.cmd.Wait()
		}
		_ = s.tty.Close()
		_ = s.keys.Close()
		s.read.Wait()
	})
	return s
}

// until waits for a condition over the bytes that were shown since the last that was met.
func (s *sitting) until(what string, met func(shown string) bool) {
	s.t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(2 * time.Millisecond) {
		s.mu.Lock()
		shown := string(s.shown[s.seen:])
		if met(shown) {
			s.seen = len(s.shown)
			s.mu.Unlock()
			return
		}
		s.mu.Unlock()
		if time.Now().After(deadline) {
			s.t.Fatalf("%s did not come; shown was %q", what, shown)
		}
	}
}

func (s *sitting) see(text string) {
	s.t.Helper()
	s.until(text, func(shown string) bool { return strings.Contains(shown, text) })
}

// press types keys and waits for what they show.
func (s *sitting) press(keys, see string) {
	s.t.Helper()
	if _, err := s.keys.WriteString(keys); err != nil {
		s.t.Fatal(err)
	}
	s.see(see)
}

// end waits for the process, which has to give the terminal back.
func (s *sitting) end(status int) {
	s.t.Helper()
	err := s.cmd.Wait()
	if exit := new(exec.ExitError); err != nil && !errors.As(err, &exit) || s.cmd.ProcessState.ExitCode() != status {
		s.t.Fatalf("ended with %v, want status %d", err, status)
	}
	after, err := term.GetState(int(s.tty.Fd()))
	if err != nil {
		s.t.Fatal(err)
	}
	if fmt.Sprint(after) != fmt.Sprint(s.before) {
		s.t.Errorf("the terminal's state is %v, and was %v", after, s.before)
	}
	s.seen = 0
	s.see("\x1b[?1049l") // the screen from before
}

func (s *sitting) signal(sig os.Signal) {
	s.t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		s.t.Fatal(err)
	}
}

const taskCount = 6

func writeTasks(t *testing.T, dir string) {
	t.Helper()
	var b bytes.Buffer
	for i := range taskCount {
		fmt.Fprintf(&b, `{"text":"text number %d","proposed":"spam","confidence":0.4,"second":"ham","why":"unsure","file":"in.csv","row":%d}`+"\n", i, i+1)
	}
	if err := os.WriteFile(filepath.Join(dir, "todo.jsonl"), b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
}

// labelled reads the output: labels by row. Each row may be there once, and nothing else.
func labelled(t *testing.T, dir string) map[int]string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "out.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	rows := map[int]string{}
	for line := range strings.Lines(string(data)) {
		var r struct {
			Text, Label, File string
			Row               int
		}
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if _, twice := rows[r.Row]; twice || r.Text != fmt.Sprintf("text number %d", r.Row-1) || r.File != "in.csv" {
			t.Errorf("unexpected line %s", line)
		}
		rows[r.Row] = r.Label
	}
	return rows
}

// TestLabelKilled kills winnow label in the middle, tears the file's end, and goes on: every text has its label once.
func TestLabelKilled(t *testing.T) {
	dir := t.TempDir()
	writeTasks(t, dir)
	args := []string{"todo.jsonl", "--labels", "spam,ham", "-o", "out.jsonl"}

	s := sit(t, dir, args...)
	s.see("0 of 6 labelled")
	s.press("2", "1 of 6 labelled")
	s.press("\r", "2 of 6 labelled")
	s.signal(syscall.SIGKILL)
	_ = s.cmd.Wait()
	if got := labelled(t, dir); len(got) != 2 || got[1] != "ham" || got[2] != "spam" {
		t.Fatalf("labelled before the kill: %v", got)
	}
	f, err := os.OpenFile(filepath.Join(dir, "out.jsonl"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(`{"file":"in.csv","lab`); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}

	s = sit(t, dir, args...)
	s.see("2 of 6 labelled")
	if got := labelled(t, dir); len(got) != 2 {
		t.Errorf("after the torn line was cut off: %v", got)
	}
	s.press("\x7f", "1 of 6 labelled") // an answer of the process that was killed
	if got := labelled(t, dir); len(got) != 1 {
		t.Errorf("after the undo: %v", got)
	}
	s.press("\t", "1 skipped")
	for i := range taskCount - 2 {
		s.press("1", fmt.Sprintf("%d of 6 labelled", i+2))
	}
	s.press("2", "Every text has its label")
	s.press("\x1b", "6 of 6 records labelled")
	s.end(0)
	got := labelled(t, dir)
	if len(got) != taskCount || got[2] != "ham" {
		t.Errorf("labelled at the end: %v", got)
	}

	train := exec.Command("winnow", "train", "out.jsonl", "--label", "label")
	train.Dir = dir
	if out, err := train.CombinedOutput(); err != nil || !strings.Contains(string(out), "learnt 2 labels of 6 records") {
		t.Errorf("train: %v\n%s", err, out)
	}
}

// TestLabelSignals holds that the terminal comes back whatever ends the process, and that a second one is kept out.
func TestLabelSignals(t *testing.T) {
	for _, c := range []struct {
		signal syscall.Signal
		status int
	}{{syscall.SIGTERM, 143}, {syscall.SIGHUP, 130}, {syscall.SIGINT, 130}} {
		t.Run(c.signal.String(), func(t *testing.T) {
			dir := t.TempDir()
			writeTasks(t, dir)
			s := sit(t, dir, "todo.jsonl", "--labels", "spam,ham", "-o", "out.jsonl")
			s.see("text number 0")
			other := sit(t, dir, "todo.jsonl", "--labels", "spam,ham", "-o", "out.jsonl")
			other.see("label.locked")
			s.signal(c.signal)
			s.end(c.status)
		})
	}
}

// TestLabelResize holds that the screen follows the window.
func TestLabelResize(t *testing.T) {
	dir := t.TempDir()
	writeTasks(t, dir)
	s := sit(t, dir, "todo.jsonl", "--labels", "spam,ham", "-o", "out.jsonl")
	s.see("text number 0")
	if err := pty.Setsize(s.keys, &pty.Winsize{Rows: 5, Cols: 30}); err != nil {
		t.Fatal(err)
	}
	s.until("a screen of 5 lines", func(shown string) bool {
		at := strings.LastIndex(shown, "\x1b[H")
		frame, whole := strings.CutSuffix(shown[max(at, 0):], "\x1b[J")
		return at >= 0 && whole && strings.Count(frame, "\n") == 4
	})
	s.press("\x03", "0 of 6 records labelled")
	s.end(0)
}
