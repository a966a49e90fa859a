package spec

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/unit"
)

// Tracing says where OpenTelemetry spans go, by OTLP over HTTP. What it leaves open is taken from the standard variables
// of the environment (OTEL_EXPORTER_OTLP_…, OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES), which do nothing without it.
type Tracing struct {
	// The collector's address, such as http://localhost:4318; without a path it gets /v1/traces. Default:
	// OTEL_EXPORTER_OTLP_TRACES_ENDPOINT or OTEL_EXPORTER_OTLP_ENDPOINT, else http://localhost:4318.
	Endpoint string `yaml:"endpoint"`
	// Headers of every request, such as Authorization. Their values are secrets.
	Headers map[string]unit.Secret `yaml:"headers"`
	// The share of batches that get spans. Those with a record whose trace is sampled always do. Default 1.
	Sample *float64 `yaml:"sample" jsonschema:"minimum=0,maximum=1"`
}

// TracesPath is where OTLP/HTTP takes spans where an endpoint does not say.
const TracesPath = "/v1/traces"

// URL is the address that spans are posted to; empty where the endpoint is left open.
func (t *Tracing) URL() string {
	u, err := url.Parse(t.Endpoint)
	if err != nil || t.Endpoint == "" {
		return ""
	}
	if strings.Trim(u.Path, "/") == "" {
		u.Path = TracesPath
	}
	return u.String()
}

// Share is the share of batches that get spans.
func (t *Tracing) Share() float64 {
	if t.Sample == nil {
		return 1
	}
	return *t.Sample
}

// ownHeaders are set by the exporter itself.
var ownHeaders = []string{"Content-Type", "Content-Encoding", "Content-Length", "Transfer-Encoding", "Connection", "Host"}

func (c *checker) tracing() {
	t := c.Tracing
	if t == nil {
		return
	}
	u, err := url.Parse(t.Endpoint)
	switch {
	case t.Endpoint == "":
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		c.fail(fault.ConfigField, "tracing.endpoint", "write one such as http://localhost:4318", "it is not an HTTP address")
	case u.User != nil || u.RawQuery != "":
		c.fail(fault.ConfigField, "tracing.endpoint", "put them into headers: {Authorization: ${TOKEN}}", "credentials or a query stand in the address")
	}
	for name := range t.Headers {
		at := join("tracing.headers", name)
		switch {
		case !validHeader(name):
			c.fail(fault.ConfigField, at, "use letters, digits and hyphens", "%q is not the name of a header", name)
		case slices.Contains(ownHeaders, http.CanonicalHeaderKey(name)):
			c.fail(fault.ConfigField, at, "remove it", "the header %s is set by winnow itself", name)
		}
	}
	if t.Sample != nil && outside(*t.Sample) {
		c.fail(fault.ConfigField, "tracing.sample", "give a number from 0 to 1", "sample is %s", formatFloat(*t.Sample))
	}
}

// validHeader reports whether a name can stand in a request: RFC 9110's token.
func validHeader(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return r <= ' ' || r > '~' || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	})
}
