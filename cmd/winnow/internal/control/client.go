package control

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"iter"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/winnow-stream/winnow/pipeline"
)

const (
	dialTimeout = 2 * time.Second
	maxAnswer   = 64 << 20 // bytes; a status grows with its splits
)

// Process is a running winnow process and what it answered.
type Process struct {
	PID    int
	Socket string
	Status pipeline.Status
	Err    error // it did not answer
}

// List asks every process that has a socket in the folder, in the order of the sockets' names. Sockets that a killed
// process left behind are removed.
func List(ctx context.Context, dir string) ([]Process, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var list []Process
	for _, e := range entries {
		pid, ok := pidOf(e.Name())
		if !ok {
			continue
		}
		p := Process{PID: pid, Socket: filepath.Join(dir, e.Name())}
		p.Status, p.Err = ask(ctx, p.Socket)
		if errors.Is(p.Err, syscall.ECONNREFUSED) {
			_ = os.Remove(p.Socket)
			continue
		}
		if errors.Is(p.Err, fs.ErrNotExist) { // it ended meanwhile
			continue
		}
		list = append(list, p)
	}
	return list, nil
}

// ask reads the status behind a socket.
func ask(ctx context.Context, socket string) (pipeline.Status, error) {
	var st pipeline.Status
	conn, err := (&net.Dialer{Timeout: dialTimeout}).DialContext(ctx, "unix", socket)
	if err != nil {
		return st, err
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(dialTimeout)); err != nil {
		return st, err
	}
	if err := json.NewEncoder(conn).Encode(Request{}); err != nil {
		return st, err
	}
	return st, json.NewDecoder(io.LimitReader(conn, maxAnswer)).Decode(&st)
}

// Tap yields samples of the pipeline behind a socket until ctx or the run ends. An error is the last that it yields.
func Tap(ctx context.Context, socket string, o pipeline.TapOptions) iter.Seq2[pipeline.Sample, error] {
	return func(yield func(pipeline.Sample, error) bool) {
		conn, err := (&net.Dialer{Timeout: dialTimeout}).DialContext(ctx, "unix", socket)
		if err == nil {
			defer func() { _ = conn.Close() }()
			defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
			err = json.NewEncoder(conn).Encode(Request{Tap: &o})
		}
		for d := json.NewDecoder(conn); err == nil; {
			var s pipeline.Sample
			if err = d.Decode(&s); err == nil && !yield(s, nil) {
				return
			}
		}
		if !errors.Is(err, io.EOF) && ctx.Err() == nil {
			yield(pipeline.Sample{}, err)
		}
	}
}

// pidOf reads the process id out of a socket's name.
func pidOf(name string) (int, bool) {
	base, ok := strings.CutSuffix(name, ".sock")
	if !ok {
		return 0, false
	}
	i := strings.LastIndexByte(base, '-')
	pid, err := strconv.Atoi(base[i+1:])
	return pid, err == nil && i >= 0 && pid > 0
}
