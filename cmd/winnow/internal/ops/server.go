package ops

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/plugins/host"
)

// Limits of a request. A scrape is a few kilobytes in, and some hundred at most out.
const (
	headerTimeout = 5 * time.Second
	readTimeout   = 10 * time.Second
	writeTimeout  = 30 * time.Second
	idleTimeout   = 2 * time.Minute
	maxHeader     = 16 << 10
	closeTimeout  = time.Second // for the answers that have begun
)

// Config is what a Server shows.
type Config struct {
	Name    string // of the pipeline
	Version string // of winnow
	// Status is called once a request, from any goroutine.
	Status func() pipeline.Status
	// Plugins tells what the pipeline's plugins did; nil: it can have none. It is called as Status is.
	Plugins func() []host.Status
}

// Server answers on a listener. Close it.
type Server struct {
	http *http.Server
	done chan struct{}
}

// Serve answers on the listener, which it owns from here on.
func Serve(l net.Listener, cfg Config) *Server {
	s := &Server{
		http: &http.Server{
			Handler: guard(Handler(cfg), l.Addr()), ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout,
			WriteTimeout: writeTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader,
		},
		done: make(chan struct{}),
	}
	go func() {
		defer close(s.done)
		_ = s.http.Serve(l) // it ends by Close alone
	}()
	return s
}

// Close finishes the answers that have begun and stops listening.
func (s *Server) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	err := s.http.Shutdown(ctx)
	if err != nil {
		err = s.http.Close()
	}
	<-s.done
	return err
}

// index is what / says.
const index = `winnow

/metrics   for Prometheus
/healthz   200 while the process lives
/readyz    200 when the pipeline works, else 503 and why
/status    all that is known, as JSON
`

// Handler answers requests.
func Handler(cfg Config) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry(cfg), promhttp.HandlerOpts{MaxRequestsInFlight: 8}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { text(w, "ok\n") })
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { text(w, index) })
	mux.HandleFunc("GET /status", func(w http.ResponseWriter, _ *http.Request) {
		st := cfg.Status()
		answer(w, http.StatusOK, &st)
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		st := cfg.Status()
		r := ReadinessOf(&st)
		code := http.StatusOK
		if !r.Ready {
			code = http.StatusServiceUnavailable
		}
		answer(w, code, r)
	})
	return mux
}

func text(w http.ResponseWriter, s string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte(s)) // whoever asked may be gone
}

func answer(w http.ResponseWriter, code int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(v) // whoever asked may be gone
}

// guard sets the headers that keep browsers from making something of the answers, and refuses names of other hosts on a
// loopback address: a page on the web could point its name there and read along (DNS rebinding).
func guard(next http.Handler, at net.Addr) http.Handler {
	tcp, isTCP := at.(*net.TCPAddr)
	local := isTCP && tcp.IP.IsLoopback()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox")
		if local && !LocalName(r.Host) {
			http.Error(w, "this address answers to localhost, 127.0.0.1 and [::1] alone", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// LocalName tells whether a host, with a port or without, names this machine by its loopback address or as localhost.
func LocalName(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if ip, err := netip.ParseAddr(trimBrackets(host)); err == nil {
		return ip.IsLoopback()
	}
	return host == "localhost"
}

func trimBrackets(host string) string {
	if n := len(host); n > 2 && host[0] == '[' && host[n-1] == ']' {
		return host[1 : n-1]
	}
	return host
}
