package api_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/api"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/config"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/wire"
)

// pipes is a listener of connections in memory.
type pipes chan net.Conn

func (p pipes) Accept() (net.Conn, error) {
	c, open := <-p
	if !open {
		return nil, net.ErrClosed
	}
	return c, nil
}

func (p pipes) Close() error   { return nil }
func (p pipes) Addr() net.Addr { return &net.TCPAddr{} }

// TestSlow has clients that do not come to the end of what they send, or do not take what they are sent. Each is left alone
// after its time.
func TestSlow(t *testing.T) {
	const post = "POST /v1/classify HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
	for _, c := range []struct {
		name, sent string
		deaf       time.Duration // how long the client does not read
		after      time.Duration // until the connection's end
		want       string        // what the answer begins with
	}{
		{name: "headers", sent: "GET / HTTP/1.1\r\nHost: localhost\r\nX: ", after: 5 * time.Second},
		{name: "body", sent: post, after: time.Minute, want: "HTTP/1.1 400 Bad Request"},
		{name: "answer", sent: "GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n", deaf: 2*time.Minute + time.Millisecond, after: 2*time.Minute + time.Millisecond},
		{name: "nothing after an answer", sent: "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", after: 2 * time.Minute, want: "HTTP/1.1 200 OK"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := api.New(api.Config{Server: *config.Default(), Loopback: true, Backend: wire.Classifiers{}, Catalogs: wire.Catalogs{Dir: t.TempDir()}, Log: zerolog.Nop()})
			if err != nil {
				t.Fatal(err)
			}
			synctest.Test(t, func(t *testing.T) {
				ctx, stop := context.WithCancel(context.Background())
				listener, ended := make(pipes, 1), make(chan error, 1)
				go func() { ended <- s.Run(ctx, listener) }()
				client, server := net.Pipe()
				listener <- server
				begun := time.Now()
				if _, err := io.WriteString(client, c.sent); err != nil {
					t.Fatal(err)
				}
				time.Sleep(c.deaf) // of the test's own clock
				got, err := io.ReadAll(client)
				if err != nil || time.Since(begun) != c.after || !strings.HasPrefix(string(got), c.want) || c.want == "" && len(got) > 0 {
					t.Errorf("%v after %s: %.100s", err, time.Since(begun), got)
				}
				close(listener)
				stop()
				if err := <-ended; err != nil && !errors.Is(err, net.ErrClosed) {
					t.Error(err)
				}
			})
		})
	}
}

// patient is an answer that remembers until when a client may go on sending, and taking what it is sent.
type patient struct {
	*httptest.ResponseRecorder
	until, taking []time.Time
}

// SetWriteDeadline remembers it.
func (p *patient) SetWriteDeadline(t time.Time) error {
	p.taking = append(p.taking, t)
	return nil
}

// SetReadDeadline remembers it.
func (p *patient) SetReadDeadline(t time.Time) error {
	p.until = append(p.until, t)
	return nil
}

// TestPatience uploads some MB: each of them gets the client two more minutes, and nothing less does.
func TestPatience(t *testing.T) {
	server, _ := newJobs(t, false)
	m := makeJob(t, server, nil, labelled)
	const size = 5 << 20
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	_ = form.WriteField("key", m.InputKey)
	w, err := form.CreateFormFile("file", "x")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = w.Write(bytes.Repeat([]byte("{}\n"), size/3))
	_ = form.Close()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, m.UploadURL, &b)
	r.Host = "localhost"
	r.Header.Set("Content-Type", form.FormDataContentType())
	p := &patient{ResponseRecorder: httptest.NewRecorder()}
	begun := time.Now()
	server.Config.Handler.ServeHTTP(p, r)
	if p.Code != http.StatusNoContent {
		t.Fatalf("status %d %s", p.Code, p.Body)
	}
	if n := len(p.until); n < size>>20 || n > size>>20+4 { // one for each part of the form, and for each MiB
		t.Errorf("%d times the client got more time", n)
	}
	for _, until := range p.until {
		if until.Before(begun.Add(2*time.Minute)) || until.After(time.Now().Add(2*time.Minute)) {
			t.Errorf("the client has until %s", until.Sub(begun))
		}
	}
}

// direct is an answer that can take a file by itself.
type direct struct {
	*patient
	files int // that it was handed, or parts of one
}

// ReadFrom takes a file, or another reader.
func (d *direct) ReadFrom(r io.Reader) (int64, error) {
	if l, limited := r.(*io.LimitedReader); limited { // as the kernel's sendfile takes it
		if _, ok := l.R.(*os.File); ok {
			d.files++
		}
	}
	return io.Copy(d.ResponseRecorder, r)
}

// TestPatienceOfDownloads downloads some MB, likewise: once through what can only be written to, and once through what takes the
// file by itself, and is handed it.
func TestPatienceOfDownloads(t *testing.T) {
	server, _ := newJobs(t, false)
	const size = 5 << 20
	id := idOf(t, uploadWith(t, server, "/v1/files", nil, [][2]string{{"purpose", "batch"}}, bytes.Repeat([]byte("{}\n"), size/3)))
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost/v1/files/"+id+"/content", nil)
	for _, able := range []bool{false, true} {
		p := &patient{ResponseRecorder: httptest.NewRecorder()}
		d := &direct{patient: p}
		var w http.ResponseWriter = p
		if able {
			w = d
		}
		begun := time.Now()
		server.Config.Handler.ServeHTTP(w, r)
		if n := len(p.taking); p.Code != http.StatusOK || n < size>>20 || n > size>>20+1 || p.Body.Len() != size/3*3 {
			t.Errorf("status %d, %d bytes: %d times the client got more time", p.Code, p.Body.Len(), n)
		}
		if able && d.files != len(p.taking) {
			t.Errorf("the answer took a file %d times, of %d", d.files, len(p.taking))
		}
		for _, until := range p.taking {
			if until.Before(begun.Add(2*time.Minute)) || until.After(time.Now().Add(2*time.Minute)) {
				t.Errorf("the client has until %s", until.Sub(begun))
			}
		}
	}
}

// TestIdle has 1,000 connections that nobody sends anything on, half of them after an answer. The others are served.
func TestIdle(t *testing.T) {
	address := running(t)
	const many = 1000
	idle := make(chan net.Conn, many)
	defer func() {
		close(idle)
		for c := range idle {
			_ = c.Close()
		}
	}()
	open := func(i int) error {
		c, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
		if err != nil {
			return err
		}
		idle <- c
		if i%2 == 0 {
			return nil
		}
		if _, err := io.WriteString(c, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
			return err
		}
		answer, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, answer.Body)
		return errors.Join(err, answer.Body.Close())
	}
	var opening sync.WaitGroup
	for part := range 10 {
		opening.Go(func() {
			for i := range many / 10 {
				if err := open(part*many/10 + i); err != nil {
					t.Error(err)
				}
			}
		})
	}
	opening.Wait()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}} // each request has a connection of its own
	for range 100 {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+address+"/v1/classify", strings.NewReader(question))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		answer, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = io.Copy(io.Discard, answer.Body); err != nil || answer.StatusCode != http.StatusOK {
			t.Errorf("status %d, %v", answer.StatusCode, err)
		}
		_ = answer.Body.Close()
	}
}

// TestShares has a client that sends as many bodies as it can without an end. Others are answered all the same; and bodies that
// are large by what they announce alone take next to nothing.
func TestShares(t *testing.T) {
	keys := newKeys(t)
	const most = 64 * 128 << 10 // of all bodies
	server := newServer(t, func(c *api.Config) { c.Keys, c.Limits.Body, c.Limits.InFlight = keys, 1<<20, most })
	shop, desk := newKey(t, keys, "shop", api.ScopeRead), newKey(t, keys, "desk", api.ScopeRead)
	const head = "POST /v1/classify HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAuthorization: Bearer "
	hang := func(header, body string) net.Conn {
		t.Helper()
		c, err := new(net.Dialer).DialContext(t.Context(), "tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		_, _ = io.WriteString(c, head+shop+"\r\n"+header+"\r\n\r\n"+body) // one that is refused is not read to its end
		return c
	}
	// 40 that announce the largest body there may be, or do not say how large it is.
	for range 20 {
		hang("Content-Length: 1048576", "{")
		hang("Transfer-Encoding: chunked", "1\r\n{\r\n")
	}
	asks := func(key string) int {
		t.Helper()
		return send(t, server, http.MethodPost, "/v1/classify", map[string]string{"Authorization": "Bearer " + key}, question).StatusCode
	}
	for name, key := range map[string]string{"shop": shop, "desk": desk} {
		if status := asks(key); status != http.StatusOK {
			t.Errorf("%s, beside bodies that do not come: status %d", name, status)
		}
	}
	// And some that do come, but for their end.
	large := fmt.Sprintf("%x\r\n%s\r\n", 1<<20-100, strings.Repeat(" ", 1<<20-100))
	answers := make(chan string, most/(1<<20))
	for range cap(answers) {
		c := hang("Transfer-Encoding: chunked", large)
		go func() {
			line, _ := bufio.NewReader(c).ReadString('\n') // the test ends before those that are not answered
			answers <- line
		}()
	}
	select {
	case got := <-answers:
		if !strings.HasPrefix(got, "HTTP/1.1 503 ") {
			t.Errorf("a body of many: %q", got)
		}
	case <-time.After(time.Minute):
		t.Error("all bodies of one client are taken")
	}
	if status := asks(desk); status != http.StatusOK {
		t.Errorf("desk, beside bodies without an end: status %d", status)
	}
}
