package kafka

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strconv"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/winnow-stream/winnow/pipeline"
)

// encodeLetters makes messages of dead letters: key, value and headers as the message had them, and headers that say
// where it stood, of when it was and why it was rejected. The letter's own time is that of the rejection: with an old
// message's time the broker would take the letter for older than the topic's retention and drop it within minutes.
func (s *Sink) encodeLetters(e *encoded, b *pipeline.Batch) error {
	letters := letterColumns{b}
	for row := range b.Len() {
		id, _ := letters.text("split", row)
		from, partition, _ := splitID(id)
		to := s.topic.make("", from, s.strayedLetter)
		if to.err != nil {
			return to.err
		}
		e.rows = append(e.rows, int32(row))
		r := kgo.Record{Topic: to.name, Partition: partition, Key: letters.bytes("key", "key_base64", row), Value: letters.bytes("record", "record_base64", row)}
		if s.cfg.Partition == partitionSame {
			r.Context = samePartition
		}
		r.Headers = letters.headers(row)
		r.Headers = append(r.Headers, letters.reasons(row)...)
		e.records = append(e.records, r)
	}
	return nil
}

// letterColumns reads a batch of pipeline.DeadLetterLayout.
type letterColumns struct{ b *pipeline.Batch }

func (l letterColumns) text(column string, row int) (string, bool) {
	c, ok := l.b.Column(column).(*array.String)
	if !ok || c.IsNull(row) {
		return "", false
	}
	return c.Value(row), true
}

func (l letterColumns) number(column string, row int) (int64, bool) {
	c, ok := l.b.Column(column).(*array.Int64)
	if !ok || c.IsNull(row) {
		return 0, false
	}
	return c.Value(row), true
}

// bytes is a value that is kept as text, or in base64; nil where there was none.
func (l letterColumns) bytes(text, base string, row int) []byte {
	if s, ok := l.text(text, row); ok {
		return []byte(s)
	}
	if s, ok := l.text(base, row); ok {
		data, err := base64.StdEncoding.DecodeString(s)
		if err == nil {
			return data
		}
	}
	return nil
}

func (l letterColumns) time(row int) (time.Time, bool) {
	c, ok := l.b.Column("time").(*array.Timestamp)
	if !ok || c.IsNull(row) {
		return time.Time{}, false
	}
	return time.UnixMilli(int64(c.Value(row))).UTC(), true
}

// headers are the message's own. Those of an earlier rejection are left out.
func (l letterColumns) headers(row int) []kgo.RecordHeader {
	c, ok := l.b.Column("headers").(*array.List)
	if !ok || c.IsNull(row) {
		return nil
	}
	pairs := c.ListValues().(*array.Struct)
	keys, texts, bases := pairs.Field(0).(*array.String), pairs.Field(1).(*array.String), pairs.Field(2).(*array.String)
	from, to := c.ValueOffsets(row)
	var out []kgo.RecordHeader
	for i := int(from); i < int(to); i++ {
		if rejection[keys.Value(i)] {
			continue
		}
		h := kgo.RecordHeader{Key: string([]byte(keys.Value(i)))}
		switch {
		case texts.IsValid(i):
			h.Value = []byte(texts.Value(i))
		case bases.IsValid(i):
			h.Value, _ = base64.StdEncoding.DecodeString(bases.Value(i))
		}
		out = append(out, h)
	}
	return out
}

// rejection are the headers that a rejection adds.
var rejection = map[string]bool{
	headerID: true, headerCode: true, headerReason: true, headerFix: true, headerTopic: true, headerPartition: true, headerOffset: true,
	headerTime: true, headerAttempts: true, headerVersion: true, headerSize: true, headerSHA256: true,
}

func (l letterColumns) reasons(row int) []kgo.RecordHeader {
	var out []kgo.RecordHeader
	add := func(name, value string, ok bool) {
		if ok && value != "" {
			out = append(out, kgo.RecordHeader{Key: name, Value: []byte(value)})
		}
	}
	number := func(name, column string) {
		n, ok := l.number(column, row)
		add(name, strconv.FormatInt(n, 10), ok)
	}
	for _, h := range []struct{ name, column string }{
		{headerCode, "code"}, {headerReason, "message"}, {headerFix, "fix"}, {headerVersion, "classifier"}, {headerSHA256, "sha256"},
	} {
		value, ok := l.text(h.column, row)
		add(h.name, value, ok)
	}
	offset, _ := l.number("offset", row)
	id, _ := l.text("split", row)
	if topic, partition, ok := splitID(id); ok {
		add(headerTopic, topic, true)
		add(headerPartition, strconv.Itoa(int(partition)), true)
	} else {
		add(headerTopic, id, true)
	}
	number(headerOffset, "offset")
	add(headerID, id+"/"+strconv.FormatInt(offset, 10), true)
	if at, ok := l.time(row); ok {
		add(headerTime, at.Format("2006-01-02T15:04:05.000Z07:00"), true)
	}
	number(headerAttempts, "attempts")
	number(headerSize, "size")
	return out
}

// Letter is what a message of a dead-letter topic says.
type Letter struct {
	Code, Reason, Fix string
	Split             string             // topic/partition that the message was rejected from
	Offset            int64              // there
	Attempts          int64              // that ended here
	Classifier        string             // version; empty without one
	Size              int64              // of a value that was too large to be kept; 0: it was kept
	SHA256            string             // of that value
	Time              time.Time          // of the message; zero where it is not known
	Headers           []kgo.RecordHeader // the message's own
}

// ReadLetter reads the headers of a message of a dead-letter topic; ok is false for any other message. The letter's
// headers share the record's memory.
func ReadLetter(r *kgo.Record) (l *Letter, ok bool) {
	l = new(Letter)
	var topic, partition string
	number := func(s string) int64 {
		n, _ := strconv.ParseInt(s, 10, 64) // a header that somebody changed
		return n
	}
	for _, h := range r.Headers {
		value := string(h.Value)
		switch h.Key {
		case headerCode:
			l.Code = value
		case headerReason:
			l.Reason = value
		case headerFix:
			l.Fix = value
		case headerTopic:
			topic = value
		case headerPartition:
			partition = value
		case headerOffset:
			l.Offset = number(value)
		case headerTime:
			l.Time, _ = time.Parse(time.RFC3339, value)
		case headerAttempts:
			l.Attempts = number(value)
		case headerVersion:
			l.Classifier = value
		case headerSize:
			l.Size = number(value)
		case headerSHA256:
			l.SHA256 = value
		default:
			if !rejection[h.Key] {
				l.Headers = append(l.Headers, h)
			}
		}
	}
	if l.Split = topic; partition != "" {
		l.Split += "/" + partition
	}
	return l, l.Code != ""
}

// withoutValue puts a value's size and hash in its place.
func withoutValue(r *kgo.Record) {
	sum := sha256.Sum256(r.Value)
	r.Headers = append(r.Headers,
		kgo.RecordHeader{Key: headerSize, Value: strconv.AppendInt(nil, int64(len(r.Value)), 10)},
		kgo.RecordHeader{Key: headerSHA256, Value: []byte(hex.EncodeToString(sum[:]))})
	r.Value = nil
}

func isTopicExists(err error) bool { return errors.Is(err, kerr.TopicAlreadyExists) }
