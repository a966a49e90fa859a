package backing

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// RedisServer is a Redis of one test's own, which may be killed and started again on its data.
type RedisServer struct {
	Port int

	t    testing.TB
	dir  string
	args []string
	cmd  *exec.Cmd // nil while it is down
}

// Redis starts a Redis that has written down what it answers to, and stops it when the test ends. More are arguments of the server.
func Redis(t testing.TB, args ...string) *RedisServer {
	t.Helper()
	s := &RedisServer{t: t, dir: t.TempDir(), Port: FreePort(t)}
	s.args = append([]string{
		"--bind", "127.0.0.1", "--port", strconv.Itoa(s.Port), "--dir", s.dir, "--logfile", "redis.log", "--appendonly", "yes",
		"--appendfsync", "always", "--save", "",
	}, args...)
	t.Cleanup(s.Kill)
	s.Start()
	return s
}

// FreePort is a port of this machine that nobody listens on.
func FreePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// URL is where the server is.
func (s *RedisServer) URL() string { return fmt.Sprintf("redis://127.0.0.1:%d", s.Port) }

// Start starts the server, and returns when it has loaded its data.
func (s *RedisServer) Start() {
	s.t.Helper()
	s.cmd = exec.Command("redis-server", s.args...)
	if err := s.cmd.Start(); err != nil {
		s.cmd = nil
		s.t.Fatalf("%v (Debian: apt-get install redis-server)", err)
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		said, err := s.ping()
		if err == nil && !strings.HasPrefix(said, "-LOADING") {
			return
		}
		if time.Now().After(deadline) {
			log, _ := os.ReadFile(filepath.Join(s.dir, "redis.log"))
			s.t.Fatalf("%s%v\n%s", said, err, log)
		}
	}
}

// ping is what the server answers to a PING: also that it wants a password.
func (s *RedisServer) ping() (string, error) {
	conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", s.Port))
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if _, err := conn.Write([]byte("PING\r\n")); err != nil {
		return "", err
	}
	return bufio.NewReader(conn).ReadString('\n')
}

// Kill ends the server at once, as a crash would.
func (s *RedisServer) Kill() {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Kill() // it may be gone
	_ = s.cmd.Wait()         // it was killed
	s.cmd = nil
}
