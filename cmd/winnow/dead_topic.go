package main

import (
	"context"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/letter"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/topic"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/wire"
	"github.com/winnow-stream/winnow/connectors/kafka"
	"github.com/winnow-stream/winnow/connectors/kafka/cluster"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// deadTopic is rejected records in topics.
type deadTopic struct {
	conn   *cluster.Connection
	client *kgo.Client
	names  []string
	group  string // whose offsets say what was replayed; empty: nobody knows
	main   *Main
}

// topic is the topic that the flags mean; nil where they mean files. The caller closes it.
func (f *letterFlags) topic(ctx context.Context, m *Main) (*deadTopic, error) {
	t := &deadTopic{main: m, names: []string{f.Topic}}
	var regex string
	switch path := f.spec(); {
	case f.Topic != "" && len(f.Path) > 0:
		return nil, fault.New(fault.Usage, "--topic and a path exclude each other").WithFix("leave one of them out")
	case f.Topic != "":
		conn, err := f.connection()
		if err != nil {
			return nil, err
		}
		t.conn = conn
	case path != "":
		s, err := (&specArgs{Spec: path}).load(m)
		if err != nil {
			return nil, err
		}
		dead, ok := wire.DeadTopic(s)
		if !ok {
			return nil, fault.New(fault.ConfigField, "its rejected records go to no topic").At(fault.Where{File: path}).
				WithFix("name the output, or its file of rejected records, in place of the spec")
		}
		t.conn, t.group = &dead.Connection, kafka.ReplayGroup(s.Name)
		t.names, regex = kafka.LetterTopics(dead)
	case len(f.Brokers) > 0:
		return nil, fault.New(fault.Usage, "--brokers is given without --topic")
	default:
		return nil, nil
	}
	var err error
	if t.client, err = topic.Open(ctx, t.conn, m.Log); err != nil {
		return nil, err
	}
	if t.names, err = cluster.Topics(ctx, t.client, t.names, regex); err != nil {
		t.close()
		return nil, err
	}
	return t, nil
}

func (t *deadTopic) close() { t.client.Close() }

// spans are what the topics hold, and what of that was replayed.
func (t *deadTopic) spans(ctx context.Context) (whole, replayed []topic.Span, err error) {
	if whole, err = topic.Spans(ctx, t.client, t.conn, t.names); err != nil || t.group == "" {
		return whole, nil, err
	}
	done, err := cluster.Committed(ctx, t.client, t.group)
	if err != nil {
		return nil, nil, cluster.Coded(err, t.conn)
	}
	for _, s := range whole {
		s.To = s.From
		if o, ok := done.Lookup(s.Topic, s.Partition); ok && o.At > s.From {
			s.To = o.At
		}
		replayed = append(replayed, s)
	}
	return whole, replayed, nil
}

// each calls do with every record that was not replayed yet, or with all of them.
func (t *deadTopic) each(ctx context.Context, all bool, do func(place string, l *letter.Letter) error) error {
	spans, replayed, err := t.spans(ctx)
	if err != nil {
		return err
	}
	for i := range replayed {
		if !all {
			spans[i].From = replayed[i].To
		}
	}
	return topic.Read(ctx, t.conn, spans, topic.Options{Log: t.main.Log}, func(r *kgo.Record) error {
		if l := letter.FromMessage(r); l != nil {
			return do(r.Topic, l)
		}
		return nil
	})
}

// purge deletes what was replayed, or everything.
func (t *deadTopic) purge(ctx context.Context, all, yes bool) error {
	spans, replayed, err := t.spans(ctx)
	if err != nil {
		return err
	}
	switch {
	case all:
	case t.group == "":
		return fault.New(fault.Usage, "without a spec nobody knows what was replayed").WithFix("name the spec, or add --all to remove everything")
	default:
		spans = replayed
	}
	counts := make(map[string]int64)
	err = topic.Read(ctx, t.conn, spans, topic.Options{Log: t.main.Log}, func(r *kgo.Record) error {
		counts[r.Topic]++
		return nil
	})
	if err != nil {
		return err
	}
	before := make(kadm.Offsets)
	for _, s := range spans {
		if s.To > s.From {
			before.Add(kadm.Offset{Topic: s.Topic, Partition: s.Partition, At: s.To})
		}
	}
	if len(before) == 0 {
		return t.main.noRejects()
	}
	if yes {
		gone, err := kadm.NewClient(t.client).DeleteRecords(ctx, before)
		if err == nil {
			err = gone.Error()
		}
		if err != nil {
			return cluster.Coded(err, t.conn)
		}
	}
	for _, name := range t.names {
		if _, ok := before[name]; !ok {
			continue
		}
		if err := t.main.purged(counts[name], name, yes); err != nil {
			return err
		}
	}
	return notPurged(yes)
}
