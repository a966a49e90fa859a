package trace

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/spec"
	"github.com/winnow-stream/winnow/pipeline/unit"
	"github.com/winnow-stream/winnow/test/collector"
)

// traceOne sends the spans of one batch and ends.
func traceOne(t *testing.T, c *spec.Tracing) string {
	t.Helper()
	var log bytes.Buffer
	e, err := Start(t.Context(), Config{Tracing: c, Pipeline: "p", Log: zerolog.New(&log)})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	e.Tracer.Batch(&pipeline.Batch{Split: &pipeline.Split{ID: "in.csv"}}, &pipeline.Way{Read: now}, nil)
	e.Tracer.Epoch(pipeline.EpochEnd{Committed: true, Begun: now, Ended: now})
	e.Close()
	return log.String()
}

// TestWhere holds that the spec decides where spans go, then the environment.
func TestWhere(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(secret, []byte("from a file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	nowhere := "http://127.0.0.1:1"
	for name, c := range map[string]struct {
		tracing func(url string) *spec.Tracing
		env     func(url string) map[string]string
		header  string // X-Key
		service string
	}{
		"the spec": {func(url string) *spec.Tracing { return &spec.Tracing{Endpoint: url} }, func(string) map[string]string { return nil }, "", "winnow"},
		"the spec with a path": {
			func(url string) *spec.Tracing { return &spec.Tracing{Endpoint: url + "/v1/traces"} },
			func(string) map[string]string { return nil }, "", "winnow",
		},
		"the environment": {
			func(string) *spec.Tracing { return &spec.Tracing{} },
			func(url string) map[string]string {
				return map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": url, "OTEL_EXPORTER_OTLP_HEADERS": "X-Key=env", "OTEL_SERVICE_NAME": "mine"}
			}, "env", "mine",
		},
		"the environment, for traces": {
			func(string) *spec.Tracing { return &spec.Tracing{} },
			func(url string) map[string]string {
				return map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": nowhere, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": url + "/v1/traces", "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip"}
			}, "", "winnow",
		},
		"the spec before the environment": {
			func(url string) *spec.Tracing {
				return &spec.Tracing{Endpoint: url, Headers: map[string]unit.Secret{"X-Key": unit.SecretFile(secret)}}
			},
			func(string) map[string]string {
				return map[string]string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": nowhere, "OTEL_EXPORTER_OTLP_HEADERS": "X-Key=env", "OTEL_TRACES_SAMPLER": "always_off"}
			}, "from a file", "winnow",
		},
	} {
		t.Run(name, func(t *testing.T) {
			to := collector.Start(t)
			for k, v := range c.env(to.URL) {
				t.Setenv(k, v)
			}
			log := traceOne(t, c.tracing(to.URL))
			spans := to.Spans(func(s *collector.Span) bool { return s.Name == "process p" })
			if len(spans) != 1 || log != "" {
				t.Fatalf("%d spans; log: %s", len(spans), log)
			}
			s := spans[0]
			if s.Header.Get("X-Key") != c.header || s.Resource["service.name"] != c.service || s.Kind != "INTERNAL" || s.Attributes["messaging.system"] != nil {
				t.Errorf("%+v", s)
			}
		})
	}
}

func TestWithoutTraces(t *testing.T) {
	if e, err := Start(t.Context(), Config{}); e != nil || err != nil {
		t.Error(e, err)
	}
	var none *Exporter
	none.Close()
}

func TestRefusals(t *testing.T) {
	_, err := Start(t.Context(), Config{Tracing: &spec.Tracing{Headers: map[string]unit.Secret{"X-Key": unit.SecretFile("nowhere")}}})
	if !fault.Is(err, fault.ConfigField) {
		t.Error(err)
	}
}
