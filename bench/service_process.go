package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// service is a running winnow serve, in a folder that goes with it.
type service struct {
	address string // HOST:PORT
	cmd     *exec.Cmd
	dir     string
}

// serveStart is how long a server may take to listen.
const serveStart = 30 * time.Second

// serve starts a server with these flags.
func (b *bench) serve(flags ...string) (*service, error) {
	s := &service{dir: b.result("service")}
	if err := errors.Join(os.RemoveAll(s.dir), os.MkdirAll(s.dir, 0o700)); err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(s.dir, "log"))
	if err != nil {
		return nil, err
	}
	defer log.Close() // the process has its own
	s.cmd = exec.Command(b.winnow, append([]string{"serve", "--listen", "127.0.0.1:0", "--data", filepath.Join(s.dir, "data")}, flags...)...)
	s.cmd.Env = append(os.Environ(), "WINNOW_HOME="+filepath.Join(s.dir, "home"))
	s.cmd.Stderr = log
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	for begun := time.Now(); time.Since(begun) < serveStart; time.Sleep(10 * time.Millisecond) {
		said, err := os.ReadFile(log.Name())
		if err != nil {
			break
		}
		if _, rest, ok := bytes.Cut(said, []byte("listening on http://")); ok && bytes.IndexByte(rest, '\n') >= 0 {
			line, _, _ := bytes.Cut(rest, []byte("\n"))
			s.address = string(line)
			return s, nil
		}
	}
	said, _ := os.ReadFile(log.Name()) // what there is of it
	s.stop()
	return nil, fmt.Errorf("winnow serve does not listen:\n%s", said)
}

// stop ends the process, and removes its folder.
func (s *service) stop() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	_ = s.cmd.Wait() // it ends by the signal
	_ = os.RemoveAll(s.dir)
}

// tick is the unit of CPU time in /proc, on every architecture that Go runs on.
const tick = 10 * time.Millisecond

// cpu is what the process has used so far, user and system time.
func (s *service) cpu() (time.Duration, error) {
	data, err := os.ReadFile(s.proc("stat"))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(data), ") ") // the name before it may hold anything
	fields := strings.Fields(rest)
	const user, system = 11, 12 // proc(5) has them as 14 and 15, counting from 1 and before the name
	if len(fields) <= system {
		return 0, fmt.Errorf("%s is too short", s.proc("stat"))
	}
	total := time.Duration(0)
	for _, text := range fields[user : system+1] {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return 0, err
		}
		total += time.Duration(n) * tick
	}
	return total, nil
}

// resident is the process's resident set, in MiB; peak is the largest since the last call of forget.
func (s *service) resident() float64 { return s.status("VmRSS") / (1 << 20) }
func (s *service) peak() float64     { return s.status("VmHWM") }

// status is a size out of the process's status, in bytes; 0 where there is none.
func (s *service) status(key string) float64 {
	var kib float64
	_, _ = fmt.Sscan(field(s.proc("status"), key), &kib) // it stays 0
	return kib * (1 << 10)
}

// forget lets peak begin anew.
func (s *service) forget() error { return os.WriteFile(s.proc("clear_refs"), []byte("5"), 0) }

func (s *service) proc(name string) string {
	return filepath.Join("/proc", strconv.Itoa(s.cmd.Process.Pid), name)
}

// during measures the server while f runs.
func (s *service) during(f func() error) (m measure, err error) {
	if err := s.forget(); err != nil {
		return m, err
	}
	before, err := s.cpu()
	if err != nil {
		return m, err
	}
	begun := time.Now()
	if err := f(); err != nil {
		return m, err
	}
	m.Wall = time.Since(begun)
	after, err := s.cpu()
	m.CPU, m.RSS = after-before, int64(s.peak())
	return m, err
}
