package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// start runs a command line in this process and returns its status when it ends.
func start(t *testing.T, args ...string) (m *Main, stderr *bytes.Buffer, status <-chan int) {
	t.Helper()
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	stderr = new(bytes.Buffer)
	m = &Main{
		Stdin: strings.NewReader(""), Stdout: new(bytes.Buffer), Stderr: stderr, Signals: make(chan os.Signal, 4),
		Kill: func(code int) { t.Errorf("the process was killed with %d", code) },
	}
	done := make(chan int, 1)
	go func() { done <- m.Run(args) }()
	return m, stderr, done
}

// records writes n records and returns the file's name and one for an output beside it.
func records(t *testing.T, n int) (in, out string) {
	t.Helper()
	var b bytes.Buffer
	for i := range n {
		fmt.Fprintf(&b, "{\"id\":%d,\"text\":\"the team won the match\"}\n", i)
	}
	in = filepath.Join(t.TempDir(), "in.jsonl")
	if err := os.WriteFile(in, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return in, filepath.Join(filepath.Dir(in), "out.jsonl")
}

func waitFor(t *testing.T, file string) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		if _, err := os.Stat(file); err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s did not come", file)
		}
	}
}

func ended(t *testing.T, status <-chan int) int {
	t.Helper()
	select {
	case code := <-status:
		return code
	case <-time.After(30 * time.Second):
		t.Fatal("it does not end")
		return 0
	}
}

func TestSignals(t *testing.T) {
	cases := []struct {
		name    string
		signals []os.Signal
		want    int
	}{
		{"interrupt drains", []os.Signal{os.Interrupt}, 130},
		{"terminate drains", []os.Signal{syscall.SIGTERM}, 143},
		{"a second one stops at once", []os.Signal{os.Interrupt, os.Interrupt}, 130},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			in, out := records(t, 200_000)
			args := []string{"classify", in, "--labels", "sport,finance", "-o", out, "--parallel", "1"}
			m, stderr, status := start(t, args...)
			waitFor(t, out+".part")
			for _, s := range c.signals {
				m.Signals <- s
			}
			if got := ended(t, status); got != c.want {
				t.Fatalf("exit status %d, want %d\n%s", got, c.want, stderr)
			}
			if !strings.Contains(stderr.String(), "next: run the same command again: it goes on exactly there") {
				t.Errorf("it does not say how to go on:\n%s", stderr)
			}
			_, stderr, status = start(t, args...)
			if got := ended(t, status); got != 0 {
				t.Fatalf("going on: exit status %d\n%s", got, stderr)
			}
			data, err := os.ReadFile(out)
			if err != nil {
				t.Fatal(err)
			}
			if n := bytes.Count(data, []byte("\n")); n != 200_000 {
				t.Errorf("%d records, want 200,000", n)
			}
		})
	}
}

func TestStandardInputAndOutput(t *testing.T) {
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	var stdout, stderr bytes.Buffer
	m := &Main{Stdin: strings.NewReader("the team won the match\n"), Stdout: &stdout, Stderr: &stderr, Signals: make(chan os.Signal, 1)}
	if code := m.Run([]string{"classify", "--labels", "sport,finance"}); code != 0 {
		t.Fatalf("exit status %d\n%s", code, &stderr)
	}
	if !strings.HasPrefix(stdout.String(), `{"text":"the team won the match","label":"sport"`) {
		t.Errorf("got %s", &stdout)
	}
}

func TestProgressOffATerminal(t *testing.T) {
	var b bytes.Buffer
	m := &Main{Log: zerolog.New(&b)}
	m.logProgress(&pipeline.Status{
		Name: "tickets", Phase: pipeline.Retrying, Counts: pipeline.Counts{Read: 10, Delivered: 8, Dead: 2}, Rate: 2.5,
		Done: 3, Size: 9, ETA: 6 * time.Second, LastError: "no space left",
	})
	want := `{"level":"info","pipeline":"tickets","phase":"retrying","read":10,"delivered":8,"rejected":2,"rate":2.5,"done":3,"size":9,"eta":6000,"error":"no space left","message":"progress"}` + "\n"
	if b.String() != want {
		t.Errorf("got  %swant %s", &b, want)
	}
}

// TestErrorsWithoutCode are told as what they are: unforeseen.
func TestErrorsWithoutCode(t *testing.T) {
	var b bytes.Buffer
	m := &Main{Stderr: &b}
	coded := fault.New(fault.InputMissing, "no such file").At(fault.Where{File: "a.csv"})
	code := m.fail(errors.Join(fmt.Errorf("read: %w", coded), errors.New("odd")))
	want := "winnow: a.csv: input.missing: no such file\n  fix: check the path\n" +
		"winnow: internal: odd\n  fix: please report it with the message\n"
	if code != 2 || b.String() != want {
		t.Errorf("status %d\ngot  %swant %s", code, &b, want)
	}
}

// TestSignalBeforeTheFirstRecord ends a run that waits for standard input, which nobody can interrupt.
func TestSignalBeforeTheFirstRecord(t *testing.T) {
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	silent, end := io.Pipe()
	killed := make(chan int, 1)
	m := &Main{
		Stdin: silent, Stdout: io.Discard, Stderr: io.Discard, Signals: make(chan os.Signal, 4),
		Kill: func(code int) {
			killed <- code
			end.Close()
		},
	}
	status := make(chan int, 1)
	go func() { status <- m.Run([]string{"classify", "--labels", "sport,finance"}) }()
	m.Signals <- os.Interrupt
	select {
	case code := <-killed:
		if code != 130 {
			t.Errorf("killed with %d, want 130", code)
		}
		ended(t, status)
	case code := <-status:
		if code != 130 {
			t.Errorf("exit status %d, want 130", code)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("it does not end")
	}
}

// overUnix gets a page from a server on a Unix socket; empty where it does not answer.
func overUnix(t *testing.T, socket, path string) string {
	t.Helper()
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", socket)
	}
	client := &http.Client{Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true}}
	r, err := client.Get("http://winnow" + path)
	if err != nil {
		return ""
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}
