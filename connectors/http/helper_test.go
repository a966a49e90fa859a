package http_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	connector "github.com/winnow-stream/winnow/connectors/http"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
)

// asks is a stage that wants columns to be read, so that a memory sink sees them. Rows for which drop is true go.
type asks struct {
	columns []string
	drop    func(b *pipeline.Batch, row int) bool
}

func (a asks) Needs(*pipeline.Layout) ([]arrow.Field, error) {
	var fields []arrow.Field
	for _, c := range a.columns {
		fields = append(fields, arrow.Field{Name: c, Type: arrow.BinaryTypes.String, Nullable: true})
	}
	return fields, nil
}

func (a asks) Process(_ context.Context, b *pipeline.Batch) error {
	for row := range b.Len() {
		if a.drop != nil && b.Live(row) && a.drop(b, row) {
			b.Drop(row)
		}
	}
	return nil
}

// rig is a pipeline that takes records by HTTP.
type rig struct {
	source   *connector.Source
	pipeline *pipeline.Pipeline
	sink     *pipelinetest.MemSink
	dead     *pipelinetest.MemSink
	client   *http.Client
	url      string
	cancel   context.CancelFunc
	ended    chan error
}

func start(t *testing.T, cfg connector.SourceConfig, change func(*pipeline.Config)) *rig {
	t.Helper()
	if cfg.Listen == "" {
		cfg.Listen = "127.0.0.1:0"
	}
	made, err := cfg.NewSource(pipeline.Env{})
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{
		source: made.(*connector.Source), sink: pipelinetest.NewMemSink(), dead: pipelinetest.NewMemSink(),
		client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 100}}, ended: make(chan error, 1),
	}
	conf := pipeline.Config{
		Source: r.source, Stages: []pipeline.Stage{asks{columns: []string{"id"}}},
		Sinks: []pipeline.NamedSink{{Name: "memory", Sink: r.sink}}, DeadLetters: r.dead,
		Commit: pipeline.CommitCadence{Interval: 5 * time.Millisecond}, MaxErrorRate: 1,
	}
	if change != nil {
		change(&conf)
	}
	if r.pipeline, err = pipeline.New(conf); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	r.cancel = cancel
	go func() {
		_, err := r.pipeline.Run(ctx)
		r.ended <- err
	}()
	t.Cleanup(func() {
		cancel()
		r.client.CloseIdleConnections()
	})
	eventually(t, func() bool { return !strings.HasSuffix(r.source.Addr(), ":0") && len(r.pipeline.Status().Splits) == 1 })
	path := cfg.Path
	if path == "" {
		path = "/records"
	}
	r.url = "http://" + r.source.Addr() + path
	return r
}

// stop ends the pipeline in good order.
func (r *rig) stop(t *testing.T) {
	t.Helper()
	r.pipeline.Drain()
	select {
	case <-r.ended:
	case <-time.After(10 * time.Second):
		t.Fatal("the pipeline does not end")
	}
}

func eventually(t *testing.T, cond func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !cond(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it does not come about")
		}
	}
}

// answered is what a client got.
type answered struct {
	status int
	header http.Header
	text   string

	Read, Delivered, Dead, Dropped int64
	Rejected                       []struct {
		Line          int64
		Code, Message string
	}
	Code, Message, Fix string
}

func (r *rig) post(t testing.TB, body string, headers ...string) answered {
	t.Helper()
	a, err := r.try(t.Context(), body, headers...)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (r *rig) try(ctx context.Context, body string, headers ...string) (answered, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.url, strings.NewReader(body))
	if err != nil {
		return answered{}, err
	}
	req.Header.Set("Content-Type", "application/x-ndjson")
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			req.Host = headers[i+1]
		}
		req.Header.Set(headers[i], headers[i+1])
	}
	return r.do(req)
}

func (r *rig) do(req *http.Request) (a answered, err error) {
	resp, err := r.client.Do(req)
	if err != nil {
		return a, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return a, err
	}
	a.status, a.header, a.text = resp.StatusCode, resp.Header, string(text)
	return a, json.Unmarshal(text, &a)
}

// records makes n records with ids of their own.
func records(prefix string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "{\"id\":\"%s-%d\",\"n\":%d}\n", prefix, i, i)
	}
	return b.String()
}

// ids counts the ids of a memory sink's lines.
func ids(t testing.TB, sinks ...*pipelinetest.MemSink) map[string]int {
	t.Helper()
	seen := make(map[string]int)
	for _, s := range sinks {
		for _, line := range s.Store.Lines() {
			var rec struct{ ID string }
			if err := json.Unmarshal([]byte(line), &rec); err != nil {
				t.Fatal(err)
			}
			seen[rec.ID]++
		}
	}
	return seen
}

func zipped(t testing.TB, text string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
