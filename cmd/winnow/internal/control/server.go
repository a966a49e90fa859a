package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/winnow-stream/winnow/pipeline"
)

// maxPath is the length that every system allows a socket's path (104 bytes on macOS, 108 on Linux, a final zero
// included).
const maxPath = 103

const (
	maxRequest = 64 << 10 // bytes
	// tapPatience is how long a reader of samples may take for one before it is given up. The pipeline does not wait.
	tapPatience = 10 * time.Second
)

// Request is what one who connects wants.
type Request struct {
	Tap *pipeline.TapOptions `json:"tap,omitempty"` // nil: the status
}

// Running is what a server shows: a *pipeline.Pipeline.
type Running interface {
	Status() pipeline.Status
	Tap(ctx context.Context, o pipeline.TapOptions) <-chan pipeline.Sample
}

// Server answers connections. Close it.
type Server struct {
	listener net.Listener
	path     string
	running  Running
	stop     context.CancelFunc // ends the taps
	conns    sync.WaitGroup
	done     chan struct{}
}

// Serve listens in the folder under the pipeline's name and this process's id. What runs is asked from any goroutine.
func Serve(ctx context.Context, dir, name string, running Running) (*Server, error) {
	if err := makeFolder(dir); err != nil {
		return nil, err
	}
	path := socketPath(dir, name, os.Getpid())
	if len(path) > maxPath {
		return nil, fmt.Errorf("the path %s is too long for a socket", path)
	}
	l, err := listen(ctx, path)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	s := &Server{listener: l, path: path, running: running, stop: stop, done: make(chan struct{})}
	go s.accept(ctx)
	return s, nil
}

// listen makes a socket that gets its name once it answers: between bind(2) and listen(2) it refuses connections, as those do
// that a killed process left behind, and List would remove it.
func listen(ctx context.Context, path string) (net.Listener, error) {
	unnamed := strings.TrimSuffix(path, ".sock") + ".new"
	_ = os.Remove(unnamed) // of an earlier process with this id
	l, err := new(net.ListenConfig).Listen(ctx, "unix", unnamed)
	if err != nil {
		return nil, err
	}
	if u, ok := l.(*net.UnixListener); ok {
		u.SetUnlinkOnClose(false) // Close removes it by its name
	}
	if err := os.Rename(unnamed, path); err != nil {
		_ = l.Close() // the error that matters is the other one
		_ = os.Remove(unnamed)
		return nil, err
	}
	return l, nil
}

// Close stops listening, removes the socket, ends the taps and waits for connections being answered.
func (s *Server) Close() error {
	s.stop()
	_ = os.Remove(s.path) // somebody may have done that already
	err := s.listener.Close()
	<-s.done
	s.conns.Wait()
	return err
}

func (s *Server) accept(ctx context.Context) {
	defer close(s.done)
	for {
		conn, err := s.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			time.Sleep(10 * time.Millisecond) // out of file descriptors: the pipeline matters more
			continue
		}
		s.conns.Go(func() { s.answer(ctx, conn) })
	}
}

func (s *Server) answer(ctx context.Context, conn net.Conn) {
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(dialTimeout))
	var r Request
	if json.NewDecoder(io.LimitReader(conn, maxRequest)).Decode(&r) != nil {
		return
	}
	if r.Tap != nil {
		s.tap(ctx, conn, *r.Tap)
		return
	}
	st := s.running.Status()
	_ = json.NewEncoder(conn).Encode(&st) // whoever asked may be gone: nothing depends on it
}

// tap sends samples until the other side hangs up, the run ends, or the server is closed.
func (s *Server) tap(ctx context.Context, conn net.Conn, o pipeline.TapOptions) {
	_ = conn.SetDeadline(time.Time{})
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	s.conns.Go(func() { // ends with the connection
		_, _ = io.Copy(io.Discard, conn)
		cancel()
	})
	e := json.NewEncoder(conn)
	for sample := range s.running.Tap(ctx, o) {
		_ = conn.SetWriteDeadline(time.Now().Add(tapPatience))
		if e.Encode(&sample) != nil {
			return
		}
	}
}

// socketPath shortens long names, so that the path stays within what systems allow.
func socketPath(dir, name string, pid int) string {
	name = strings.Map(func(r rune) rune {
		if r < 0x21 || r > 0x7e || r == '/' || r == '\\' {
			return '_'
		}
		return r
	}, name)
	end := fmt.Sprintf("-%d.sock", pid)
	if room := maxPath - len(filepath.Join(dir, end)); room > 0 && len(name) > room {
		name = name[:room]
	}
	return filepath.Join(dir, name+end)
}
