package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/winnow-stream/winnow/test/corpus"
	"github.com/winnow-stream/winnow/test/race"
)

// TestMain lets the test's binary be the worker processes as well.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "work" {
		main()
		return
	}
	os.Exit(m.Run())
}

// TestService measures a server in small, and holds the section to being whole: what it measures here means nothing.
func TestService(t *testing.T) {
	if race.Enabled && testing.Short() {
		t.Skip("the server is not built with the race detector; make test runs it")
	}
	dir := t.TempDir()
	b := &bench{dir: dir, rows: 2000, runs: 1, load: 100 * time.Millisecond, upload: 3_500_000, winnow: filepath.Join(dir, "winnow")}
	for _, name := range []string{"in", "out"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", b.winnow, "../cmd/winnow")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build winnow: %v\n%s", err, out)
	}
	var err error
	if b.self, err = os.Executable(); err != nil {
		t.Fatal(err)
	}
	if b.corpus, err = corpus.Open(".."); err != nil {
		t.Fatal(err)
	}
	contests, err := measureService(b)
	if err != nil {
		t.Fatal(err)
	}
	var page strings.Builder
	goals := 0
	for _, c := range contests {
		c.write(&page)
		goals += len(c.Goals)
		for _, l := range c.Loads {
			if len(l.Runs) != 1 || l.Runs[0].Requests == 0 || l.Runs[0].Latency.Median <= 0 || l.Runs[0].Latency.Most < l.Runs[0].Latency.Median {
				t.Errorf("%s: %+v", l.Name, l.Runs)
			}
		}
		for _, s := range c.Series {
			if len(s.Runs) != 1 || s.Runs[0].Wall <= 0 || s.Runs[0].RSS <= 0 {
				t.Errorf("%s: %+v", s.Name, s.Runs)
			}
		}
	}
	if goals != 6 {
		t.Errorf("%d goals", goals)
	}
	for _, want := range []string{
		"| Requests | requests/s | texts/s | CPU, µs a text | p50, ms | p99, ms | memory, MiB |", "| /v1/classify, cache off, 3000/s |",
		"| a job, from its making to the last line |", "| Upload of 3MB, a record being 1 MB |",
	} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("the page lacks %q:\n%s", want, page.String())
		}
	}
	if _, err := os.Stat(b.result("service")); !os.IsNotExist(err) {
		t.Errorf("the server's folder is still there: %v", err)
	}
}
