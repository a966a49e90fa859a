package main

import (
	"context"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/topic"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/wire"
	"github.com/winnow-stream/winnow/connectors/kafka/cluster"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/unit"
)

// kafkaCmd looks at topics and groups, and fills topics; its commands are in kafka_*.go.
type kafkaCmd struct {
	Lag     kafkaLagCmd     `cmd:"" help:"Show how far a group is behind, partition by partition."`
	Tail    kafkaTailCmd    `cmd:"" help:"Print the newest records of a topic, and those that come."`
	Produce kafkaProduceCmd `cmd:"" help:"Send the lines of a file or of standard input to a topic."`
}

// connectionFlags are how to reach a cluster.
type connectionFlags struct {
	Brokers          []string `group:"kafka" placeholder:"HOST:PORT" help:"Brokers to ask first, with commas between; the others are learned from them."`
	TLS              bool     `group:"kafka" name:"tls" help:"Encrypt the connection."`
	TLSCA            string   `group:"kafka" name:"tls-ca" placeholder:"FILE" help:"The authorities that may have signed the brokers' certificates, in PEM form. Default: the system's. Implies --tls."`
	SASLUser         string   `group:"kafka" name:"sasl-user" placeholder:"NAME" help:"Log in as this user."`
	SASLPasswordFile string   `group:"kafka" name:"sasl-password-file" placeholder:"FILE" help:"The file with the user's password."`
	SASLMechanism    string   `group:"kafka" name:"sasl-mechanism" default:"SCRAM-SHA-512" enum:"PLAIN,SCRAM-SHA-256,SCRAM-SHA-512" help:"How to log in: ${enum}."`
}

// connection is what the flags say.
func (f *connectionFlags) connection() (*cluster.Connection, error) {
	if len(f.Brokers) == 0 {
		return nil, fault.New(fault.Usage, "no brokers are named").WithFix("give --brokers HOST:PORT")
	}
	c := &cluster.Connection{Brokers: f.Brokers}
	if f.TLS || f.TLSCA != "" {
		c.TLS = &cluster.TLS{CA: f.TLSCA}
	}
	switch {
	case f.SASLUser != "" && f.SASLPasswordFile != "":
		c.SASL = &cluster.SASL{Mechanism: f.SASLMechanism, User: f.SASLUser, Password: unit.SecretFile(f.SASLPasswordFile)}
	case f.SASLUser != "" || f.SASLPasswordFile != "":
		return nil, fault.New(fault.Usage, "--sasl-user and --sasl-password-file belong together")
	}
	return c, c.Check()
}

// kafkaFlags are how to reach a cluster, or a spec that says it.
type kafkaFlags struct {
	Spec string `group:"kafka" placeholder:"FILE" help:"Take the connection, and what else is not given, from a pipeline's YAML file."`
	connectionFlags
}

// open connects. The caller closes the client.
func (f *kafkaFlags) open(ctx context.Context, m *Main, more ...kgo.Opt) (*kgo.Client, *cluster.Connection, error) {
	conn, err := f.reach(m)
	if err != nil {
		return nil, nil, err
	}
	cl, err := topic.Open(ctx, conn, m.Log, more...)
	return cl, conn, err
}

// reach is the connection that the flags or the spec describe.
func (f *kafkaFlags) reach(m *Main) (*cluster.Connection, error) {
	if f.Spec == "" || len(f.Brokers) > 0 {
		return f.connection()
	}
	s, err := (&specArgs{Spec: f.Spec}).load(m)
	if err != nil {
		return nil, err
	}
	conn := wire.Connection(s)
	if conn == nil {
		return nil, fault.New(fault.ConfigField, "nothing of it is in Kafka").At(fault.Where{File: f.Spec}).WithFix("give --brokers HOST:PORT")
	}
	return conn, conn.Check()
}
