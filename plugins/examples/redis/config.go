package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"

	"github.com/redis/go-redis/v9"

	"github.com/winnow-stream/winnow/plugins/sdk"
)

// Words that the configuration knows.
const (
	earliest = "earliest"
	latest   = "latest"
	skip     = "skip"
)

// config is what plugin.yaml's schema allows.
type config struct {
	URL      string `json:"url"`
	Password string `json:"password,omitempty"`
	CA       string `json:"ca,omitempty"`
	Cluster  bool   `json:"cluster,omitempty"`

	Fields  []string          `json:"fields,omitempty"`
	Columns map[string]string `json:"columns,omitempty"` // by field

	Streams    []string          `json:"streams,omitempty"`
	Types      map[string]string `json:"types,omitempty"` // by field
	IDColumn   string            `json:"id_column,omitempty"`
	Start      string            `json:"start,omitempty"`
	Until      string            `json:"until,omitempty"`
	OnDataLoss string            `json:"on_data_loss,omitempty"`
	Group      string            `json:"group,omitempty"`

	Stream      string `json:"stream,omitempty"`
	Maxlen      int64  `json:"maxlen,omitempty"`
	ExactMaxlen bool   `json:"exact_maxlen,omitempty"`
}

// configOf reads a task's configuration.
func configOf(t sdk.Task) (*config, error) {
	c := new(config)
	if err := t.Decode(c); err != nil {
		return nil, err
	}
	if _, err := c.options(); err != nil {
		return nil, err
	}
	columns := make(map[string]string)
	for _, f := range c.Fields {
		if other, taken := columns[c.column(f)]; taken {
			return nil, fmt.Errorf("the fields %s and %s have the column %s", other, f, c.column(f))
		}
		columns[c.column(f)] = f
	}
	return c, nil
}

// column is what winnow calls a field.
func (c *config) column(field string) string {
	if name, ok := c.Columns[field]; ok {
		return name
	}
	return field
}

// options are how the server is reached. An error does not repeat the address, which may hold a password.
func (c *config) options() (*redis.UniversalOptions, error) {
	at, err := redis.ParseURL(c.URL)
	if err != nil {
		return nil, errors.New("url is no address of a Redis, such as redis://localhost:6379/0, or rediss://user@host:6379 for TLS")
	}
	o := &redis.UniversalOptions{
		Addrs: []string{at.Addr}, Username: at.Username, Password: at.Password, DB: at.DB, TLSConfig: at.TLSConfig, IsClusterMode: c.Cluster,
	}
	if c.Password != "" {
		o.Password = c.Password
	}
	if at.Network == "unix" {
		o.Dialer = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, at.Network, at.Addr)
		}
	}
	if c.CA == "" {
		return o, nil
	}
	if o.TLSConfig == nil {
		return nil, errors.New("ca is for TLS: begin url with rediss://")
	}
	return o, trust(o.TLSConfig, c.CA)
}

// trust has a file's authorities vouch for the server, in place of the machine's.
func trust(t *tls.Config, file string) error {
	pem, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	t.RootCAs = x509.NewCertPool()
	if !t.RootCAs.AppendCertsFromPEM(pem) {
		return fmt.Errorf("%s holds no certificate in PEM", file)
	}
	return nil
}
