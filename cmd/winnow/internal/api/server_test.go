package api_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/api"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/config"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/ops"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/wire"
	"github.com/winnow-stream/winnow/plugins/host"
)

// TestShutdown stops a server while it works: what has begun is answered, and nothing new is taken.
func TestShutdown(t *testing.T) {
	t.Setenv("WINNOW_HOME", t.TempDir())
	backend := &slow{made: make(chan struct{})}
	s, err := api.New(api.Config{Server: *config.Default(), Loopback: true, Backend: backend, Catalogs: wire.Catalogs{Dir: t.TempDir()}, Log: zerolog.Nop()})
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
	var b syncBuffer
	server := newServer(t, func(c *api.Config) { c.Log = zerolog.New(&b) })
	send(t, server, http.MethodPost, "/v1/classify", map[string]string{"Authorization": "Bearer canary"}, `{"text":"canary","labels":["canary","b"]}`)
	send(t, server, http.MethodPost, "/v1/canary", nil, `{"canary":"canary"}`)
	send(t, server, http.MethodPost, "/v1/tag", nil, `{"text":"canary","labels":["canary"],"canary":1}`)
	send(t, server, http.MethodGet, "/openapi.json?q=canary", nil, "")
	if strings.Contains(b.String(), "canary") {
		t.Errorf("the log holds what a request said:\n%s", b.String())
	}
	for i, want := range []string{`"route":"/v1/classify","status":200`, `"route":"unknown","status":404`, `"route":"/v1/tag","status":400`, `"route":"/openapi.json","status":200`} {
		if lines := strings.Split(b.String(), "\n"); !strings.Contains(lines[i], want) || !strings.Contains(lines[i], `"request_id":"req_`) {
			t.Errorf("line %d: %s", i, lines[i])
		}
	}
}

// syncBuffer is a log that a test reads while a server writes it.
type syncBuffer struct {
	mu sync.Mutex
	b  strings.Builder // guarded by mu
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// TestCompression has answers in gzip for those who take them, and plain ones for others.
func TestCompression(t *testing.T) {
	server := newServer(t)
	if r := send(t, server, http.MethodPost, "/v1/classify", map[string]string{"Content-Encoding": "GZIP"}, zipped(question)); r.StatusCode != http.StatusOK {
		t.Errorf("a body in GZIP: status %d %s", r.StatusCode, r.body)
	}
	plain := send(t, server, http.MethodGet, "/openapi.json", map[string]string{"Accept-Encoding": "br, gzip;q=0"}, "")
	packed := send(t, server, http.MethodGet, "/openapi.json", map[string]string{"Accept-Encoding": "br, gzip;q=0.5"}, "")
	if packed.Header.Get("Content-Encoding") != "gzip" || len(packed.body) > len(plain.body)/4 {
		t.Fatalf("%v: %d bytes of %d", packed.Header, len(packed.body), len(plain.body))
	}
	z, err := gzip.NewReader(bytes.NewReader(packed.body))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(z); err != nil || !bytes.Equal(got, plain.body) {
		t.Errorf("%v: %d bytes", err, len(got))
	}
	if r := send(t, server, http.MethodGet, "/healthz", map[string]string{"Accept-Encoding": "gzip"}, ""); r.Header.Get("Content-Encoding") != "" {
		t.Error("two letters are compressed")
	}
}

// TestCORS lets the pages of one site read answers, and no other's.
func TestCORS(t *testing.T) {
	keys := newKeys(t)
	key := newKey(t, keys, "shop", api.ScopeRead)
	server := newServer(t, func(c *api.Config) {
		c.Keys, c.CORS = keys, &config.CORS{Origins: []string{"https://app.example.com"}}
	})
	for origin, want := range map[string]string{"https://app.example.com": "https://app.example.com", "https://evil.example": "", "null": ""} {
		asked := send(t, server, http.MethodOptions, "/v1/classify", map[string]string{"Origin": origin, "Access-Control-Request-Method": "POST"}, "")
		got := send(t, server, http.MethodPost, "/v1/classify", map[string]string{"Origin": origin, "Authorization": "Bearer " + key}, question)
		if asked.Header.Get("Access-Control-Allow-Origin") != want || got.Header.Get("Access-Control-Allow-Origin") != want ||
			(asked.Header.Get("Access-Control-Allow-Methods") != "") != (want != "") || asked.StatusCode != http.StatusNoContent || got.StatusCode != http.StatusOK {
			t.Errorf("%s: %v %v", origin, asked.Header, got.Header)
		}
	}
}

// TestProxy believes a proxy that the settings name, and nobody else, by which address clients reach the server.
func TestProxy(t *testing.T) {
	keys := newKeys(t)
	key := newKey(t, keys, "shop", api.ScopeRead)
	for network, want := range map[string]string{"127.0.0.0/8": "https://winnow.example.com/docs/errors", "10.0.0.0/8": "http://127.0.0.1"} {
		server := newServer(t, func(c *api.Config) { c.Keys, c.TrustedProxies = keys, []string{network} })
		r := send(t, server, http.MethodPost, "/v1/classify", map[string]string{
			"Authorization": "Bearer " + key, "X-Forwarded-Proto": "https", "X-Forwarded-Host": "winnow.example.com",
		}, `{}`)
		if p := problemOf(t, r); !strings.HasPrefix(p.DocsURL, want) {
			t.Errorf("%s: %s", network, p.DocsURL)
		}
	}
}

func TestPages(t *testing.T) {
	server := newServer(t, func(c *api.Config) {
		ended := ops.JobMetrics()
		ended.WithLabelValues("completed").Observe(100)
		c.Metrics = []prometheus.Collector{ended, ops.PluginMetrics("", func() []host.Status { return []host.Status{{Plugin: "mine", Kind: "classifier", Rows: 7}} })}
	})
	send(t, server, http.MethodPost, "/v1/classify", nil, `{"text":"it crashes","labels":["bug","praise"]}`)
	for path, want := range map[string]string{
		"/": "POST /v1/classify", "/healthz": "ok\n", "/readyz": `{"ready":true}`, "/docs/errors": "`body.json`",
		"/metrics":            `winnow_http_requests_total{method="POST",route="/v1/classify",status="200"} 1`,
		"/metrics?of=plugins": `winnow_plugin_rows_total{kind="classifier",pipeline="",plugin="mine"} 7`,
		"/metrics?of=jobs":    `winnow_job_seconds_bucket{state="completed",le="180"} 1`,
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
		for method, operation := range methods {
			for name := range strings.SplitSeq(path, "/") {
				if described := fmt.Sprint(operation["parameters"]); strings.HasPrefix(name, "{") && !strings.Contains(described, "in:path name:"+strings.Trim(name, "{}")) {
					t.Errorf("%s %s: %s is not described: %s", method, path, name, described)
				}
			}
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
