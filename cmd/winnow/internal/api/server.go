package api

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/classify/cache"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/config"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Keys are the keys that requests may come with.
type Keys interface {
	// Any tells whether there are any: as long as there are none, a request needs none. It is called for each request.
	Any() bool
	// Identify finds who a key belongs to. An unknown, expired or revoked one is auth.invalid, all alike.
	Identify(ctx context.Context, key string) (Identity, error)
}

// Config is what a Server is made of.
type Config struct {
	config.Server
	Version  string // of winnow
	Loopback bool   // the server can be reached from this machine alone
	Backend  Backend
	Catalogs Catalogs
	Keys     Keys                   // nil: there are none, and there will be none
	Jobs     *Jobs                  // nil: there are none
	Files    Files                  // nil: there are none, and no batches of requests
	Webhooks Webhooks               // nil: accounts have none
	Usage    Usage                  // nil: nobody counts
	Memory   Memory                 // nil: an Idempotency-Key means nothing
	Metrics  []prometheus.Collector // what else /metrics shows
	Now      func() time.Time       // the clock of rates; nil: time.Now
	Log      zerolog.Logger
}

// Server answers requests. It is safe for concurrent use.
type Server struct {
	cfg      Config
	log      zerolog.Logger
	compiler *compiler
	metrics  *metrics
	handler  http.Handler
	opened   []byte // the OpenAPI document where no key is needed
	keyed    []byte // likewise where one is
	proxies  []netip.Prefix
	rooms    *rooms
	draining atomic.Bool
	rates    rates
}

var _ http.Handler = (*Server)(nil)

// New makes a server. It starts nothing.
func New(cfg Config) (*Server, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	var answers *cache.Cache
	if cfg.Cache.Size > 0 {
		var err error
		if answers, err = cache.New(cache.Config{MaxBytes: cfg.Cache.Size.Bytes(), TTL: cfg.Cache.TTL.Std()}); err != nil {
			return nil, err
		}
	}
	compiler, err := newCompiler(cfg.Backend, cfg.Server.Backend, cfg.Catalogs, cfg.Limits.Classifiers, answers)
	if err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg, log: cfg.Log, compiler: compiler, metrics: newMetrics(&cfg, answers), rooms: newRooms(cfg.Limits.InFlight.Bytes(), cfg.Limits.Body.Bytes())}
	for _, text := range cfg.TrustedProxies {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, err
		}
		s.proxies = append(s.proxies, p)
	}
	if cfg.Rate != nil {
		s.rates.limit = cfg.Rate.Requests
	}
	routes := s.routes()
	if s.opened, err = document(cfg.Version, routes, &cfg.Limits, true); err != nil {
		return nil, err
	}
	if s.keyed, err = document(cfg.Version, routes, &cfg.Limits, false); err != nil {
		return nil, err
	}
	s.handler = s.mux(routes)
	return s, nil
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// Run answers on the listener, which it owns from here on, until ctx ends; then it lets requests that have begun end
// for as long as the settings say.
func (s *Server) Run(ctx context.Context, l net.Listener) error {
	server := &http.Server{
		Handler: s, ReadHeaderTimeout: headerTimeout, ReadTimeout: bodyTimeout, WriteTimeout: writeTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeaderBytes, DisableGeneralOptionsHandler: true,
	}
	if t := s.cfg.TLS; t != nil {
		certificate, err := tls.LoadX509KeyPair(t.Cert, t.Key)
		if err != nil {
			_ = l.Close()
			return fault.New(fault.ConfigField, "the certificate can't be used: %w", err).At(fault.Where{Path: "tls"}).
				WithFix("name files in PEM that belong together")
		}
		l = tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12})
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	s.draining.Store(true)
	patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.cfg.ShutdownTimeout.Std())
	defer cancel()
	err := server.Shutdown(patience)
	if err != nil {
		err = server.Close()
	}
	if served := <-ended; !errors.Is(served, http.ErrServerClosed) {
		return errors.Join(err, served)
	}
	return err
}
