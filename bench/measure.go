package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"syscall"
	"time"
)

// Measure is one run of a command, as the operating system accounts for it (wait4).
type measure struct {
	CPU  time.Duration `json:"cpu"` // user + system, of the process and the children that it waited for
	Wall time.Duration `json:"wall"`
	RSS  int64         `json:"rss"` // bytes; the largest of a single process
}

func (m measure) seconds() float64    { return m.Wall.Seconds() }
func (m measure) cpuSeconds() float64 { return m.CPU.Seconds() }
func (m measure) mebibytes() float64  { return float64(m.RSS) / (1 << 20) }

// Series is a command that is run several times.
type series struct {
	Name    string    `json:"name"`
	Records int       `json:"records"`
	Runs    []measure `json:"runs"`

	args  []string
	stdin string // file; empty for none
	cpus  string // "0" pins the command to one CPU; empty leaves it alone
	env   []string
	limit time.Duration // a run that takes longer is killed; 0: none is
	// before readies a run; nil where nothing is to be done.
	before func(*series) error
	run    func() (measure, error) // in place of a command: what is measured by itself; nil: args is the command
}

// once runs the command below a small process of its own (work measure): the operating system counts what a process
// held before it became the command into the command's largest resident set, and this one holds a corpus.
func (s *series) once(self string) (measure, error) {
	if s.before != nil {
		if err := s.before(s); err != nil {
			return measure{}, fmt.Errorf("%s: %w", s.Name, err)
		}
	}
	if s.run != nil {
		m, err := s.run()
		if err != nil {
			return m, fmt.Errorf("%s: %w", s.Name, err)
		}
		return m, nil
	}
	args := []string{"work", "measure"}
	if s.cpus != "" {
		args = append(args, self, "work", "pin", s.cpus)
	}
	ctx := context.Background()
	if s.limit > 0 {
		limited, cancel := context.WithTimeout(ctx, s.limit)
		defer cancel()
		ctx = limited
	}
	cmd := exec.CommandContext(ctx, self, append(args, s.args...)...)
	if s.limit > 0 { // the command below it has to end too
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	}
	cmd.Env = append(os.Environ(), s.env...)
	var out, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &stderr
	if s.stdin != "" {
		f, err := os.Open(s.stdin)
		if err != nil {
			return measure{}, err
		}
		defer f.Close()
		cmd.Stdin = f
	}
	var m measure
	if err := cmd.Run(); err != nil {
		return m, fmt.Errorf("%s: %w\n%s", s.Name, cmp.Or(ctx.Err(), err), stderr.Bytes())
	}
	return m, json.Unmarshal(out.Bytes(), &m)
}

// measured runs a command, whose output it forgets, and prints its measure as JSON.
func measured(args []string) error {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdin, cmd.Stderr = os.Stdin, os.Stderr
	begun := time.Now()
	if err := cmd.Run(); err != nil {
		return err
	}
	m := measure{CPU: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), Wall: time.Since(begun)}
	m.RSS = cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss << 10
	return json.NewEncoder(os.Stdout).Encode(m)
}

// alternate runs the commands in turn: one round that does not count, then so many that do.
func (b *bench) alternate(runs int, all ...*series) error {
	for _, s := range all {
		if _, err := s.once(b.self); err != nil {
			return err
		}
	}
	return b.inTurn(runs, all...)
}

// inTurn runs the commands in turn, so many times.
func (b *bench) inTurn(runs int, all ...*series) error {
	for range runs {
		for _, s := range all {
			m, err := s.once(b.self)
			if err != nil {
				return err
			}
			s.Runs = append(s.Runs, m)
		}
	}
	for _, s := range all {
		fmt.Printf("  %-52s %8.3f µs CPU/record, %7.2f s, %4.0f MiB\n", s.Name, s.cpu().median, s.wall().median, s.rss().median)
	}
	return nil
}

// spread is what several runs gave.
type spread struct{ min, median, max float64 }

func (s *series) spread(of func(measure) float64) spread {
	v := make([]float64, len(s.Runs))
	for i, r := range s.Runs {
		v[i] = of(r)
	}
	return spreadOf(v)
}

// spreadOf sorts v.
func spreadOf(v []float64) spread {
	slices.Sort(v)
	if len(v) == 0 {
		return spread{}
	}
	return spread{v[0], (v[(len(v)-1)/2] + v[len(v)/2]) / 2, v[len(v)-1]}
}

// cpu is µs a record.
func (s *series) cpu() spread {
	return s.spread(func(m measure) float64 { return m.CPU.Seconds() * 1e6 / float64(s.Records) })
}

// wall is seconds.
func (s *series) wall() spread { return s.spread(measure.seconds) }

// rss is MiB.
func (s *series) rss() spread { return s.spread(measure.mebibytes) }
