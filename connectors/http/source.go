package http

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"net"
	"sync"
	"sync/atomic"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/connectors/codec/jsonl"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Source takes records by HTTP. Its stream only cuts lines; Decode fills in columns on the engine's workers.
type Source struct {
	cfg    SourceConfig
	log    zerolog.Logger
	window *window // outlives a membership, so that a repeat after a failure is known
	plan   atomic.Pointer[jsonl.Plan]

	mu   sync.Mutex
	addr string // guarded by mu; where it listens, or did: port 0 is settled by the first Join
}

var (
	_ pipeline.Source    = (*Source)(nil)
	_ pipeline.Streamer  = (*Source)(nil)
	_ pipeline.Decoder   = (*Source)(nil)
	_ pipeline.Describer = (*Source)(nil)
)

// NewSource returns the source. It listens once the engine joins.
func (c *SourceConfig) NewSource(env pipeline.Env) (pipeline.Source, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	s := &Source{cfg: *c, log: env.Log, window: newWindow()}
	s.cfg.setDefaults()
	s.addr = s.cfg.Listen
	return s, nil
}

// Addr is the address that the source listens on.
func (s *Source) Addr() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addr
}

// Describe says where records are posted to.
func (s *Source) Describe() string { return "POST " + s.place() }

func (s *Source) place() string { return "http://" + s.Addr() + s.cfg.Path }

// schema is empty: what fields there are is known when they come.
var schema = arrow.NewSchema(nil, nil)

// Layout is that of JSON objects of any fields.
func (s *Source) Layout(context.Context) (*pipeline.Layout, error) {
	return &pipeline.Layout{Format: "jsonl", Schema: schema, Open: true, Raw: pipeline.RawJSON}, nil
}

// Splits names the one split, for explain. Each membership has one of its own.
func (s *Source) Splits(context.Context) ([]*pipeline.Split, error) {
	return []*pipeline.Split{{ID: "http", File: s.place(), End: -1}}, nil
}

// Open is never called: the source is a Streamer.
func (s *Source) Open(context.Context, *pipeline.Split, pipeline.Position, pipeline.Projection) (pipeline.Reader, error) {
	return nil, fault.New(fault.Internal, "an HTTP source can't be opened at a position")
}

// Guarantee is at least once: clients keep what is not answered.
func (s *Source) Guarantee() (pipeline.Guarantee, string) {
	return pipeline.AtLeastOnce, "a request is answered after its commit, and the client sends again what was not answered"
}

// Decode fills in the columns of a batch.
func (s *Source) Decode(_ context.Context, b *pipeline.Batch, want pipeline.Projection) error {
	p := s.plan.Load()
	if p == nil || !p.Serves(want) {
		var err error
		if p, err = jsonl.NewPlan(want, schema); err != nil {
			return err
		}
		s.plan.Store(p)
	}
	if want.Alloc == nil {
		want.Alloc = memory.DefaultAllocator
	}
	return p.Decode(b, want.Alloc)
}

// Join listens. The split is a new one each time: its offsets count the lines taken since, and with a name of its own
// no two records ever have the same id.
func (s *Source) Join(ctx context.Context, o pipeline.JoinOptions) (pipeline.Stream, error) {
	keys, err := newKeyring(s.cfg.Keys)
	if err != nil {
		return nil, err
	}
	split := &pipeline.Split{ID: "http-" + newID() + "/0", File: s.place(), End: -1}
	if o.Resume != nil {
		if split.Start, err = o.Resume(ctx, split, -1); err != nil {
			return nil, err
		}
		split.Start = max(split.Start, 0)
	}
	l, err := s.listen(ctx)
	if err != nil {
		return nil, err
	}
	q := newQueue(int64(s.cfg.MaxInFlight), split.Start, s.window)
	h := &handler{cfg: &s.cfg, keys: keys, queue: q, window: s.window}
	return newStream(l, h, q, split, o.Want, s.log), nil
}

func (s *Source) listen(ctx context.Context) (net.Listener, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", s.addr)
	if err != nil {
		return nil, fault.New(fault.HTTPListen, "%w", err).At(fault.Where{Path: "source.http.listen"})
	}
	s.addr = l.Addr().String()
	return l, nil
}

func newID() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the process instead
	return hex.EncodeToString(b[:])
}
