package http

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/winnow-stream/winnow/connectors/codec/encode"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/unit"
)

// SinkConfig is a sink that posts records.
type SinkConfig struct {
	// Where records are posted to: http or https. Credentials belong into headers. The address may be a private one.
	URL string `yaml:"url" jsonschema:"required"`
	// POST, PUT or PATCH. Default POST.
	Method string `yaml:"method" jsonschema:"enum=POST,enum=PUT,enum=PATCH"`
	// Headers of every request, such as Authorization. Their values are secrets.
	Headers map[string]unit.Secret `yaml:"headers"`
	// How a request's records are written: ndjson (one object a line) or json (an array of objects). Default ndjson.
	Format string `yaml:"format" jsonschema:"enum=ndjson,enum=json"`
	// How much goes into a request.
	Batch BatchConfig `yaml:"batch"`
	// Adds each record's id, pipeline/split/offset, under this name, such as _id. Default: none.
	IDField string `yaml:"id_field"`
	// How long a request may take, its answer included. Default 30s.
	Timeout unit.Duration `yaml:"timeout"`
	// How long an endpoint that fails, or asks to wait, is tried again before the run stops. The same command continues
	// then; a stream begins anew by itself. Default 5m.
	RetryFor unit.Duration `yaml:"retry_for"`
	// How many requests may be on their way at once. With 1 the endpoint gets the records in order. Default 1.
	MaxInFlight int `yaml:"max_in_flight"`
	// Spares an endpoint that is down.
	Breaker BreakerConfig `yaml:"breaker"`
}

// BatchConfig bounds requests: one ends at whichever comes first, and at the end of an engine's batch.
type BatchConfig struct {
	// Records in a request. Default 500.
	Rows int `yaml:"rows"`
	// Size of a request; a record that is larger goes alone. Default 1MiB.
	Bytes unit.Size `yaml:"bytes"`
}

// BreakerConfig says when a sink stops to try and for how long.
type BreakerConfig struct {
	// Failures in a row after which the circuit opens: then one request at a time is tried after each pause. Default 5.
	Failures int `yaml:"failures"`
	// The pause. Default 10s.
	Pause unit.Duration `yaml:"pause"`
}

// The formats of requests.
const (
	formatNDJSON = "ndjson"
	formatJSON   = "json"
)

var _ pipeline.SinkConfig = SinkConfig{}

func (c *SinkConfig) setDefaults() {
	if c.Method == "" {
		c.Method = http.MethodPost
	}
	if c.Format == "" {
		c.Format = formatNDJSON
	}
	if c.Batch.Rows == 0 {
		c.Batch.Rows = defaultRows
	}
	if c.Batch.Bytes == 0 {
		c.Batch.Bytes = defaultRequestBytes
	}
	if c.Timeout == 0 {
		c.Timeout = unit.Duration(defaultTimeout)
	}
	if c.RetryFor == 0 {
		c.RetryFor = unit.Duration(defaultRetryFor)
	}
	if c.MaxInFlight == 0 {
		c.MaxInFlight = 1
	}
	if c.Breaker.Failures == 0 {
		c.Breaker.Failures = defaultFailures
	}
	if c.Breaker.Pause == 0 {
		c.Breaker.Pause = unit.Duration(defaultPause)
	}
}

// Check returns every bad field.
func (c SinkConfig) Check() error {
	c.setDefaults()
	var errs []error
	bad := func(path, fix, format string, args ...any) {
		errs = append(errs, fault.New(fault.ConfigField, format, args...).At(fault.Where{Path: path}).WithFix("%s", fix))
	}
	u, err := url.Parse(c.URL)
	switch {
	case c.URL == "":
		errs = append(errs, fault.New(fault.ConfigMissing, "an HTTP sink needs a url").At(fault.Where{Path: "url"}).
			WithFix("give the address that records are posted to"))
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		bad("url", "write one such as https://example.com/records", "it is not an HTTP address")
	case u.User != nil:
		bad("url", "put them into headers: {Authorization: ${TOKEN}}", "credentials stand in the address")
	}
	if methods := []string{http.MethodPost, http.MethodPut, http.MethodPatch}; !slices.Contains(methods, c.Method) {
		bad("method", "use one of "+strings.Join(methods, ", "), "%q is not a method that records are sent by", c.Method)
	}
	for name := range c.Headers {
		switch {
		case !validHeader(name):
			bad("headers", "use letters, digits and hyphens", "%q is not the name of a header", name)
		case slices.ContainsFunc(reserved, func(r string) bool { return strings.EqualFold(r, name) }):
			bad("headers", "remove it", "the header %s is set by the sink itself", name)
		}
	}
	if c.Format != formatNDJSON && c.Format != formatJSON {
		bad("format", "use ndjson or json", "%q is not a format that records are posted in", c.Format)
	}
	for path, negative := range map[string]bool{
		"batch.rows": c.Batch.Rows < 0, "batch.bytes": c.Batch.Bytes < 0, "timeout": c.Timeout < 0,
		"retry_for":     c.RetryFor < 0,
		"max_in_flight": c.MaxInFlight < 0, "breaker.failures": c.Breaker.Failures < 0, "breaker.pause": c.Breaker.Pause < 0,
	} {
		if negative {
			bad(path, "give a positive value, or leave it out", "%s is negative", path)
		}
	}
	return errors.Join(errs...)
}

// validHeader reports whether a name can stand in a request: RFC 9110's token.
func validHeader(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return r <= ' ' || r > '~' || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	})
}

// reserved are the headers that configurations can't set.
var reserved = []string{headerKey, headerID, "Content-Length", "Transfer-Encoding", "Connection"}

// NewSink returns the sink. It touches nothing outside.
func (c SinkConfig) NewSink(env pipeline.Env) (pipeline.Sink, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	c.setDefaults()
	return newSink(c, env), nil
}

// encoding is how single records are encoded.
func (c SinkConfig) encoding() encode.Options { return encode.Options{Format: encode.JSONL} }
