package registry

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"maps"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/sr"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Registry is a schema registry and what is known of it. It is safe for concurrent use. Schemas are kept for ever, since
// an id never means another.
type Registry struct {
	cfg    Config
	client *sr.Client
	http   *http.Client
	// schemas are all that were fetched. The map is replaced, never changed, so that records find theirs without a lock.
	schemas atomic.Pointer[map[uint32]*schema]
	// gate lets one caller at a time ask the registry: of many records of a new schema only the first does.
	gate chan struct{}

	mu       sync.Mutex
	negative map[uint32]time.Time // until when an id is known to be unknown
	encoders map[string]prepared
}

// New returns a registry. Nothing is asked of it yet.
func New(cfg Config) (*Registry, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	if cfg.CA != "" {
		pool, err := authorities(cfg.CA)
		if err != nil {
			return nil, err
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	}
	over := &http.Client{Transport: transport, Timeout: timeout}
	opts := []sr.ClientOpt{sr.URLs(cfg.urls()...), sr.UserAgent("winnow"), sr.HTTPClient(over)}
	if cfg.User != "" {
		password, err := cfg.Password.Reveal()
		if err != nil {
			return nil, err
		}
		opts = append(opts, sr.BasicAuth(cfg.User, password))
	}
	client, err := sr.NewClient(opts...)
	if err != nil {
		return nil, field("url", "url can't be used: %w", err)
	}
	r := &Registry{
		cfg: cfg, client: client, http: over, gate: make(chan struct{}, 1),
		negative: map[uint32]time.Time{}, encoders: map[string]prepared{},
	}
	r.schemas.Store(&map[uint32]*schema{})
	return r, nil
}

func authorities(path string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(path)
	if err != nil {
		return nil, field("ca", "the file of certificates can't be read: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, field("ca", "there is no certificate in %s", path)
	}
	return pool, nil
}

// Reach asks the registry for something small. The error's code is schema.registry.
func (r *Registry) Reach(ctx context.Context) error {
	var answer *sr.ResponseError
	for _, got := range r.client.Compatibility(ctx, sr.GlobalSubject) {
		if errors.As(got.Err, &answer) && answer.StatusCode == http.StatusForbidden {
			return nil // it is there; not every user may see its settings
		}
		if got.Err != nil {
			return away(got.Err, "reach the registry")
		}
	}
	return nil
}

// Close gives back the connections that are kept open. A registry that is used again opens new ones.
func (r *Registry) Close() { r.http.CloseIdleConnections() }

// schema returns the schema of an id. Its errors have the codes schema.unknown and schema.registry.
func (r *Registry) schema(ctx context.Context, id uint32) (*schema, error) {
	if s := (*r.schemas.Load())[id]; s != nil {
		return s, nil
	}
	if err := r.unknown(id); err != nil {
		return nil, err
	}
	select {
	case r.gate <- struct{}{}:
	case <-ctx.Done():
		return nil, away(ctx.Err(), "wait for the registry")
	}
	defer func() { <-r.gate }()
	known := *r.schemas.Load()
	if s := known[id]; s != nil { // whoever held the gate fetched it
		return s, nil
	}
	if err := r.unknown(id); err != nil {
		return nil, err
	}
	s, err := r.fetch(ctx, id)
	if err != nil {
		return nil, err
	}
	more := maps.Clone(known)
	more[id] = s
	r.schemas.Store(&more)
	return s, nil
}

// unknown is the error of an id that the registry does not know, as far as that is known here.
func (r *Registry) unknown(id uint32) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if until, ok := r.negative[id]; ok && r.cfg.Now().Before(until) {
		return unknownID(id)
	}
	return nil
}

func (r *Registry) remember(id uint32) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.negative) >= maxNegative {
		clear(r.negative)
	}
	r.negative[id] = r.cfg.Now().Add(negativeFor)
}

func unknownID(id uint32) error {
	return fault.New(fault.SchemaUnknown, "the registry has no schema of the id %d", id)
}
