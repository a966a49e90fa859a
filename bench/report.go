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

// report writes the page anew with a section's figures, and every run's as JSON beside it. Other sections stay as they were.
func (b *bench) report(s *section, contests []*contest, took time.Duration) error {
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
	all[s.name] = &record{Measured: b.measured(took), Contests: contests}
	data, err := json.MarshalIndent(all, "", " ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(kept, append(data, '\n'), 0o644); err != nil {
		return err
	}
	var w strings.Builder
	b.page.head(b, &w, all)
	for _, s := range b.page.sections {
		r := all[s.name]
		if r == nil {
			continue
		}
		fmt.Fprintf(&w, "\n## %s\n\n%s\n\nMeasured %s\n", s.title, s.text, r.Measured)
		for _, c := range r.Contests {
			c.write(&w)
		}
		fmt.Fprintf(&w, "\nReproduce: `make build && go run ./bench -page %s -only %s`\n", b.page.name, s.name)
	}
	if notes, err := os.ReadFile(b.page.notes); err == nil {
		fmt.Fprintf(&w, "\n%s", notes)
	}
	return os.WriteFile(b.out, []byte(w.String()), 0o644)
}

// measured says when, where and with what a section was measured.
func (b *bench) measured(took time.Duration) string {
	return fmt.Sprintf("%s, with winnow %s, on %s, %d CPUs, %s, %s/%s, %s; it took %s, the load average at its end was %s.",
		time.Now().UTC().Format("2006-01-02"), version(b.winnow), cpuModel(), runtime.NumCPU(), ram(), runtime.GOOS, runtime.GOARCH,
		runtime.Version(), took.Round(time.Second), firstFields("/proc/loadavg", 3))
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
	if len(c.Results) > 0 {
		c.writeResults(w)
		c.writeVersus(w)
		return
	}
	if len(c.Loads) > 0 {
		c.writeLoads(w)
		return
	}
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
