package cluster_test

import (
	"fmt"

	"github.com/winnow-stream/winnow/connectors/kafka/cluster"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/unit"
)

// A connection is checked before anything connects, and says everything that is wrong at once.
func ExampleConnection_Check() {
	c := cluster.Connection{
		Brokers: []string{"kafka://kafka.example.com"},
		SASL:    &cluster.SASL{Mechanism: "SCRAM-SHA-521", User: "app", Password: unit.NewSecret("hunter2")},
	}
	for _, e := range fault.List(c.Check()) {
		fmt.Println(e.Explain())
	}
	// Output:
	// brokers: config.field: "kafka://kafka.example.com" is a URL, and brokers have a host and a port alone
	//   fix: write host:port, such as kafka.example.com:9092
	// sasl.mechanism: config.field: "SCRAM-SHA-521" is not a mechanism that winnow knows
	//   fix: did you mean SCRAM-SHA-512? use one of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER
}
