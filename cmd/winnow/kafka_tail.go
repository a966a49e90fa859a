package main

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/letter"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/term"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/topic"
	"github.com/winnow-stream/winnow/connectors/kafka/cluster"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

type kafkaTailCmd struct {
	Topic       string `arg:"" help:"The topic."`
	From        string `default:"-10" placeholder:"PLACE" help:"Where to begin: earliest, latest, or -N for the newest N records (--from=-N)."`
	Limit       int64  `placeholder:"N" help:"End after N records."`
	Follow      bool   `default:"true" negatable:"" help:"Wait for records that come, until Ctrl-C."`
	Headers     bool   `help:"Also print headers."`
	JSON        bool   `help:"Print one JSON object for each record."`
	Uncommitted bool   `help:"Also print records of transactions that are open or aborted."`
	kafkaFlags
}

// Help is the command's manual below its flags.
func (kafkaTailCmd) Help() string {
	return `Examples:

  winnow kafka tail tickets.labelled --brokers localhost:9092
  winnow kafka tail tickets.labelled --spec tickets.yaml --from=-100 --no-follow
  winnow kafka tail tickets.dead --spec tickets.yaml --from earliest --headers

It reads without a group, so that nobody's offsets move.`
}

// Run prints what there is, then what comes.
func (c *kafkaTailCmd) Run(ctx context.Context, m *Main) error {
	newest, err := c.newest()
	if err != nil {
		return err
	}
	cl, conn, err := c.open(ctx, m)
	if err != nil {
		return err
	}
	defer cl.Close()
	if _, err := cluster.Topics(ctx, cl, []string{c.Topic}, ""); err != nil {
		return err
	}
	spans, err := topic.Spans(ctx, cl, conn, []string{c.Topic})
	if err != nil {
		return err
	}
	ctx, stop := m.interruptible(ctx)
	defer stop()
	o := topic.Options{Uncommitted: c.Uncommitted, Log: m.Log}
	var printed int64
	show := func(r *kgo.Record) error {
		if err := c.print(m, r); err != nil {
			return err
		}
		if printed++; c.Limit > 0 && printed >= c.Limit {
			return errEnough
		}
		return nil
	}
	if newest > 0 {
		err = c.last(ctx, conn, spans, newest, o, show)
	}
	if err == nil && (c.Follow || newest < 0) {
		for i := range spans {
			if newest >= 0 {
				spans[i].From = spans[i].To
			}
			if c.Follow {
				spans[i].To = -1
			}
		}
		err = topic.Read(ctx, conn, spans, o, show)
	}
	if errors.Is(err, errEnough) || ctx.Err() != nil {
		return nil
	}
	return err
}

// newest is how many records there are to show of those that are there; -1: all.
func (c *kafkaTailCmd) newest() (int64, error) {
	switch c.From {
	case "earliest":
		return -1, nil
	case "latest":
		return 0, nil
	}
	n, err := strconv.ParseInt(c.From, 10, 64)
	if err != nil || n > 0 {
		return 0, fault.New(fault.Usage, "%q is no place to begin", c.From).WithFix("give --from earliest, latest, or =-N for the newest N records")
	}
	return -n, nil
}

// last shows the newest n records of all partitions together, by their time.
func (c *kafkaTailCmd) last(ctx context.Context, conn *cluster.Connection, spans []topic.Span, n int64, o topic.Options, show func(*kgo.Record) error) error {
	var got []*kgo.Record
	for back, more := n, true; more && int64(len(got)) < n; back *= 4 { // markers of transactions take offsets too
		ends := slices.Clone(spans)
		more = false
		for i := range ends {
			more = more || ends[i].To-back > ends[i].From
			ends[i].From = max(ends[i].From, ends[i].To-back)
		}
		got = got[:0]
		err := topic.Read(ctx, conn, ends, o, func(r *kgo.Record) error {
			got = append(got, r)
			return nil
		})
		if err != nil {
			return err
		}
	}
	slices.SortStableFunc(got, func(a, b *kgo.Record) int {
		if a.Partition == b.Partition {
			return cmp.Compare(a.Offset, b.Offset)
		}
		return a.Timestamp.Compare(b.Timestamp)
	})
	for _, r := range got[max(len(got)-int(n), 0):] {
		if err := show(r); err != nil {
			return err
		}
	}
	return nil
}

// message is a record for machines.
type message struct {
	Topic       string          `json:"topic"`
	Partition   int32           `json:"partition"`
	Offset      int64           `json:"offset"`
	Time        time.Time       `json:"time"`
	Key         *string         `json:"key"`
	KeyBase64   string          `json:"key_base64,omitempty"`
	Value       *string         `json:"value"`
	ValueBase64 string          `json:"value_base64,omitempty"`
	Headers     []letter.Header `json:"headers,omitempty"`
}

func (c *kafkaTailCmd) print(m *Main, r *kgo.Record) error {
	at := r.Timestamp.UTC().Truncate(time.Millisecond)
	if c.JSON {
		out := message{Topic: r.Topic, Partition: r.Partition, Offset: r.Offset, Time: at}
		out.Key, out.KeyBase64 = plain(r.Key)
		out.Value, out.ValueBase64 = plain(r.Value)
		if c.Headers {
			for _, h := range r.Headers {
				value, base := plain(h.Value)
				header := letter.Header{Key: h.Key, ValueBase64: base}
				if value != nil {
					header.Value = *value
				}
				out.Headers = append(out.Headers, header)
			}
		}
		return json.NewEncoder(term.Data(m.Stdout)).Encode(&out)
	}
	facts := []string{fmt.Sprintf("%d/%d", r.Partition, r.Offset), at.Format("15:04:05.000")}
	if r.Key != nil {
		facts = append(facts, "key "+string(r.Key))
	}
	if c.Headers {
		for _, h := range r.Headers {
			facts = append(facts, h.Key+"="+string(h.Value))
		}
	}
	value := string(r.Value)
	if r.Value == nil {
		value = "(no value)"
	}
	return term.WriteMessage(m.Stdout, strings.Join(facts, "  "), value, m.style())
}

// plain is bytes as text, or in base64 where they are not UTF-8; null where there are none.
func plain(b []byte) (text *string, base string) {
	switch {
	case b == nil:
		return nil, ""
	case utf8.Valid(b):
		s := string(b)
		return &s, ""
	default:
		return nil, base64.StdEncoding.EncodeToString(b)
	}
}
