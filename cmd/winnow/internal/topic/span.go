package topic

import (
	"context"
	"strconv"

	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/winnow-stream/winnow/connectors/kafka/cluster"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Span is a part of a partition.
type Span struct {
	Topic     string
	Partition int32
	From      int64
	To        int64 // the offset after its last one; -1: without an end
}

// Open makes a client and sees whether a broker answers it. The caller closes it.
func Open(ctx context.Context, conn *cluster.Connection, log zerolog.Logger, more ...kgo.Opt) (*kgo.Client, error) {
	opts, err := conn.Options(log)
	if err != nil {
		return nil, err
	}
	cl, err := kgo.NewClient(append(opts, more...)...)
	if err != nil {
		return nil, fault.New(fault.ConfigField, "%w", err)
	}
	if err := conn.Reach(ctx, cl); err != nil {
		cl.Close()
		return nil, err
	}
	return cl, nil
}

// Spans are what the topics hold: from the first record to the end of what is committed.
func Spans(ctx context.Context, cl *kgo.Client, conn *cluster.Connection, topics []string) ([]Span, error) {
	adm := kadm.NewClient(cl)
	starts, err := adm.ListStartOffsets(ctx, topics...)
	if err == nil {
		err = starts.Error()
	}
	if err != nil {
		return nil, cluster.Coded(err, conn)
	}
	ends, err := adm.ListCommittedOffsets(ctx, topics...)
	if err == nil {
		err = ends.Error()
	}
	if err != nil {
		return nil, cluster.Coded(err, conn)
	}
	var spans []Span
	for _, s := range starts.Offsets().Sorted() {
		end, _ := ends.Lookup(s.Topic, s.Partition)
		spans = append(spans, Span{Topic: s.Topic, Partition: s.Partition, From: s.At, To: end.Offset})
	}
	return spans, nil
}

// MaxMessage is a topic's max.message.bytes; false where the broker does not tell.
func MaxMessage(ctx context.Context, adm *kadm.Client, topic string) (int32, bool) {
	configs, err := adm.DescribeTopicConfigs(ctx, topic)
	if err != nil {
		return 0, false
	}
	for _, c := range configs {
		for _, v := range c.Configs {
			if v.Key == "max.message.bytes" && v.Value != nil {
				n, err := strconv.ParseInt(*v.Value, 10, 32)
				return int32(n), err == nil && n > 0
			}
		}
	}
	return 0, false
}
