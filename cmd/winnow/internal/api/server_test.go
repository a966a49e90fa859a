package api_test

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/api"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/config"
)

// TestShutdown stops a server while it works: what has begun is answered, and nothing new is taken.
func TestShutdown(t *testing.T) {
	t.Setenv("WINNOW_HOME", t.TempDir())
	backend := &slow{made: make(chan struct{})}
	s, err := api.New(api.Config{Server: *config.Default(), Loopback: true, Backend: backend, Log: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx, l) }()
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	url := "http://" + l.Addr().String()
	answered := make(chan int, 1)
	go func() {
		r, err := client.Post(url+"/v1/classify", "application/json", strings.NewReader(`{"text":"it crashes","labels":["bug","praise"]}`))
		if err != nil {
			t.Error(err)
			answered <- 0
			return
		}
		defer r.Body.Close()
		answered <- r.StatusCode
	}()
	for { // until the request is in the backend
		backend.mu.Lock()
		n := backend.n
		backend.mu.Unlock()
		if n > 0 {
			break
		}
	}
	stop()
	for { // until nothing is taken any more
		c, err := new(net.Dialer).DialContext(t.Context(), "tcp", l.Addr().String())
		if err != nil {
			break
		}
		_ = c.Close()
	}
	close(backend.made)
	if status := <-answered; status != http.StatusOK {
		t.Errorf("the request that had begun: status %d", status)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestLog holds the access log to what it may hold.
func TestLog(t *testing.T) {
	var mu sync.Mutex
	var b strings.Builder
	server := newServer(t, func(c *api.Config) {
		c.Log = zerolog.New(writer(func(p []byte) (int, error) {
			mu.Lock()
			defer mu.Unlock()
			return b.Write(p)
		}))
	})
	send(t, server, http.MethodPost, "/v1/classify?q=canary", map[string]string{"Authorization": "Bearer canary"}, `{"text":"canary","labels":["canary","b"]}`)
	send(t, server, http.MethodPost, "/v1/canary", nil, `{"canary":"canary"}`)
	send(t, server, http.MethodPost, "/v1/tag", nil, `{"text":"canary","labels":["canary"],"canary":1}`)
	mu.Lock()
	defer mu.Unlock()
	if strings.Contains(b.String(), "canary") {
		t.Errorf("the log holds what a request said:\n%s", b.String())
	}
	for i, want := range []string{`"route":"/v1/classify","status":200`, `"route":"unknown","status":404`, `"route":"/v1/tag","status":400`} {
		if lines := strings.Split(b.String(), "\n"); !strings.Contains(lines[i], want) || !strings.Contains(lines[i], `"request_id":"req_`) {
			t.Errorf("line %d: %s", i, lines[i])
		}
	}
}

type writer func([]byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }

func TestPages(t *testing.T) {
	server := newServer(t)
	send(t, server, http.MethodPost, "/v1/classify", nil, `{"text":"it crashes","labels":["bug","praise"]}`)
	for path, want := range map[string]string{
		"/": "POST /v1/classify", "/healthz": "ok\n", "/readyz": `{"ready":true}`, "/docs/errors": "`body.json`",
		"/metrics": `winnow_http_requests_total{method="POST",route="/v1/classify",status="200"} 1`,
	} {
		r := send(t, server, http.MethodGet, path, nil, "")
		if r.StatusCode != http.StatusOK || !strings.Contains(string(r.body), want) {
			t.Errorf("%s: status %d, without %q\n%.300s", path, r.StatusCode, want, r.body)
		}
		if head := send(t, server, http.MethodHead, path, nil, ""); head.StatusCode != http.StatusOK || len(head.body) > 0 {
			t.Errorf("HEAD %s: status %d", path, head.StatusCode)
		}
	}
	if r := send(t, server, http.MethodOptions, "/v1/classify", nil, ""); r.StatusCode != http.StatusNoContent || r.Header.Get("Allow") != "POST, OPTIONS" {
		t.Errorf("OPTIONS: status %d, %v", r.StatusCode, r.Header)
	}
}

// TestOpenAPI finds every route in the document.
func TestOpenAPI(t *testing.T) {
	server := newServer(t)
	var document struct {
		OpenAPI string                               `json:"openapi"`
		Paths   map[string]map[string]map[string]any `json:"paths"`
	}
	r := send(t, server, http.MethodGet, "/openapi.json", nil, "")
	if err := json.Unmarshal(r.body, &document); err != nil || document.OpenAPI != "3.1.0" {
		t.Fatalf("%v %s", err, document.OpenAPI)
	}
	for path, methods := range document.Paths {
		for method := range methods {
			if r := send(t, server, strings.ToUpper(method), path, nil, ""); r.StatusCode == http.StatusNotFound || r.StatusCode == http.StatusMethodNotAllowed {
				t.Errorf("%s %s: status %d", method, path, r.StatusCode)
			}
		}
	}
	if document.Paths["/v1/classify"]["post"]["requestBody"] == nil {
		t.Error("/v1/classify takes no body")
	}
}

// TestBusy refuses bodies for which there is no room.
func TestBusy(t *testing.T) {
	server := newServer(t, func(c *api.Config) { c.Limits.Body, c.Limits.InFlight = 1000, 60 })
	r := send(t, server, http.MethodPost, "/v1/classify", nil, `{"text":"`+strings.Repeat("x", 60)+`","labels":["bug"]}`)
	if p := problemOf(t, r); r.StatusCode != http.StatusServiceUnavailable || p.Code != "SERVER_BUSY" || r.Header.Get("Retry-After") != "1" {
		t.Errorf("status %d: %s", r.StatusCode, r.body)
	}
	for range 3 { // room comes back
		if r := send(t, server, http.MethodPost, "/v1/classify", nil, `{"text":"it crashes","labels":["bug"]}`); r.StatusCode != http.StatusOK {
			t.Errorf("status %d: %s", r.StatusCode, r.body)
		}
	}
}
