//go:build integration

package cluster_test

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/winnow-stream/winnow/connectors/kafka/cluster"
)

func TestTopics(t *testing.T) {
	checkTopics(t, client(t, &cluster.Connection{Brokers: []string{kafka.Bootstrap}}))
}

func TestCheckRights(t *testing.T) {
	app := cluster.Connection{Brokers: []string{kafka.SASL}, SASL: login("SCRAM-SHA-256", "app", "app-secret")}
	super := cluster.Connection{Brokers: []string{kafka.Bootstrap}}
	checkRights(t, client(t, &app, kgo.TransactionalID("winnow-app")), client(t, &super))
}
