package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/winnow-stream/winnow/test/corpus"
)

// kafkaFill produces so many records of about 300 bytes of JSON to a topic, evenly over its partitions.
func kafkaFill(brokers, topic string, n int) error {
	texts, err := corpus.Open(".")
	if err != nil {
		return err
	}
	cl, err := kgo.NewClient(kgo.SeedBrokers(strings.Split(brokers, ",")...), kgo.DefaultProduceTopic(topic),
		kgo.RecordPartitioner(kgo.RoundRobinPartitioner()), kgo.ProducerBatchCompression(kgo.NoCompression()), kgo.MaxBufferedRecords(100_000))
	if err != nil {
		return err
	}
	defer cl.Close()
	var failed error
	for i := range n {
		value := fmt.Appendf(nil, `{"id":%d,"created":"2026-01-01T00:00:00Z","channel":"email","text":%q,"customer":"customer-%06d","visits":%d,"open":true`,
			i, texts.Long(i), i%100_000, i%300)
		for len(value) < 288 {
			value = append(value, `,"more":0`...)
			value = value[:len(value)-1]
			value = append(value, byte('0'+len(value)%10))
			break
		}
		if pad := 298 - len(value) - len(`,"note":""`); pad > 0 {
			value = append(append(append(value, `,"note":"`...), strings.Repeat("x", pad)...), '"')
		}
		value = append(value, '}')
		cl.Produce(context.Background(), &kgo.Record{Value: value}, func(_ *kgo.Record, err error) {
			if err != nil {
				failed = err
			}
		})
	}
	if err := cl.Flush(context.Background()); err != nil {
		return err
	}
	return failed
}

// kafkaLoop is the bare exactly-once loop: what is polled is produced as it is, and each transaction is ended after so
// many records or so long. It ends with the input.
func kafkaLoop(brokers, from, to, group string, records int, every time.Duration) error {
	seeds := kgo.SeedBrokers(strings.Split(brokers, ",")...)
	admin, err := kgo.NewClient(seeds)
	if err != nil {
		return err
	}
	defer admin.Close()
	ctx := context.Background()
	ends, err := kadm.NewClient(admin).ListEndOffsets(ctx, from)
	if err != nil {
		return err
	}
	left := int64(0)
	ends.Each(func(o kadm.ListedOffset) { left += o.Offset })
	s, err := kgo.NewGroupTransactSession(seeds, kgo.ConsumerGroup(group), kgo.ConsumeTopics(from),
		kgo.ConsumeStartOffset(kgo.NewOffset().AtStart()), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.Balancers(kgo.CooperativeStickyBalancer()), kgo.TransactionalID("loop-"+group), kgo.MaxBufferedRecords(100_000),
		kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerBatchCompression(kgo.NoCompression()))
	if err != nil {
		return err
	}
	defer s.Close()
	var failed error
	promise := func(_ *kgo.Record, err error) {
		if err != nil {
			failed = err
		}
	}
	for left > 0 {
		if err := s.Begin(); err != nil {
			return err
		}
		n, begun := 0, time.Now()
		for n < records && time.Since(begun) < every && int64(n) < left {
			fetches := s.PollRecords(ctx, min(records-n, 10_000))
			if err := fetches.Err(); err != nil {
				return err
			}
			fetches.EachRecord(func(r *kgo.Record) {
				n++
				s.Produce(ctx, &kgo.Record{Topic: to, Partition: r.Partition, Key: r.Key, Value: r.Value, Headers: r.Headers, Timestamp: r.Timestamp}, promise)
			})
		}
		committed, err := s.End(ctx, kgo.TryCommit)
		if err != nil || failed != nil {
			return fmt.Errorf("ending the transaction: %w %w", err, failed)
		}
		if committed {
			left -= int64(n)
		}
	}
	return nil
}
