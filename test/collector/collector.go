package collector

import (
	"compress/gzip"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	collect "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	"google.golang.org/protobuf/proto"
)

// Span is a span as it arrived. Ids are in hexadecimal.
type Span struct {
	Trace, ID, Parent string
	State             string // the trace state
	Name              string
	Kind              string // CONSUMER, INTERNAL, …
	Begun, Ended      time.Time
	Attributes        map[string]any // text, int64, float64 or bool
	Links             []Link
	Failed            bool
	Status            string         // its message
	Resource          map[string]any // attributes
	Header            http.Header    // of the request that it came with
}

// Link is what a span names beside its parent.
type Link struct{ Trace, ID string }

// Collector listens until the test ends.
type Collector struct {
	URL string // without a path

	mu    sync.Mutex
	spans []Span        // guarded by mu
	came  chan struct{} // guarded by mu; closed when more have come
}

// Start starts a collector.
func Start(t *testing.T) *Collector {
	t.Helper()
	c := &Collector{came: make(chan struct{})}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/traces", func(w http.ResponseWriter, r *http.Request) {
		request, err := read(r)
		if err != nil {
			t.Errorf("a request that is no OTLP: %v", err)
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		c.add(request, r.Header)
		w.Header().Set("Content-Type", "application/x-protobuf") // an empty answer is an empty message
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	c.URL = server.URL
	return c
}

func read(r *http.Request) (*collect.ExportTraceServiceRequest, error) {
	body := io.Reader(r.Body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		unzipped, err := gzip.NewReader(r.Body)
		if err != nil {
			return nil, err
		}
		body = unzipped
	}
	data, err := io.ReadAll(body)
	if err != nil {
		return nil, err
	}
	request := new(collect.ExportTraceServiceRequest)
	return request, proto.Unmarshal(data, request)
}

func (c *Collector) add(request *collect.ExportTraceServiceRequest, header http.Header) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, from := range request.GetResourceSpans() {
		resource := values(from.GetResource().GetAttributes())
		for _, scope := range from.GetScopeSpans() {
			for _, s := range scope.GetSpans() {
				span := Span{
					Trace: hex.EncodeToString(s.GetTraceId()), ID: hex.EncodeToString(s.GetSpanId()), Parent: hex.EncodeToString(s.GetParentSpanId()),
					State: s.GetTraceState(), Name: s.GetName(), Kind: s.GetKind().String()[len("SPAN_KIND_"):],
					Begun: time.Unix(0, int64(s.GetStartTimeUnixNano())), Ended: time.Unix(0, int64(s.GetEndTimeUnixNano())),
					Attributes: values(s.GetAttributes()), Status: s.GetStatus().GetMessage(),
					Failed: s.GetStatus().GetCode() != 0, Resource: resource, Header: header,
				}
				for _, l := range s.GetLinks() {
					span.Links = append(span.Links, Link{hex.EncodeToString(l.GetTraceId()), hex.EncodeToString(l.GetSpanId())})
				}
				c.spans = append(c.spans, span)
			}
		}
	}
	close(c.came)
	c.came = make(chan struct{})
}

func values(attributes []*common.KeyValue) map[string]any {
	all := make(map[string]any, len(attributes))
	for _, a := range attributes {
		switch v := a.GetValue().GetValue().(type) {
		case *common.AnyValue_StringValue:
			all[a.GetKey()] = v.StringValue
		case *common.AnyValue_IntValue:
			all[a.GetKey()] = v.IntValue
		case *common.AnyValue_DoubleValue:
			all[a.GetKey()] = v.DoubleValue
		case *common.AnyValue_BoolValue:
			all[a.GetKey()] = v.BoolValue
		}
	}
	return all
}

// Spans are those that have come so far, for which where is true.
func (c *Collector) Spans(where func(*Span) bool) []Span {
	c.mu.Lock()
	defer c.mu.Unlock()
	var found []Span
	for i := range c.spans {
		if where(&c.spans[i]) {
			found = append(found, c.spans[i])
		}
	}
	return found
}

// Await waits until n spans have come for which where is true, and returns them in the order of their beginnings.
func (c *Collector) Await(t *testing.T, n int, where func(*Span) bool) []Span {
	t.Helper()
	late := time.After(time.Minute)
	for {
		c.mu.Lock()
		came := c.came
		c.mu.Unlock()
		found := c.Spans(where)
		if len(found) >= n {
			slices.SortStableFunc(found, func(a, b Span) int { return a.Begun.Compare(b.Begun) })
			return found
		}
		select {
		case <-came:
		case <-late:
			t.Fatalf("%d spans of %d have come within a minute; all of them: %+v", len(found), n, c.Spans(func(*Span) bool { return true }))
		}
	}
}
