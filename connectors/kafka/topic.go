package kafka

import (
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/winnow-stream/winnow/connectors/kafka/cluster"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Placeholders of a topic's name.
const (
	placeLabel = "{{label}}"
	placeTopic = "{{topic}}"
)

// noLabel stands for the label of a record without one.
const noLabel = "unlabelled"

// topicTemplate makes the names of topics.
type topicTemplate struct {
	text  string
	plain bool // without placeholders
	label bool
	made  *sync.Map // text of the placeholders → madeTopic, so that each is made once
}

// madeTopic is a name that a template gave.
type madeTopic struct {
	name string
	err  *fault.Error // why nothing may be written there; nil: it may
}

func parseTopic(text string) topicTemplate {
	return topicTemplate{text: text, plain: !strings.Contains(text, "{{"), label: strings.Contains(text, placeLabel), made: new(sync.Map)}
}

// topicOf is the topic of a row, or why there is none that it may be written to.
func (s *Sink) topicOf(b *pipeline.Batch, row int) (string, *fault.Error) {
	t := &s.topic
	if t.plain {
		return t.text, nil
	}
	label := ""
	if t.label {
		label = rowLabel(b, row)
	}
	from, _, _ := splitID(b.Origin(row).Split)
	made := t.make(label, from, s.strayed)
	return made.name, made.err
}

// make fills the placeholders in. What it makes for the first time is judged.
func (t *topicTemplate) make(label, from string, judge func(topic string) *fault.Error) madeTopic {
	key := label + "\x00" + from
	if made, ok := t.made.Load(key); ok {
		return made.(madeTopic)
	}
	name := t.fill(label, from)
	made := madeTopic{name: name, err: judge(name)}
	t.made.Store(strings.Clone(key), made)
	return made
}

func (t *topicTemplate) fill(label, from string) string {
	return strings.NewReplacer(placeLabel, topicWord(label), placeTopic, from).Replace(t.text)
}

// names are the topics that labels give, where they don't depend on the source's topic.
func (t *topicTemplate) names(labels []string) []string {
	if strings.Contains(t.text, placeTopic) {
		return nil
	}
	return t.over(labels, nil)
}

// over are the topics that labels and the source's topics give. Where the latter are not known, their placeholder stays.
func (t *topicTemplate) over(labels, topics []string) []string {
	if t.plain {
		return []string{t.text}
	}
	if len(topics) == 0 || !strings.Contains(t.text, placeTopic) {
		topics = []string{placeTopic}
	}
	if labels = append([]string{""}, labels...); !t.label {
		labels = labels[:1]
	}
	var names []string
	for _, from := range topics {
		for _, l := range labels {
			names = append(names, t.fill(l, from))
		}
	}
	return names
}

var notInTopics = regexp.MustCompile(`[^a-zA-Z0-9._-]+`)

// topicWord makes a label fit for a topic's name.
func topicWord(label string) string {
	if label == "" {
		return noLabel
	}
	return notInTopics.ReplaceAllString(label, "_")
}

// rowLabel is a row's label; empty where it has none.
func rowLabel(b *pipeline.Batch, row int) string {
	if b.Result == nil {
		return ""
	}
	d, ok := b.Result.Column(0).(*array.Dictionary)
	if !ok || d.IsNull(row) {
		return ""
	}
	return d.Dictionary().(*array.String).Value(d.GetValueIndex(row))
}

// findTopics looks for the topics that are written, makes those that may be made, and learns how large their records
// may be.
func (s *Sink) findTopics(ctx context.Context, cl *kgo.Client) error {
	names := s.topic.names(s.labels)
	if len(names) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, adminTimeout)
	defer cancel()
	if s.cfg.Create != nil {
		if err := s.createTopics(ctx, kadm.NewClient(cl), names); err != nil {
			return err
		}
	}
	if err := s.seeTopics(ctx, cl, names); err != nil {
		return err
	}
	s.learnLimits(ctx, kadm.NewClient(cl), names)
	return nil
}

// seeTopics makes sure that the topics are there and may be written to.
func (s *Sink) seeTopics(ctx context.Context, cl *kgo.Client, names []string) error {
	if s.topic.plain || s.cfg.Create == nil && len(s.labels) > 0 {
		if _, err := cluster.Topics(ctx, cl, names, ""); err != nil {
			if e, ok := fault.As(err); ok && e.Code == fault.KafkaTopicUnknown {
				return e.WithFix("create it, or let winnow do that with create: {partitions: …}")
			}
			return err
		}
	}
	group, transactional := "", false
	if s.source != nil {
		group, transactional = s.source.cfg.Group, true
	}
	return cluster.CheckRights(ctx, cl, group, nil, names, transactional)
}

// learnLimits finds out how large the topics' records may be. Not everybody may ask; the default is small enough for
// nearly every broker.
func (s *Sink) learnLimits(ctx context.Context, adm *kadm.Client, names []string) {
	configs, err := adm.DescribeTopicConfigs(ctx, names...)
	if err != nil {
		s.log.Debug().Err(cluster.Coded(err, s.connection())).Msg("topics' limits are not known")
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range configs {
		for _, v := range c.Configs {
			if v.Key != "max.message.bytes" || v.Value == nil {
				continue
			}
			if n, err := strconv.ParseInt(*v.Value, 10, 32); err == nil && n > 0 {
				s.max[c.Name] = int32(n)
			}
		}
	}
}

// Look sees before a run whether the topics are there, those excepted that Open is going to make.
func (s *Sink) Look(ctx context.Context, labels []string) error {
	cl, err := s.connect(ctx)
	if err != nil {
		return err
	}
	s.labels = labels
	if err := s.checkLoop(ctx); err != nil || s.cfg.Create != nil {
		return err
	}
	names := s.topic.names(labels)
	if len(names) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, adminTimeout)
	defer cancel()
	return s.seeTopics(ctx, cl, names)
}

func (s *Sink) createTopics(ctx context.Context, adm *kadm.Client, names []string) error {
	partitions, replication := int32(s.cfg.Create.Partitions), int16(s.cfg.Create.Replication)
	if partitions == 0 {
		partitions = -1
	}
	if replication == 0 {
		replication = -1
	}
	made, err := adm.CreateTopics(ctx, partitions, replication, nil, names...)
	if err != nil {
		return cluster.Coded(err, s.connection())
	}
	for _, t := range made.Sorted() {
		if t.Err != nil && !isTopicExists(t.Err) {
			return cluster.Coded(t.Err, s.connection()).At(fault.Where{File: t.Topic})
		}
	}
	return nil
}

func (s *Sink) connection() *cluster.Connection {
	if s.source != nil {
		return &s.source.cfg.Connection
	}
	return &s.cfg.Connection
}

// maxMessage is a topic's max.message.bytes, where it is known.
func (s *Sink) maxMessage(topic string) (int32, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, ok := s.max[topic]
	return n, ok
}

// leastMessage is the smallest of the topics' limits.
func (s *Sink) leastMessage() int32 {
	s.mu.Lock()
	defer s.mu.Unlock()
	least := int32(defaultMaxMessage)
	for _, n := range s.max {
		least = min(least, n)
	}
	return least
}

// tooLarge takes out the messages that their topic can't take. Dead letters go on without their value.
func (s *Sink) tooLarge(b *pipeline.Batch, e *encoded) []pipeline.RowFault {
	var faults []pipeline.RowFault
	for _, f := range e.faults {
		if i, ok := slices.BinarySearch(e.rows, int32(f.Row)); ok {
			e.records[i].Topic = ""
		}
	}
	least := s.leastMessage()
	for i := range e.records {
		r := &e.records[i]
		if r.Topic == "" {
			continue
		}
		size := len(r.Key) + len(r.Value) + recordOverhead
		for _, h := range r.Headers {
			size += len(h.Key) + len(h.Value)
		}
		if size <= int(least) {
			continue
		}
		most, ok := s.maxMessage(r.Topic)
		if !ok {
			most = defaultMaxMessage
		}
		if size <= int(most) {
			continue
		}
		if s.dead {
			withoutValue(r)
			continue
		}
		row := int(e.rows[i])
		err := fault.New(fault.RecordTooLarge, "the message has %d bytes, and the topic %s takes %d (max.message.bytes)", size, r.Topic, most).
			WithFix("raise max.message.bytes of the topic").
			At(fault.Where{File: b.Split.File, Offset: b.Offsets()[row], HasOffset: true})
		faults = append(faults, pipeline.RowFault{Row: row, Err: err})
		r.Topic = ""
	}
	return faults
}
