package kafka

import (
	"context"

	"github.com/twmb/franz-go/pkg/kgo"
)

// partitioner puts a record with a key where the Java client's default partitioner does (murmur2 of the key), and one
// without a key, or of a sink that keeps partitions, into the partition that the record names, modulo the topic's.
type partitioner struct{}

// samePartition is the Context of records that keep their partition whatever their key.
var samePartition = context.WithValue(context.Background(), partitioner{}, true)

func (partitioner) ForTopic(topic string) kgo.TopicPartitioner {
	return &topicPartitioner{keyed: kgo.StickyKeyPartitioner(nil).ForTopic(topic)}
}

type topicPartitioner struct{ keyed kgo.TopicPartitioner }

func (*topicPartitioner) RequiresConsistency(*kgo.Record) bool { return true }

func (t *topicPartitioner) Partition(r *kgo.Record, n int) int {
	if r.Key == nil || r.Context == samePartition {
		return int(r.Partition) % n
	}
	return t.keyed.Partition(r, n)
}
