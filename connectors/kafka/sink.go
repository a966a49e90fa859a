package kafka

import (
	"context"
	"encoding/json"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/winnow-stream/winnow/connectors/codec/encode"
	"github.com/winnow-stream/winnow/connectors/kafka/cluster"
	"github.com/winnow-stream/winnow/connectors/kafka/registry"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Sink writes records to topics. Enlisted with a source it writes through the source's member, and its Prepare, Commit
// and Abort are those of the member's transaction; otherwise through a client of its own, at least once.
type Sink struct {
	cfg    SinkConfig
	log    zerolog.Logger
	source *Source // nil: not enlisted
	from   *Source // the pipeline's, where that is a Kafka source

	registry *registry.Registry // nil: values are written as JSON, or as they came
	fields   []registry.Field   // of the results

	own     *kgo.Client // nil where enlisted
	encoder *encode.Encoder
	topic   topicTemplate
	dead    bool // it takes the dead letters
	beside  bool // its topic is a template, and names topics of the cluster that is read
	results *arrow.Schema
	labels  []string // of the classifier, for the names of topics
	free    chan *encoded
	sent    []*encoded // not flushed yet
	promise func(*kgo.Record, error)

	mu     sync.Mutex
	failed error            // guarded by mu; the first error of what was sent since the last commit
	max    map[string]int32 // guarded by mu; max.message.bytes by topic
}

var (
	_ pipeline.Sink      = (*Sink)(nil)
	_ pipeline.Encoder   = (*Sink)(nil)
	_ pipeline.Describer = (*Sink)(nil)
	_ pipeline.Guarantor = (*Sink)(nil)
	_ pipeline.BareSink  = (*Sink)(nil)
	_ pipeline.Looker    = (*Sink)(nil)
)

// freeBuffers is how many batches' buffers are kept.
const freeBuffers = 64

func newSink(cfg SinkConfig, env pipeline.Env) *Sink {
	s := &Sink{
		cfg: cfg, log: env.Log, topic: parseTopic(cfg.Topic), free: make(chan *encoded, freeBuffers), max: make(map[string]int32),
	}
	s.promise = func(_ *kgo.Record, err error) {
		if err != nil {
			s.fail(err)
		}
	}
	return s
}

// Describe says what is written.
func (s *Sink) Describe() string { return s.cfg.describe() }

// TakesBare tells that messages without a value are passed on.
func (s *Sink) TakesBare() bool { return true }

// Guarantee is what the sink keeps by itself.
func (s *Sink) Guarantee() (pipeline.Guarantee, string) {
	if s.source != nil {
		return pipeline.ExactlyOnce, ""
	}
	return pipeline.AtLeastOnce, "a topic in another cluster than the source's can't commit together with it; the header winnow-id tells copies"
}

// Need asks for the values to splice results into or to pass on, and what they have beside them.
func (s *Sink) Need(in *pipeline.Layout) pipeline.Need {
	n := pipeline.Need{Meta: true, Raw: true}
	if s.cfg.Results == resultsFields {
		e := encode.Need(in, encode.Options{})
		n.Columns = e.Columns
		n.Raw = e.Raw || in.Raw != pipeline.RawNone
	}
	return n
}

// Open makes sure that the topic is not one that is read, and looks for it.
func (s *Sink) Open(ctx context.Context, o pipeline.SinkOpen) error {
	s.dead = o.Input == pipeline.DeadLetterLayout
	s.results = o.Result
	switch {
	case s.dead:
	case s.cfg.Results == resultsFields && o.Result != nil:
		s.encoder = encode.New(o.Input, o.Result, encode.Options{})
	case s.cfg.Results == resultsRecord && o.Result != nil:
		s.encoder = encode.New(&pipeline.Layout{Schema: arrow.NewSchema(nil, nil)}, o.Result, encode.Options{})
	case o.Input.Raw == pipeline.RawNone: // no bytes to pass on
		s.encoder = encode.New(o.Input, nil, encode.Options{})
	}
	if err := s.openRegistry(ctx); err != nil {
		return err
	}
	cl, err := s.connect(ctx)
	if err != nil {
		return err
	}
	s.labels = o.Labels
	if s.dead && s.from != nil {
		s.from.letters = s
	}
	if err := s.checkLoop(ctx); err != nil {
		return err
	}
	return s.findTopics(ctx, cl)
}

// openRegistry readies the format of the values: that of the source where nothing else is said.
func (s *Sink) openRegistry(ctx context.Context) error {
	if s.dead || s.encoder == nil || s.results == nil || s.cfg.Results != resultsFields {
		return nil
	}
	if s.cfg.Format == "" && s.from != nil {
		s.cfg.Format = s.from.cfg.Format
	}
	if _, ok := registryFormats[s.cfg.Format]; !ok {
		return nil
	}
	switch {
	case s.cfg.SchemaRegistry != nil:
		made, err := registry.New(*s.cfg.SchemaRegistry)
		if err != nil {
			return err
		}
		s.registry = made
	case s.from != nil && s.from.registry != nil:
		s.registry = s.from.registry
	default:
		return fault.New(fault.ConfigMissing, "the format %s needs a schema registry", s.cfg.Format).At(fault.Where{Path: "schema_registry"})
	}
	s.fields = resultFields(s.results)
	return s.registry.Reach(ctx)
}

// connect returns the client that asks about topics: the source's, or the sink's own, made here.
func (s *Sink) connect(ctx context.Context) (*kgo.Client, error) {
	if s.source != nil {
		return s.source.adminClient(ctx)
	}
	if s.own != nil {
		return s.own, nil
	}
	if s.cfg.IsZero() {
		return nil, fault.New(fault.ConfigMissing, "the sink has no brokers, and the source is not a Kafka source whose it could share").
			At(fault.Where{Path: "brokers"})
	}
	cl, err := connect(ctx, &s.cfg.Connection, s.log, producing([]*Sink{s})...)
	if err != nil {
		return nil, err
	}
	s.own = cl
	return cl, nil
}

func (s *Sink) client() *kgo.Client {
	if s.source != nil {
		return s.source.member()
	}
	return s.own
}

func (s *Sink) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failed == nil {
		s.failed = err
	}
}

// failure is why what was sent can't be committed. A topic that takes no more is told as what it is.
func (s *Sink) failure() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failed == nil {
		return nil
	}
	conn := &s.cfg.Connection
	if s.source != nil {
		conn = &s.source.cfg.Connection
	}
	e := cluster.Coded(s.failed, conn)
	if e.Code == fault.KafkaUnreachable || e.Code == fault.Internal {
		e = fault.New(fault.KafkaWrite, "%w", s.failed).At(fault.Where{File: s.cfg.Topic})
	}
	return &pipeline.EpochError{Err: e}
}

// Write sends a batch's rows. It does not wait for the answers: Prepare does.
func (s *Sink) Write(ctx context.Context, b *pipeline.Batch) error {
	if err := s.failure(); err != nil {
		return err
	}
	cl := s.client()
	if cl == nil {
		return &pipeline.EpochError{Err: fault.New(fault.KafkaCommit, "the member is gone")}
	}
	e, ok := b.Encoded.(*encoded)
	if !ok {
		var err error
		if e, err = s.encode(ctx, b); err != nil {
			return err
		}
	}
	b.Encoded = nil
	faults := append(e.faults, s.tooLarge(b, e)...)
	e.faults = nil // they are the engine's now
	s.sent = append(s.sent, e)
	for i := range e.records {
		if e.records[i].Topic != "" {
			cl.Produce(ctx, &e.records[i], s.promise)
		}
	}
	if len(faults) > 0 {
		return &pipeline.RowErrors{Rows: faults}
	}
	return nil
}

// Prepare waits until everything that was sent is in the brokers' logs.
func (s *Sink) Prepare(ctx context.Context, _ int64) (pipeline.Receipt, error) {
	cl := s.client()
	if cl == nil {
		return nil, &pipeline.EpochError{Err: fault.New(fault.KafkaCommit, "the member is gone")}
	}
	if err := cl.Flush(ctx); err != nil {
		return nil, err
	}
	if err := s.failure(); err != nil {
		return nil, err
	}
	for i, e := range s.sent {
		e.reset()
		select {
		case s.free <- e:
		default:
		}
		s.sent[i] = nil
	}
	s.sent = s.sent[:0]
	return json.RawMessage("{}"), nil
}

// Commit is the transaction's.
func (s *Sink) Commit(context.Context, pipeline.Receipt) error { return nil }

// Abort forgets what was sent: it is in an aborted transaction, or comes again. Buffers that a client may still read
// are left to the collector.
func (s *Sink) Abort(ctx context.Context) error {
	s.sent = nil
	var err error
	if s.own != nil {
		err = s.own.AbortBufferedRecords(ctx)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failed = nil
	return err
}

// Close ends the sink's own client.
func (s *Sink) Close() error {
	if s.own != nil {
		s.own.Close()
		s.own = nil
	}
	return nil
}
