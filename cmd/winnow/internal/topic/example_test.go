package topic_test

import (
	"context"
	"fmt"

	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/topic"
	"github.com/winnow-stream/winnow/connectors/kafka/cluster"
)

func ExampleRead() {
	fake, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "tickets"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer fake.Close()
	ctx := context.Background()
	conn := &cluster.Connection{Brokers: fake.ListenAddrs()}
	cl, err := topic.Open(ctx, conn, zerolog.Nop())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer cl.Close()
	cl.ProduceSync(ctx, &kgo.Record{Topic: "tickets", Value: []byte("one")}, &kgo.Record{Topic: "tickets", Value: []byte("two")})
	spans, err := topic.Spans(ctx, cl, conn, []string{"tickets"})
	if err != nil {
		fmt.Println(err)
		return
	}
	err = topic.Read(ctx, conn, spans, topic.Options{}, func(r *kgo.Record) error {
		fmt.Printf("%s/%d/%d %s\n", r.Topic, r.Partition, r.Offset, r.Value)
		return nil
	})
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// tickets/0/0 one
	// tickets/0/1 two
}
