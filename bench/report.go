package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// report writes the page, and every run's figures as JSON beside it.
func (b *bench) report(done []*section, took time.Duration) error {
	if err := os.MkdirAll(filepath.Dir(b.out), 0o755); err != nil {
		return err
	}
	all := map[string][]*contest{}
	for _, s := range done {
		all[s.name] = s.contests
	}
	data, err := json.MarshalIndent(all, "", " ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(strings.TrimSuffix(b.out, ".md")+".json", append(data, '\n'), 0o644); err != nil {
		return err
	}
	var w strings.Builder
	b.head(&w, done, took)
	for _, s := range done {
		fmt.Fprintf(&w, "\n## %s\n\n%s\n", s.title, s.text)
		for _, c := range s.contests {
			c.write(&w)
		}
		fmt.Fprintf(&w, "\nReproduce: `make build && go run ./bench -only %s`\n", s.name)
	}
	if notes, err := os.ReadFile("bench/notes.md"); err == nil {
		fmt.Fprintf(&w, "\n%s", notes)
	}
	return os.WriteFile(b.out, []byte(w.String()), 0o644)
}

func (b *bench) head(w *strings.Builder, done []*section, took time.Duration) {
	fmt.Fprintf(w, "# Benchmarks\n\nWritten by `make bench`; every run's figures are in [benchmarks.json](benchmarks.json).\n\n")
	fmt.Fprintf(w, "- Machine: %s, %d CPUs, %s, %s/%s, %s. Load average when it ended: %s.\n", cpuModel(), runtime.NumCPU(),
		ram(), runtime.GOOS, runtime.GOARCH, runtime.Version(), firstFields("/proc/loadavg", 3))
	fmt.Fprintf(w, "- winnow %s. fastText %s (%s), pyarrow %s, from PyPI.\n", version(b.winnow), fastTextVersion,
		strings.Join(fastTextFlags[:2], " "), pyarrowVersion)
	fmt.Fprintf(w, "- %d rows made from %s; short texts have %.0f bytes in the mean, the rows' texts %.0f.\n", b.rows,
		b.corpus.Origin, b.mean(b.corpus.Short), b.mean(b.corpus.Long))
	fmt.Fprintf(w, "- Each command runs once without counting, then %d times, in turn with those it is compared to. Tables give the\n"+
		"  median and, in brackets, least and most. CPU is user and system time of whole processes (wait4), which is the\n"+
		"  steadier figure; wall time depends on what else the machine does. The whole run took %s.\n", b.runs, took.Round(time.Second))
	fmt.Fprintf(w, "\n| what | measured | at least or at most | |\n|---|---|---|---|\n")
	for _, s := range done {
		for _, c := range s.contests {
			for _, g := range c.Goals {
				fmt.Fprintln(w, g.row())
			}
		}
	}
}

func (g goal) row() string {
	bound, verdict := "≥", "met"
	if g.Below {
		bound = "≤"
	}
	if !g.met() {
		verdict = "**falls short**"
	}
	return fmt.Sprintf("| %s | %.3g %s | %s %g %s | %s |", g.Text, g.Value, g.Unit, bound, g.Limit, g.Unit, verdict)
}

func (c *contest) write(w *strings.Builder) {
	fmt.Fprintf(w, "\n| %s | CPU, µs a record | records a CPU-second | wall, s | records/s | memory, MiB |\n|---|---|---|---|---|---|\n", c.Title)
	for _, s := range c.Series {
		cpu, wall, rss := s.cpu(), s.wall(), s.rss()
		fmt.Fprintf(w, "| %s | %s | %s | %s | %s | %s |\n", s.Name, cpu.format("%.3g"), thousands(1e6/cpu.median), wall.format("%.3g"),
			thousands(float64(s.Records)/wall.median), rss.format("%.0f"))
	}
}

func (s spread) format(f string) string {
	return fmt.Sprintf(f+" ("+f+"–"+f+")", s.median, s.min, s.max)
}

func thousands(v float64) string {
	s := fmt.Sprintf("%.0f", v)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func (b *bench) mean(text func(int) string) float64 {
	n := min(b.rows, 100_000)
	sum := 0
	for i := range n {
		sum += len(text(i))
	}
	return float64(sum) / float64(n)
}

func version(winnow string) string {
	out, err := exec.Command(winnow, "version").Output()
	if err != nil {
		return "unknown"
	}
	line, _, _ := strings.Cut(string(out), "\n")
	return strings.TrimPrefix(line, "winnow ")
}

// field is the value behind a key in a file of "key : value" lines.
func field(path, key string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	for sc := bufio.NewScanner(f); sc.Scan(); {
		if k, v, ok := strings.Cut(sc.Text(), ":"); ok && strings.TrimSpace(k) == key {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

func cpuModel() string {
	if m := field("/proc/cpuinfo", "model name"); m != "" {
		return m
	}
	return "unknown CPU"
}

func ram() string {
	var kib int64
	if _, err := fmt.Sscan(field("/proc/meminfo", "MemTotal"), &kib); err != nil {
		return "unknown memory"
	}
	return fmt.Sprintf("%d GiB", kib>>20)
}

func firstFields(path string, n int) string {
	data, err := os.ReadFile(path)
	if err != nil {
		return "unknown"
	}
	f := strings.Fields(string(data))
	return strings.Join(f[:min(n, len(f))], " ")
}
