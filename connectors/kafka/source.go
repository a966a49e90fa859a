package kafka

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/winnow-stream/winnow/connectors/kafka/cluster"
	"github.com/winnow-stream/winnow/connectors/kafka/registry"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/unit"
)

// Source reads topics as a member of a group.
type Source struct {
	cfg      SourceConfig
	log      zerolog.Logger
	layout   *pipeline.Layout
	decode   *decoder
	registry *registry.Registry // nil: values name no schemas
	topics   []string           // as they were when the run began
	bounds   map[string]int64   // by split, where a bounded run ends; nil: it does not
	sinks    []*Sink            // that write in the source's transactions
	letters  *Sink              // that takes the dead letters; nil where none does, or it is not open yet

	mu     sync.Mutex
	admin  *kgo.Client // guarded by mu; asks about topics and offsets, consumes nothing
	client *kgo.Client // guarded by mu; the member's, nil between two of them
}

var (
	_ pipeline.Source    = (*Source)(nil)
	_ pipeline.Streamer  = (*Source)(nil)
	_ pipeline.Decoder   = (*Source)(nil)
	_ pipeline.Describer = (*Source)(nil)
	_ pipeline.Seeker    = (*Source)(nil)
)

// NewSource returns the source. It connects in Layout first.
func (c *SourceConfig) NewSource(env pipeline.Env) (pipeline.Source, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	s := &Source{cfg: c.over(), log: env.Log}
	s.decode = newDecoder(s.cfg)
	if format, ok := registryFormats[s.cfg.Format]; ok {
		var err error
		if s.registry, err = registry.New(*s.cfg.SchemaRegistry); err != nil {
			return nil, err
		}
		s.decode.registry = s.registry.Decoder(format)
	}
	s.layout = s.decode.layout
	return s, nil
}

// Enlists reports whether a sink of the one configuration would write in the transactions of a source of the other.
func Enlists(source pipeline.SourceConfig, sink pipeline.SinkConfig) bool {
	from, ok := source.(*SourceConfig)
	to, is := sink.(*SinkConfig)
	return ok && is && (to.IsZero() || to.Same(&from.Connection))
}

// Share makes sinks without brokers use the source's connection, each through a client of its own: at least once.
func Share(source *Source, sinks ...*Sink) {
	for _, s := range sinks {
		s.from = source
		if s.cfg.IsZero() {
			s.cfg.Connection = source.cfg.Connection
		}
	}
}

// Enlist makes sinks write in the transactions of the source, those of them that name no brokers of their own or the
// source's. It reports whether all of them do. It comes before the pipeline is run.
func Enlist(source *Source, sinks ...*Sink) bool {
	all := true
	for _, s := range sinks {
		s.from = source
		if source.cfg.preview || !s.cfg.IsZero() && !s.cfg.Same(&source.cfg.Connection) {
			all = false
			continue
		}
		s.source = source
		source.sinks = append(source.sinks, s)
	}
	return all
}

// Outlast makes the timeout of transactions longer than the interval at which they end: a broker counts from their
// beginning, and would abort each one. It comes before the pipeline is run.
func (s *Source) Outlast(interval time.Duration) {
	if s.cfg.TransactionTimeout.Std() < interval+defaultTransaction/2 {
		s.cfg.TransactionTimeout = unit.Duration(interval + defaultTransaction)
	}
}

func (s *Source) transactional() bool { return len(s.sinks) > 0 }

// Describe says what is read.
func (s *Source) Describe() string {
	topics := strings.Join(s.cfg.Topics, ", ")
	if s.cfg.TopicsRegex != "" {
		topics = "/" + s.cfg.TopicsRegex + "/"
	}
	return fmt.Sprintf("kafka %s as group %s (%s)", topics, s.cfg.Group, s.cfg.Format)
}

// Guarantee is what the commits give.
func (s *Source) Guarantee() (pipeline.Guarantee, string) {
	if s.transactional() {
		return pipeline.ExactlyOnce, "output, dead letters and the group's offsets commit in one Kafka transaction; " +
			"readers see it with isolation.level=read_committed, as strong as the brokers' transactions (KIP-890 recommended)"
	}
	return pipeline.AtLeastOnce, "the group's offsets are committed after the output, so that the last records before a crash come again"
}

// Seeks tells that a partition can be read from any offset.
func (s *Source) Seeks() {}

// Layout connects, and finds the topics.
func (s *Source) Layout(ctx context.Context) (*pipeline.Layout, error) {
	cl, err := s.adminClient(ctx)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, adminTimeout)
	defer cancel()
	if s.registry != nil {
		if err := s.registry.Reach(ctx); err != nil {
			return nil, err
		}
	}
	if s.topics, err = cluster.Topics(ctx, cl, s.cfg.Topics, s.cfg.TopicsRegex); err != nil {
		return nil, err
	}
	if err := cluster.CheckRights(ctx, cl, s.cfg.Group, s.topics, nil, s.transactional()); err != nil {
		return nil, err
	}
	return s.layout, nil
}

// adminClient returns the client that asks about topics and offsets, connecting it first.
func (s *Source) adminClient(ctx context.Context) (*kgo.Client, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.admin != nil {
		return s.admin, nil
	}
	cl, err := connect(ctx, &s.cfg.Connection, s.log)
	if err != nil {
		return nil, err
	}
	s.admin = cl
	return cl, nil
}

// connect makes a client and sees whether a broker answers it.
func connect(ctx context.Context, c *cluster.Connection, log zerolog.Logger, more ...kgo.Opt) (*kgo.Client, error) {
	opts, err := c.Options(log)
	if err != nil {
		return nil, err
	}
	cl, err := kgo.NewClient(append(opts, more...)...)
	if err != nil {
		return nil, fault.New(fault.ConfigField, "%w", err)
	}
	if err := c.Reach(ctx, cl); err != nil {
		cl.Close()
		return nil, err
	}
	return cl, nil
}

// Close ends the client that asked about topics.
func (s *Source) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.admin != nil {
		s.admin.Close()
		s.admin = nil
	}
	return nil
}

func (s *Source) setClient(cl *kgo.Client) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.client = cl
}

// member returns the client that the sinks of the transaction write through.
func (s *Source) member() *kgo.Client {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.client
}

// Open is not called: the source is a Streamer.
func (s *Source) Open(context.Context, *pipeline.Split, pipeline.Position, pipeline.Projection) (pipeline.Reader, error) {
	return nil, fault.New(fault.Internal, "a topic is read as a member of a group")
}

// Decode fills in the columns of a batch.
func (s *Source) Decode(ctx context.Context, b *pipeline.Batch, want pipeline.Projection) error {
	return s.decode.Decode(ctx, b, want)
}

// textSchema is what raw text is read as.
var textSchema = arrow.NewSchema([]arrow.Field{{Name: "text", Type: arrow.BinaryTypes.String, Nullable: true}}, nil)
