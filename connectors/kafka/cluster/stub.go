package cluster

import (
	"context"
	"errors"

	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

type Connection struct {
	Brokers  []string `yaml:"brokers"`
	ClientID string   `yaml:"client_id"`
}

func (c *Connection) Check() error { return nil }
func (c *Connection) IsZero() bool { return len(c.Brokers) == 0 }
func (c *Connection) Same(o *Connection) bool {
	return len(c.Brokers) > 0 && len(o.Brokers) > 0 && c.Brokers[0] == o.Brokers[0]
}
func (c *Connection) Options(zerolog.Logger) ([]kgo.Opt, error) {
	return []kgo.Opt{kgo.SeedBrokers(c.Brokers...), kgo.ClientID("winnow")}, nil
}
func Coded(err error, c *Connection) *fault.Error {
	if err == nil {
		return nil
	}
	var f *fault.Error
	if errors.As(err, &f) {
		return f
	}
	return fault.New(fault.KafkaUnreachable, "%w", err)
}
func (c *Connection) Reach(ctx context.Context, cl *kgo.Client) error { return cl.Ping(ctx) }
func Topics(ctx context.Context, cl *kgo.Client, want []string, regex string) ([]string, error) {
	return want, nil
}
func CheckRights(ctx context.Context, cl *kgo.Client, group string, read, write []string, transactional bool) error {
	return nil
}
