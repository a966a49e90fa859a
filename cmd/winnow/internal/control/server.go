package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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

// Server answers each connection with a status. Close it.
type Server struct {
	listener net.Listener
	status   func() pipeline.Status
	conns    sync.WaitGroup
	done     chan struct{}
}

// Serve listens in the folder under the pipeline's name and this process's id. status is called from any goroutine.
func Serve(ctx context.Context, dir, name string, status func() pipeline.Status) (*Server, error) {
	if err := makeFolder(dir); err != nil {
		return nil, err
	}
	path := socketPath(dir, name, os.Getpid())
	if len(path) > maxPath {
		return nil, fmt.Errorf("the path %s is too long for a socket", path)
	}
	_ = os.Remove(path) // of an earlier process with this id
	l, err := new(net.ListenConfig).Listen(ctx, "unix", path)
	if err != nil {
		return nil, err
	}
	s := &Server{listener: l, status: status, done: make(chan struct{})}
	go s.accept()
	return s, nil
}

// Close stops listening, removes the socket and waits for connections being answered.
func (s *Server) Close() error {
	err := s.listener.Close()
	<-s.done
	s.conns.Wait()
	return err
}

func (s *Server) accept() {
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
		s.conns.Go(func() { s.answer(conn) })
	}
}

func (s *Server) answer(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(dialTimeout))
	_ = json.NewEncoder(conn).Encode(s.status()) // whoever asked may be gone: nothing depends on it
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
