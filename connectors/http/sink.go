package http

import (
	"context"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"github.com/winnow-stream/winnow/connectors/codec/encode"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Sink posts records. Rows are encoded on the engine's workers; Write sends them and waits for the answers, so that it
// can name the rows that were refused.
type Sink struct {
	cfg      SinkConfig
	log      zerolog.Logger
	client   *http.Client
	headers  http.Header
	pipeline string // its name, the first part of ids
	encoder  *encode.Encoder
	gate     *gate
}

var (
	_ pipeline.Sink      = (*Sink)(nil)
	_ pipeline.Encoder   = (*Sink)(nil)
	_ pipeline.Describer = (*Sink)(nil)
	_ pipeline.Guarantor = (*Sink)(nil)
	_ pipeline.Patient   = (*Sink)(nil)
)

func newSink(cfg SinkConfig, env pipeline.Env) *Sink {
	return &Sink{cfg: cfg, log: env.Log, gate: newGate(cfg.Breaker.Failures, cfg.Breaker.Pause.Std())}
}

// Describe names method and address, without a query, in which secrets may stand.
func (s *Sink) Describe() string { return s.cfg.Method + " " + s.place() }

func (s *Sink) place() string {
	u, err := url.Parse(s.cfg.URL)
	if err != nil { // Check has parsed it
		return ""
	}
	u.RawQuery, u.Fragment = "", ""
	return u.String()
}

// Guarantee is at least once.
func (s *Sink) Guarantee() (pipeline.Guarantee, string) {
	return pipeline.AtLeastOnce, "an HTTP answer can be lost, so that records are sent again, under the same ids"
}

// Patience is how long the endpoint is tried.
func (s *Sink) Patience() time.Duration { return s.cfg.RetryFor.Std() }

// Need asks for the records' bytes where there are any, else for the columns.
func (s *Sink) Need(in *pipeline.Layout) pipeline.Need { return encode.Need(in, s.cfg.encoding()) }

// Open readies the client. Nothing is sent yet.
func (s *Sink) Open(_ context.Context, o pipeline.SinkOpen) error {
	s.headers = http.Header{"Content-Type": {"application/x-ndjson"}}
	if s.cfg.Format == formatJSON {
		s.headers.Set("Content-Type", "application/json")
	}
	for name, secret := range s.cfg.Headers {
		value, err := secret.Reveal()
		if err != nil {
			return err
		}
		s.headers.Set(name, value)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = s.cfg.MaxInFlight
	s.client = &http.Client{Transport: transport, CheckRedirect: sameHost}
	s.pipeline = o.Pipeline
	s.encoder = encode.New(o.Input, o.Result, s.cfg.encoding())
	return nil
}

// sameHost follows redirects that keep host, scheme and method; others are answers, and final ones.
func sameHost(req *http.Request, via []*http.Request) error {
	first := via[0]
	if len(via) >= 5 || req.URL.Host != first.URL.Host || req.URL.Scheme != first.URL.Scheme || req.Method != first.Method {
		return http.ErrUseLastResponse
	}
	return nil
}

// Write posts a batch's rows and returns when all of them are answered for. After an error the same batch can be
// written again: rows that were answered for are not sent again.
func (s *Sink) Write(ctx context.Context, b *pipeline.Batch) error {
	if b.Count() == 0 {
		return nil
	}
	if err := s.Encode(ctx, b); err != nil {
		return err
	}
	e := b.Encoded.(*encoded)
	for e.open > 0 {
		before := e.open
		if err := s.round(ctx, e); err != nil && (e.open == before || fault.FateOf(err) != fault.Transient) {
			return err
		}
	}
	b.Encoded = nil
	if len(e.faults) > 0 {
		return &pipeline.RowErrors{Rows: e.faults}
	}
	return nil
}

// round sends every row that is open once, until something fails. While the circuit is open it sends one request.
func (s *Sink) round(ctx context.Context, e *encoded) error {
	if err := s.gate.wait(ctx); err != nil {
		return err
	}
	requests := e.requests(s.cfg.Batch.Rows, int(s.cfg.Batch.Bytes))
	if s.gate.isOpen() {
		requests = requests[:1]
	}
	var mu sync.Mutex
	var first error // guarded by mu
	failed := func() bool {
		mu.Lock()
		defer mu.Unlock()
		return first != nil
	}
	var g errgroup.Group // without a context of its own: a failure must not cut off what others are being answered
	g.SetLimit(s.cfg.MaxInFlight)
	for _, r := range requests {
		g.Go(func() error {
			if failed() {
				return nil
			}
			err := s.send(ctx, e, r)
			mu.Lock()
			defer mu.Unlock()
			if first == nil || fault.FateOf(first) == fault.Transient && err != nil {
				first = err
			}
			return nil
		})
	}
	_ = g.Wait() // the goroutines leave their errors in first
	return first
}

// Prepare has nothing to do: what was written is answered for.
func (s *Sink) Prepare(context.Context, int64) (pipeline.Receipt, error) {
	return pipeline.Receipt("{}"), nil
}

// Commit has nothing to do.
func (s *Sink) Commit(context.Context, pipeline.Receipt) error { return nil }

// Abort can't take back what was sent: it comes again, under the same ids.
func (s *Sink) Abort(context.Context) error { return nil }

// Close frees idle connections.
func (s *Sink) Close() error {
	if s.client != nil {
		s.client.CloseIdleConnections()
	}
	return nil
}
