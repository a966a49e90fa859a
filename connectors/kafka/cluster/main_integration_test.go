//go:build integration

package cluster_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"

	"github.com/winnow-stream/winnow/test/broker"
)

// kafka is the cluster of all tests here. It has the topics tickets, tickets.eu and labels; the user app may do what a test
// grants, admin everything.
var kafka *broker.Broker

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	var err error
	if kafka, err = broker.Run(broker.WithSASL, broker.WithTLS, broker.WithACL, broker.WithProxied); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer kafka.Stop()
	if err := createTopics("tickets", "tickets.eu", "labels"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	code := m.Run()
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

func createTopics(names ...string) error {
	cl, err := kgo.NewClient(kgo.SeedBrokers(kafka.Bootstrap))
	if err != nil {
		return err
	}
	defer cl.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	created, err := kadm.NewClient(cl).CreateTopics(ctx, 1, 1, nil, names...)
	if err != nil {
		return err
	}
	return created.Error()
}
