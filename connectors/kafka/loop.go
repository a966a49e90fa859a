package kafka

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/winnow-stream/winnow/connectors/kafka/cluster"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// CheckLoops refuses outputs into topics that the source reads, and outputs into the topics of the dead letters: a replay
// would take what stands there for rejected messages. It connects to nothing. Sources and sinks of other kinds are passed
// over, and dead may be nil. What depends on topics that nobody knows yet is looked at again when the sinks are opened, and
// record by record.
func CheckLoops(source pipeline.SourceConfig, outputs []pipeline.SinkConfig, dead pipeline.SinkConfig, labels []string) error {
	from, _ := source.(*SourceConfig)
	var topics []string
	if from != nil && from.TopicsRegex == "" {
		topics = from.Topics
	}
	letters, _ := dead.(*SinkConfig)
	for _, c := range outputs {
		out, ok := c.(*SinkConfig)
		if !ok {
			continue
		}
		made := parseTopic(out.Topic)
		for _, name := range made.over(labels, topics) {
			if from != nil && out.beside(from, &from.Connection) && from.reads(name) {
				return readAndWritten(name)
			}
			if letters != nil && out.beside(from, letters.connection(from)) && takesLetters(letters.Topic, name) {
				return fault.New(fault.ConfigLoop, "the topic %s takes labelled records and dead letters", name).
					WithFix("write dead letters to a topic of their own")
			}
		}
	}
	if letters == nil || from == nil || from.replay != nil || !letters.beside(from, &from.Connection) {
		return nil
	}
	made := parseTopic(letters.Topic)
	for _, name := range made.over(nil, topics) {
		if from.reads(name) {
			return readAndWritten(name)
		}
	}
	return nil
}

func readAndWritten(topic string) *fault.Error {
	return fault.New(fault.ConfigLoop, "the topic %s is both read and written", topic).WithFix("write to another topic")
}

// connection is the sink's own, or the source's where it has none; nil where there is neither.
func (c *SinkConfig) connection(source *SourceConfig) *cluster.Connection {
	if c.IsZero() && source != nil {
		return &source.Connection
	}
	return &c.Connection
}

// beside reports whether the sink writes to the cluster of another connection, as far as the configurations tell.
func (c *SinkConfig) beside(source *SourceConfig, other *cluster.Connection) bool {
	return c.connection(source).Same(other)
}

// reads reports whether messages of a topic are read, now or once there is such a topic.
func (c *SourceConfig) reads(topic string) bool {
	if slices.Contains(c.Topics, topic) {
		return true
	}
	if c.TopicsRegex == "" {
		return false
	}
	matched, err := regexp.MatchString(c.TopicsRegex, topic) // anywhere in the name, as for franz-go
	return err == nil && matched
}

// takesLetters reports whether a topic is one that dead letters go to, or that a replay would read them from.
func takesLetters(letters, topic string) bool {
	t := parseTopic(letters)
	if !strings.Contains(letters, placeTopic) {
		return topic == t.fill("", "")
	}
	matched, err := regexp.MatchString(letterPattern(letters), topic)
	return err == nil && matched
}

// checkLoop is CheckLoops for one sink, with the topics that the source reads now. Only brokers know whether two addresses
// are of one cluster; they are asked where it matters.
func (s *Sink) checkLoop(ctx context.Context) error {
	if s.from == nil || s.dead && s.from.cfg.replay != nil { // what fails again goes behind the end of what is read
		return nil
	}
	names := s.topic.over(s.labels, s.from.topics)
	i := slices.IndexFunc(names, s.from.cfg.reads)
	if i < 0 && s.topic.plain {
		return nil
	}
	var err error
	if s.beside, err = s.sameCluster(ctx); err != nil || !s.beside || i < 0 {
		return err
	}
	return readAndWritten(names[i])
}

// sameCluster reports whether the sink writes to the cluster that the source reads.
func (s *Sink) sameCluster(ctx context.Context) (bool, error) {
	if s.cfg.beside(&s.from.cfg, &s.from.cfg.Connection) {
		return true, nil
	}
	mine, err := s.connect(ctx)
	if err != nil {
		return false, err
	}
	theirs, err := s.from.adminClient(ctx)
	if err != nil {
		return false, err
	}
	ctx, cancel := context.WithTimeout(ctx, adminTimeout)
	defer cancel()
	a, err := clusterID(ctx, mine)
	if err != nil {
		return false, cluster.Coded(err, s.connection())
	}
	b, err := clusterID(ctx, theirs)
	if err != nil {
		return false, cluster.Coded(err, &s.from.cfg.Connection)
	}
	return a != "" && a == b, nil
}

func clusterID(ctx context.Context, cl *kgo.Client) (string, error) {
	req := kmsg.NewPtrMetadataRequest()
	req.Topics = []kmsg.MetadataRequestTopic{}
	resp, err := req.RequestWith(ctx, cl)
	if err != nil || resp.ClusterID == nil {
		return "", err
	}
	return *resp.ClusterID, nil
}

// strayed is why a record can't be written to the topic that its template gave. Topics that came after the start make such
// names.
func (s *Sink) strayed(topic string) *fault.Error {
	if !s.beside {
		return nil
	}
	letters := s.from.letters
	switch {
	case s.from.cfg.reads(topic):
		return fault.New(fault.RecordTopic, "%s makes the topic %s, which is read itself", s.cfg.Topic, topic)
	case letters != nil && letters.cfg.beside(&s.from.cfg, &s.from.cfg.Connection) && takesLetters(letters.cfg.Topic, topic):
		return fault.New(fault.RecordTopic, "%s makes the topic %s, which takes the dead letters", s.cfg.Topic, topic)
	default:
		return nil
	}
}

// strayedLetter is strayed for a dead letter. There is no other place for it, so that it ends the run.
func (s *Sink) strayedLetter(topic string) *fault.Error {
	if !s.beside || !s.from.cfg.reads(topic) {
		return nil
	}
	return readAndWritten(topic)
}
