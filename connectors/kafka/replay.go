package kafka

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/winnow-stream/winnow/connectors/kafka/cluster"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// replay is what a source of dead letters has beside one of messages.
type replay struct {
	from cluster.Connection // where the messages were rejected from
	code string             // only letters of this reason are tried again; empty: all
}

// Replay is the source of the messages that a pipeline rejected into a sink: as a group of its own it reads from where
// the last replay ended to where the topic ends now, and gives the messages as they were before. Those that were
// rejected for another reason than code, unless it is empty, are rejected again as they were: a group can't skip, so
// that they have to be behind what it has read.
func (c *SourceConfig) Replay(name string, dead *SinkConfig, code string) *SourceConfig {
	r := *c
	if !dead.IsZero() {
		r.Connection = dead.Connection
	}
	r.Topics, r.TopicsRegex = LetterTopics(dead)
	r.Group, r.InstanceID = ReplayGroup(name), ""
	r.Start, r.StartOffsets, r.Until, r.UntilOffsets = earliest, nil, latest, nil
	r.Isolation, r.preview = readCommitted, false
	r.replay = &replay{from: c.Connection, code: code}
	return &r
}

// ReplayGroup is the group whose offsets say how far a pipeline's dead letters were replayed.
func ReplayGroup(name string) string { return name + ".dead-replay" }

// LetterTopics are the topics that a sink of dead letters writes to: names, or a regular expression.
func LetterTopics(dead *SinkConfig) (names []string, regex string) {
	if !strings.Contains(dead.Topic, placeTopic) {
		t := parseTopic(dead.Topic)
		return []string{t.fill("", "")}, ""
	}
	return nil, letterPattern(dead.Topic)
}

// letterPattern is the regular expression of the topics that a template of dead letters gives.
func letterPattern(template string) string {
	t := parseTopic(template)
	return "^" + strings.ReplaceAll(regexp.QuoteMeta(t.fill("", placeTopic)), regexp.QuoteMeta(placeTopic), ".+") + "$"
}

// origin is what a letter tells of a message that comes again. It travels in the record's Context.
type origin struct {
	pipeline.Origin
	fault  *fault.Error // it is rejected again without being tried; nil: it is tried
	size   int64
	sha256 string
}

type originKey struct{}

// originOf is nil for a record that is no letter.
func originOf(r *kgo.Record) *origin {
	if r.Context == nil {
		return nil
	}
	o, _ := r.Context.Value(originKey{}).(*origin)
	return o
}

func (o *origin) append(to *array.StructBuilder) {
	if o == nil {
		to.AppendNull()
		return
	}
	to.Append(true)
	to.FieldBuilder(0).(*array.StringBuilder).Append(o.Split)
	to.FieldBuilder(1).(*array.Int64Builder).Append(o.Offset)
	to.FieldBuilder(2).(*array.Int64Builder).Append(o.Attempts)
}

// revive makes messages of the letters before end. A value that was too large to be kept is read where it stood.
func (m *member) revive(ctx context.Context, records []*kgo.Record, end int64) {
	re := m.src.cfg.replay
	for _, r := range records {
		l, ok := ReadLetter(r)
		if !ok || r.Offset >= end {
			continue
		}
		o := &origin{Origin: pipeline.Origin{Split: l.Split, File: l.Split, Offset: l.Offset, Attempts: l.Attempts}, size: l.Size, sha256: l.SHA256}
		switch {
		case re.code != "" && l.Code != re.code:
			o.fault, o.Attempts = l.reason(), l.Attempts-1 // not tried
		case l.Size > 0:
			var err error
			if r.Value, err = m.fetch(ctx, l); err != nil {
				o.fault = gone(l, err)
			}
		case r.Value == nil && l.Code != fault.RecordTombstone.ID: // an empty value is kept as none
			r.Value = []byte{}
		}
		if r.Headers = l.Headers; !l.Time.IsZero() {
			r.Timestamp = l.Time
		}
		if r.Context == nil {
			r.Context = context.Background()
		}
		r.Context = context.WithValue(r.Context, originKey{}, o) //nolint:fatcontext // the record's: the client recycles by what it holds
	}
}

// reason is why the message was rejected, as its letter says.
func (l *Letter) reason() *fault.Error {
	code := fault.ByID(l.Code)
	if code == nil { // of another version of winnow
		code = fault.Internal
	}
	return fault.New(code, "%s", l.Reason).WithFix("%s", l.Fix)
}

// gone is why a message can't be tried again.
func gone(l *Letter, err error) *fault.Error {
	return fault.New(fault.KafkaDataLost, "the value was too large to be kept, and it is not at offset %d of %s any more: %w", l.Offset, l.Split, err).
		WithFix("produce it again, and purge it from the dead letters")
}

// fetch reads a letter's value where it stood, and makes sure that it is the one.
func (m *member) fetch(ctx context.Context, l *Letter) ([]byte, error) {
	topic, number, ok := splitID(l.Split)
	if !ok {
		return nil, fault.New(fault.KafkaDataLost, "the letter does not say where it stood")
	}
	ctx, cancel := context.WithTimeout(ctx, adminTimeout)
	defer cancel()
	from := &m.src.cfg.replay.from
	cl, err := connect(ctx, from, m.src.log, kgo.FetchMaxWait(fetchWait), kgo.ConsumeResetOffset(kgo.NoResetOffset()),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: {number: kgo.NewOffset().At(l.Offset)}}))
	if err != nil {
		return nil, err
	}
	defer cl.CloseAllowingRebalance()
	starts, err := kadm.NewClient(cl).ListStartOffsets(ctx, topic)
	if err != nil {
		return nil, cluster.Coded(err, from)
	}
	if s, ok := starts.Lookup(topic, number); !ok || s.Err != nil || s.Offset > l.Offset {
		return nil, fault.New(fault.KafkaDataLost, "the partition begins at offset %d", s.Offset)
	}
	fetches := cl.PollRecords(ctx, 1)
	if err := fetches.Err(); err != nil {
		return nil, cluster.Coded(err, from)
	}
	for _, r := range fetches.Records() {
		if sum := sha256.Sum256(r.Value); r.Offset == l.Offset && hex.EncodeToString(sum[:]) == l.SHA256 {
			return slices.Clip(r.Value), nil
		}
	}
	return nil, fault.New(fault.KafkaDataLost, "another message is there")
}
