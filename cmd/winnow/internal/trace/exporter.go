package trace

import (
	"context"
	"os"
	"strings"

	"github.com/rs/zerolog"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"

	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/span"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

// Config is whose spans go where.
type Config struct {
	Tracing  *spec.Tracing // nil: there are none
	Pipeline string        // the pipeline's name
	Version  string        // of winnow
	System   string        // of the source's messages: kafka; empty where records are no messages
	Group    string        // that reads them
	Log      zerolog.Logger
}

// Exporter takes a pipeline's spans and sends them. Close it when the pipeline has ended.
type Exporter struct {
	// Tracer is what the pipeline is to be given.
	Tracer *span.Tracer

	provider *sdk.TracerProvider
}

// Start starts the exporter; nil where nobody asks for traces. It reaches for the collector when there are spans.
func Start(ctx context.Context, cfg Config) (*Exporter, error) {
	if cfg.Tracing == nil || strings.EqualFold(os.Getenv("OTEL_SDK_DISABLED"), "true") {
		return nil, nil
	}
	options, err := options(cfg.Tracing)
	if err != nil {
		return nil, err
	}
	client, err := otlptracehttp.New(ctx, options...)
	if err != nil {
		return nil, fault.New(fault.ConfigField, "traces can't be sent: %w", err).At(fault.Where{Path: "tracing"}).
			WithFix("see the variables OTEL_EXPORTER_OTLP_… in the environment")
	}
	about, err := resource.New(ctx, resource.WithTelemetrySDK(), resource.WithHost(), resource.WithProcessPID(), resource.WithAttributes(
		attribute.String("service.name", "winnow"), attribute.String("service.version", cfg.Version),
	), resource.WithFromEnv())
	if err != nil { // what is known of the process goes along all the same
		cfg.Log.Debug().Err(err).Msg("the resource of the traces is incomplete")
	}
	q := newQueue(client, cfg.Log.With().Str("pipeline", cfg.Pipeline).Logger())
	provider := sdk.NewTracerProvider(sdk.WithResource(about), sdk.WithSampler(sdk.AlwaysSample()), sdk.WithSpanProcessor(q))
	return &Exporter{
		provider: provider,
		Tracer: span.New(span.Config{
			Provider: provider, Pipeline: cfg.Pipeline, Version: cfg.Version, System: cfg.System, Group: cfg.Group,
			Sample: cfg.Tracing.Share(), Omitted: q.lose,
		}),
	}, nil
}

// options are the exporter's. What the spec leaves open it takes from the environment by itself.
func options(t *spec.Tracing) ([]otlptracehttp.Option, error) {
	var all []otlptracehttp.Option
	switch {
	case t.Endpoint != "":
		all = append(all, otlptracehttp.WithEndpointURL(t.URL()))
	case os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") == "" && os.Getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") == "":
		// The exporter's own default is the same address with TLS.
		all = append(all, otlptracehttp.WithEndpointURL("http://localhost:4318"+spec.TracesPath))
	}
	if len(t.Headers) == 0 {
		return all, nil
	}
	headers := make(map[string]string, len(t.Headers))
	for name, secret := range t.Headers {
		value, err := secret.Reveal()
		if err != nil {
			return nil, err
		}
		headers[name] = value
	}
	return append(all, otlptracehttp.WithHeaders(headers)), nil
}

// Close sends what is left, and gives up after 5 s. A nil Exporter has nothing to send.
func (e *Exporter) Close() {
	if e == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), closePatience)
	defer cancel()
	_ = e.provider.Shutdown(ctx) // the queue has told what was lost
}
