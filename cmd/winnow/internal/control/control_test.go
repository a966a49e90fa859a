package control

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/winnow-stream/winnow/pipeline"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fake is a pipeline with a status and as many samples as it is asked for.
type fake struct{}

func (*fake) Status() pipeline.Status {
	return pipeline.Status{Name: "my tickets", Counts: pipeline.Counts{Read: 7}}
}

func (*fake) Tap(ctx context.Context, o pipeline.TapOptions) <-chan pipeline.Sample {
	out := make(chan pipeline.Sample)
	go func() {
		defer close(out)
		for i := int64(0); o.Rate == 0 || i < int64(o.Rate); i++ {
			select {
			case out <- pipeline.Sample{Offset: i, Label: o.Label}:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}

// Who lists while a process begins to listen does not take its socket for one that was left behind.
func TestListWhileServing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	defer all.Wait()
	defer cancel()
	for range 4 {
		all.Go(func() {
			for ctx.Err() == nil {
				_, _ = List(ctx, dir) // what matters is what it removes
			}
		})
	}
	for range 500 {
		s, err := Serve(t.Context(), dir, "tickets", &fake{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(socketPath(dir, "tickets", os.Getpid())); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTap(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	s, err := Serve(t.Context(), dir, "tickets", &fake{})
	if err != nil {
		t.Fatal(err)
	}
	socket := socketPath(dir, "tickets", os.Getpid())
	n := int64(0)
	for sample, err := range Tap(t.Context(), socket, pipeline.TapOptions{Rate: 100, Label: "bug"}) { // the run ends
		if err != nil || sample.Offset != n || sample.Label != "bug" {
			t.Fatalf("%+v, %v, want offset %d", sample, err, n)
		}
		n++
	}
	if n != 100 {
		t.Errorf("%d samples", n)
	}
	for range Tap(t.Context(), socket, pipeline.TapOptions{}) { // the reader hangs up
		break
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for _, err := range Tap(ctx, socket, pipeline.TapOptions{}) { // the reader is interrupted
		if err != nil {
			t.Error(err)
		}
		cancel()
	}
	deaf, err := net.Dial("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer deaf.Close()
	if _, err := deaf.Write([]byte(`{"tap":{}}`)); err != nil { // it never reads
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, err := range Tap(t.Context(), socket, pipeline.TapOptions{}) {
		if err == nil {
			t.Error("a sample out of nowhere")
		}
	}
}

func TestServeAnswersList(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	s, err := Serve(t.Context(), dir, "my tickets", &fake{})
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("folder: %v, %v; want 0700", info.Mode(), err)
	}
	list, err := List(t.Context(), dir)
	if err != nil || len(list) != 1 {
		t.Fatalf("list: %v, %v", list, err)
	}
	if p := list[0]; p.PID != os.Getpid() || p.Err != nil || p.Status.Name != "my tickets" || p.Status.Counts.Read != 7 {
		t.Errorf("got %+v", p)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if list, err := List(t.Context(), dir); err != nil || len(list) != 0 {
		t.Errorf("after close: %v, %v", list, err)
	}
}

func TestListRemovesWhatAKilledProcessLeft(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "gone-123.sock")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	l.Close()
	for _, other := range []string{"notes.txt", "x.sock", "-5.sock"} {
		if err := os.WriteFile(filepath.Join(dir, other), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if list, err := List(t.Context(), dir); err != nil || len(list) != 0 {
		t.Errorf("got %v, %v", list, err)
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("the socket is still there: %v", err)
	}
	if list, err := List(t.Context(), filepath.Join(dir, "missing")); err != nil || list != nil {
		t.Errorf("missing folder: %v, %v", list, err)
	}
}

func TestSocketPathFits(t *testing.T) {
	dir := "/run/user/1000/winnow"
	if got, want := socketPath(dir, "a/b c", 12), dir+"/a_b_c-12.sock"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	long := socketPath(dir, strings.Repeat("x", 300), 1234567)
	if len(long) > maxPath || !strings.HasSuffix(long, "-1234567.sock") {
		t.Errorf("%d bytes: %s", len(long), long)
	}
}
