package http_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	connector "github.com/winnow-stream/winnow/connectors/http"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/unit"
)

// paths are the fields that a check complains of.
func paths(t *testing.T, err error) []string {
	t.Helper()
	var all []string
	for _, e := range fault.List(err) {
		if e.Remedy() == "" {
			t.Errorf("no remedy: %v", e)
		}
		all = append(all, e.Where.Path)
	}
	slices.Sort(all)
	return all
}

func TestSourceConfig(t *testing.T) {
	key := []unit.Secret{unit.NewSecret("k")}
	for name, c := range map[string]struct {
		cfg  connector.SourceConfig
		want []string
	}{
		"defaults":             {connector.SourceConfig{}, nil},
		"loopback 6":           {connector.SourceConfig{Listen: "[::1]:1"}, nil},
		"localhost":            {connector.SourceConfig{Listen: "localhost:1"}, nil},
		"everywhere":           {connector.SourceConfig{Listen: ":8089"}, []string{"listen"}},
		"another address":      {connector.SourceConfig{Listen: "192.168.0.1:8089"}, []string{"listen"}},
		"everywhere with keys": {connector.SourceConfig{Listen: "0.0.0.0:8089", Keys: key}, nil},
		"everywhere, insecure": {connector.SourceConfig{Listen: "0.0.0.0:8089", Insecure: true}, nil},
		"no port":              {connector.SourceConfig{Listen: "127.0.0.1"}, []string{"listen"}},
		"path":                 {connector.SourceConfig{Path: "records"}, []string{"path"}},
		"path with a query":    {connector.SourceConfig{Path: "/records?x"}, []string{"path"}},
		"an empty key":         {connector.SourceConfig{Keys: make([]unit.Secret, 1)}, []string{"keys"}},
		"large bodies":         {connector.SourceConfig{MaxBody: 1 << 30}, nil},
		"larger than the room": {connector.SourceConfig{MaxBody: 1 << 20, MaxInFlight: 1 << 20}, []string{"max_in_flight"}},
		"everything at once":   {connector.SourceConfig{Listen: "x", Path: "x", MaxBody: -1, MaxInFlight: -1}, []string{"listen", "max_body", "max_in_flight", "path"}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, paths(t, c.cfg.Check())); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSinkConfig(t *testing.T) {
	const good = "https://example.com/in?x=1"
	for name, c := range map[string]struct {
		cfg  connector.SinkConfig
		want []string
	}{
		"url alone":        {connector.SinkConfig{URL: good}, nil},
		"private":          {connector.SinkConfig{URL: "http://10.0.0.1:9000/"}, nil},
		"no url":           {connector.SinkConfig{}, []string{"url"}},
		"another scheme":   {connector.SinkConfig{URL: "ftp://example.com"}, []string{"url"}},
		"no host":          {connector.SinkConfig{URL: "/records"}, []string{"url"}},
		"credentials":      {connector.SinkConfig{URL: "https://me:secret@example.com"}, []string{"url"}},
		"method":           {connector.SinkConfig{URL: good, Method: "GET"}, []string{"method"}},
		"headers":          {connector.SinkConfig{URL: good, Headers: map[string]unit.Secret{"a b": {}, "idempotency-key": {}, "X-Ok": {}}}, []string{"headers", "headers"}},
		"format":           {connector.SinkConfig{URL: good, Format: "csv"}, []string{"format"}},
		"negative numbers": {connector.SinkConfig{URL: good, Timeout: -1, MaxInFlight: -1, RetryFor: -1, Batch: connector.BatchConfig{Rows: -1, Bytes: -1}, Breaker: connector.BreakerConfig{Failures: -1, Pause: -1}}, []string{"batch.bytes", "batch.rows", "breaker.failures", "breaker.pause", "max_in_flight", "retry_for", "timeout"}},
	} {
		t.Run(name, func(t *testing.T) {
			err := c.cfg.Check()
			if diff := cmp.Diff(c.want, paths(t, err)); diff != "" {
				t.Error(diff)
			}
			if err != nil && errors.Is(err, fault.New(fault.Internal, "")) {
				t.Error(err)
			}
		})
	}
}
