package kafka_test

import (
	"fmt"

	"github.com/winnow-stream/winnow/connectors/kafka"
	"github.com/winnow-stream/winnow/connectors/kafka/cluster"
	"github.com/winnow-stream/winnow/pipeline"
)

// A source and the sinks that are enlisted with it commit in one transaction.
func Example() {
	from := kafka.SourceConfig{
		Connection: cluster.Connection{Brokers: []string{"localhost:9092"}}, Topics: []string{"tickets"}, Group: "winnow-tickets",
	}
	to := kafka.SinkConfig{Topic: "tickets.{{label}}"}
	source, err := from.NewSource(pipeline.Env{})
	if err != nil {
		fmt.Println(err)
		return
	}
	sink, err := to.NewSink(pipeline.Env{})
	if err != nil {
		fmt.Println(err)
		return
	}
	all := kafka.Enlist(source.(*kafka.Source), sink.(*kafka.Sink))
	guarantee, _ := source.(*kafka.Source).Guarantee()
	fmt.Println(all, guarantee)
	// Output: true exactly_once
}
