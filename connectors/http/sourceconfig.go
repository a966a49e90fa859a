package http

import (
	"errors"
	"net"
	"net/netip"
	"net/url"
	"strings"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/unit"
)

// SourceConfig is a source that takes NDJSON by POST.
type SourceConfig struct {
	// The address to listen on. Default 127.0.0.1:8089, which only programs on this machine reach; any other needs keys.
	Listen string `yaml:"listen"`
	// The path that records are posted to. Default /records.
	Path string `yaml:"path"`
	// The size of one body, after decompression. Default 16MiB.
	MaxBody unit.Size `yaml:"max_body"`
	// The size of all bodies that are not answered yet; beyond it requests get 503. Default 64MiB.
	MaxInFlight unit.Size `yaml:"max_in_flight"`
	// Clients show one of these keys (Authorization: Bearer KEY). Without any, only this machine's programs may send.
	Keys []unit.Secret `yaml:"keys"`
	// Listens beyond this machine without keys: for what stands behind a proxy that checks its clients itself.
	Insecure bool `yaml:"insecure"`
}

var _ pipeline.SourceConfig = (*SourceConfig)(nil)

func (c *SourceConfig) setDefaults() {
	if c.Listen == "" {
		c.Listen = defaultListen
	}
	if c.Path == "" {
		c.Path = defaultPath
	}
	if c.MaxBody == 0 {
		c.MaxBody = defaultMaxBody
	}
	if c.MaxInFlight == 0 {
		c.MaxInFlight = max(defaultInFlight, 4*c.MaxBody)
	}
}

// Check returns every bad field.
func (c *SourceConfig) Check() error {
	set := *c
	set.setDefaults()
	var errs []error
	bad := func(path, fix, format string, args ...any) {
		errs = append(errs, fault.New(fault.ConfigField, format, args...).At(fault.Where{Path: path}).WithFix("%s", fix))
	}
	host, port, err := net.SplitHostPort(set.Listen)
	switch {
	case err != nil || port == "":
		bad("listen", "write HOST:PORT, such as 127.0.0.1:8089", "%q is not an address to listen on", c.Listen)
	case !loopback(host) && len(c.Keys) == 0 && !c.Insecure:
		bad("listen", "add keys:, listen on 127.0.0.1, or set insecure: true behind a proxy that checks its clients",
			"%q can be reached from other machines, and no keys are configured", c.Listen)
	}
	if u, err := url.ParseRequestURI(set.Path); err != nil || u.Path != set.Path || !strings.HasPrefix(set.Path, "/") {
		bad("path", "write a path such as /records", "%q is not a path", c.Path)
	}
	if c.MaxBody < 0 {
		bad("max_body", "give a size such as 16MiB", "the size is negative")
	}
	if c.MaxInFlight < 0 || set.MaxInFlight <= set.MaxBody+requestCost {
		bad("max_in_flight", "give a size that holds several bodies, such as 64MiB", "one body of max_body does not fit into max_in_flight")
	}
	for i, k := range c.Keys {
		if k.IsZero() {
			bad("keys", "remove it or give it a value", "key %d is empty", i+1)
		}
	}
	return errors.Join(errs...)
}

// loopback reports whether only this machine reaches a host's address.
func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}
