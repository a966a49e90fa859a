package cluster

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"

	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Options are what a client needs to reach the cluster: brokers, client id, TLS, SASL, logging. They open no connection,
// but read the TLS files once, so that bad ones show now.
func (c *Connection) Options(log zerolog.Logger) ([]kgo.Opt, error) {
	d := &dialer{}
	if c.TLS != nil {
		cfg, err := c.TLS.config()
		if err != nil {
			return nil, err
		}
		d.tls = cfg
	}
	id := c.ClientID
	if id == "" {
		id = defaultClientID
	}
	opts := []kgo.Opt{
		kgo.SeedBrokers(c.addresses()...),
		kgo.ClientID(id),
		kgo.Dialer(d.dial),
		kgo.WithLogger(logger{log}),
		// Reach finds out at the start whether TLS or SASL is missing. Later, a broker that closes a new connection at once
		// is one that restarts.
		kgo.AlwaysRetryEOF(),
	}
	if c.SASL != nil {
		opts = append(opts, kgo.SASL(c.SASL.mechanism()))
	}
	return opts, nil
}

// dialer opens connections as franz-go's own does, and says in errors with whom a TLS handshake failed.
type dialer struct{ tls *tls.Config }

func (d *dialer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	plain := net.Dialer{}
	conn, err := plain.DialContext(ctx, network, address)
	if err != nil || d.tls == nil {
		return conn, err
	}
	cfg := d.tls.Clone()
	if cfg.ServerName == "" {
		if cfg.ServerName, _, err = net.SplitHostPort(address); err != nil {
			conn.Close()
			return nil, err
		}
	}
	encrypted := tls.Client(conn, cfg)
	if err := encrypted.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, fmt.Errorf("TLS handshake with %s: %w", address, err)
	}
	return encrypted, nil
}
