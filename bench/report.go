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

// record is what is kept of a section beside the page, so that sections can be measured at different times.
type record struct {
	Measured string     `json:"measured"` // when, where and what, for people
	Contests []*contest `json:"contests"`
}

// report writes the page, and every run's figures as JSON beside it. Sections that were not measured now stay as they
// were.
func (b *bench) report(done []*section, took time.Duration) error {
	if err := os.MkdirAll(filepath.Dir(b.out), 0o755); err != nil {
		return err
	}
	kept := strings.TrimSuffix(b.out, ".md") + ".json"
	all := map[string]*record{}
	if data, err := os.ReadFile(kept); err == nil {
		if err := json.Unmarshal(data, &all); err != nil {
			return fmt.Errorf("%s: %w", kept, err)
		}
	}
	for _, s := range done {
		all[s.name] = &record{Measured: b.measured(took), Contests: s.contests}
	}
	data, err := json.MarshalIndent(all, "", " ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(kept, append(data, '\n'), 0o644); err != nil {
		return err
	}
	var w strings.Builder
	b.head(&w, all)
	for _, s := range sections {
		r := all[s.name]
		if r == nil {
			continue
		}
		fmt.Fprintf(&w, "\n## %s\n\n%s\n\nMeasured %s\n", s.title, s.text, r.Measured)
		for _, c := range r.Contests {
			c.write(&w)
		}
		fmt.Fprintf(&w, "\nReproduce: `make build && go run ./bench -only %s`\n", s.name)
	}
	if notes, err := os.ReadFile("bench/notes.md"); err == nil {
		fmt.Fprintf(&w, "\n%s", notes)
	}
	return os.WriteFile(b.out, []byte(w.String()), 0o644)
}

// measured says when, where and with what a section was measured.
func (b *bench) measured(took time.Duration) string {
	return fmt.Sprintf("%s, with winnow %s, on %s, %d CPUs, %s, %s/%s, %s; the run took %s, the load average at its end was %s.",
		time.Now().UTC().Format("2006-01-02"), version(b.winnow), cpuModel(), runtime.NumCPU(), ram(), runtime.GOOS, runtime.GOARCH,
		runtime.Version(), took.Round(time.Second), firstFields("/proc/loadavg", 3))
}

func (b *bench) head(w *strings.Builder, all map[string]*record) {
	fmt.Fprintf(w, "# Benchmarks\n\nWritten by `make bench` and `make bench-kafka`; every run's figures are in [benchmarks.json](benchmarks.json).\n\n")
	fmt.Fprintf(w, "- fastText %s (%s) and pyarrow %s come from PyPI, Apache Kafka from Maven Central.\n", fastTextVersion,
		strings.Join(fastTextFlags[:2], " "), pyarrowVersion)
	fmt.Fprintf(w, "- Rows are made from %s; short texts have %.0f bytes in the mean, the rows' texts %.0f.\n",
		b.corpus.Origin, b.mean(b.corpus.Short), b.mean(b.corpus.Long))
	fmt.Fprintf(w, "- Each command runs once without counting, then several times (the JSON has them all), in turn with those it is\n"+
		"  compared to. Tables give the median and, in brackets, least and most. CPU is user and system time of whole processes\n"+
		"  (wait4), which is the steadier figure; wall time depends on what else the machine does.\n")
	fmt.Fprintf(w, "\n| what | measured | at least or at most | |\n|---|---|---|---|\n")
	for _, s := range sections {
		if all[s.name] == nil {
			continue
		}
		for _, c := range all[s.name].Contests {
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
	return fmt.Sprintf("| %s | %.4g %s | %s %g %s | %s |", g.Text, g.Value, g.Unit, bound, g.Limit, g.Unit, verdict)
}

func (c *contest) write(w *strings.Builder) {
	if len(c.Series) == 0 { // its goals say it all
		return
	}
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
