package http_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	connector "github.com/winnow-stream/winnow/connectors/http"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/unit"
)

// hijack ends a request's connection after writing text to it.
func hijack(w http.ResponseWriter, text string, reset bool) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		panic(err)
	}
	_, _ = io.WriteString(conn, text)
	if tcp, ok := conn.(*net.TCPConn); ok && reset {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

// Every second request fails in some way: no record is lost, and only those whose answer was lost come twice.
func TestFaults(t *testing.T) {
	for _, c := range []struct {
		name    string
		doubles bool
		fail    func(e *endpoint, w http.ResponseWriter, p *posted)
	}{
		{"429", false, func(_ *endpoint, w http.ResponseWriter, _ *posted) {
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(http.StatusTooManyRequests)
		}},
		{"503", false, func(_ *endpoint, w http.ResponseWriter, _ *posted) { w.WriteHeader(http.StatusServiceUnavailable) }},
		{"reset before", false, func(_ *endpoint, w http.ResponseWriter, _ *posted) { hijack(w, "", true) }},
		{"closed before", false, func(_ *endpoint, w http.ResponseWriter, _ *posted) { hijack(w, "", false) }},
		{"reset after", true, func(e *endpoint, w http.ResponseWriter, p *posted) {
			e.take(p.records...)
			hijack(w, "", true)
		}},
		{"half a status", true, func(e *endpoint, w http.ResponseWriter, p *posted) {
			e.take(p.records...)
			hijack(w, "HTTP/1.1 2", false)
		}},
		{"half a body", true, func(e *endpoint, w http.ResponseWriter, p *posted) {
			e.take(p.records...)
			hijack(w, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"resu", false)
		}},
		{"half a body without a length", true, func(e *endpoint, w http.ResponseWriter, p *posted) {
			e.take(p.records...)
			hijack(w, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{\"results\":[{\"index\":0,\"sta", false)
		}},
		{"no HTTP", false, func(_ *endpoint, w http.ResponseWriter, _ *posted) { hijack(w, "SSH-2.0-x\r\n", false) }},
		{"too slow", true, func(e *endpoint, w http.ResponseWriter, p *posted) {
			e.take(p.records...)
			time.Sleep(150 * time.Millisecond)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := newEndpoint(t, nil)
			e.answer = func(w http.ResponseWriter, _ *http.Request, p *posted) bool {
				if p.n%2 == 1 {
					c.fail(e, w, p)
					return true
				}
				return false
			}
			s := post(t, connector.SinkConfig{
				URL: e.URL, Batch: connector.BatchConfig{Rows: 10}, IDField: "_id", Timeout: unit.Duration(100 * time.Millisecond),
			}, 60, nil)
			s.judge(t, e, c.doubles)
			if len(s.deadIDs(t)) > 0 {
				t.Error(s.dead.Store.Lines())
			}
		})
	}
}

// An endpoint that is still busy with a request whose answer was lost answers a second try with 409: that is no refusal.
func TestConflictWithItself(t *testing.T) {
	var mu sync.Mutex
	tries := make(map[string]int)
	e := newEndpoint(t, func(w http.ResponseWriter, _ *http.Request, p *posted) bool {
		mu.Lock()
		defer mu.Unlock()
		key := p.header.Get("Idempotency-Key")
		switch tries[key]++; tries[key] {
		case 1:
			hijack(w, "", true)
		case 2:
			w.WriteHeader(http.StatusConflict)
		default:
			return false
		}
		return true
	})
	s := post(t, connector.SinkConfig{URL: e.URL, Batch: connector.BatchConfig{Rows: 10}}, 30, nil)
	s.judge(t, e, false)
	if len(s.deadIDs(t)) > 0 {
		t.Error(s.dead.Store.Lines())
	}
}

// Many requests at once, each of which may fail in any way.
func TestFaultsAtOnce(t *testing.T) {
	var lost atomic.Int64
	e := newEndpoint(t, nil)
	e.answer = func(w http.ResponseWriter, _ *http.Request, p *posted) bool {
		switch rand.N(8) {
		case 0:
			w.WriteHeader(http.StatusInternalServerError)
		case 1:
			hijack(w, "", true)
		case 2:
			lost.Add(int64(len(p.records)))
			e.take(p.records...)
			hijack(w, "", true)
		default:
			return false
		}
		return true
	}
	s := post(t, connector.SinkConfig{
		URL: e.URL, MaxInFlight: 8, Batch: connector.BatchConfig{Rows: 20}, IDField: "_id",
	}, 2000, func(c *pipeline.Config) { c.BatchRows = 300 })
	s.judge(t, e, true)
	doubles := 0
	for _, n := range e.counts() {
		doubles += n - 1
	}
	if int64(doubles) > lost.Load() {
		t.Errorf("%d records came twice, and the answers of %d were lost", doubles, lost.Load())
	}
}

// A server that goes away and comes back on the same port gets every record.
func TestServerRestart(t *testing.T) {
	e := newEndpoint(t, nil)
	addr := e.Listener.Addr().String()
	stopped := make(chan struct{})
	e.answer = func(w http.ResponseWriter, _ *http.Request, p *posted) bool {
		if p.n == 3 {
			hijack(w, "", true)
			go func() {
				e.Close()
				close(stopped)
			}()
			return true
		}
		return false
	}
	back := make(chan *httptest.Server)
	go func() {
		<-stopped
		time.Sleep(200 * time.Millisecond)
		l, err := net.Listen("tcp", addr)
		if err != nil {
			panic(fmt.Sprint("listen again: ", err))
		}
		s := httptest.NewUnstartedServer(e)
		_ = s.Listener.Close()
		s.Listener = l
		s.Start()
		back <- s
	}()
	s := post(t, connector.SinkConfig{URL: e.URL, Batch: connector.BatchConfig{Rows: 10}, IDField: "_id"}, 100, nil)
	(<-back).Close()
	s.judge(t, e, false)
}
