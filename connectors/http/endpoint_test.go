package http_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	connector "github.com/winnow-stream/winnow/connectors/http"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
	"github.com/winnow-stream/winnow/pipeline/unit"
)

// endpoint is what a sink posts to. It notes what it took, and answers as it is told to.
type endpoint struct {
	*httptest.Server
	// answer decides what becomes of a request; nil, or a false: it is taken with 200.
	answer func(w http.ResponseWriter, r *http.Request, p *posted) (answered bool)

	mu    sync.Mutex
	taken []record  // guarded by mu
	all   []*posted // guarded by mu
}

// posted is one request.
type posted struct {
	n       int // counted from 1
	header  http.Header
	body    string
	records []record
}

type record struct {
	ID string `json:"id"`
	At string `json:"_id"`
}

func newEndpoint(t *testing.T, answer func(w http.ResponseWriter, r *http.Request, p *posted) bool) *endpoint {
	t.Helper()
	e := &endpoint{answer: answer}
	e.Server = httptest.NewServer(e)
	t.Cleanup(e.Close)
	return e
}

func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	p := &posted{header: r.Header.Clone(), body: string(body)}
	if strings.HasPrefix(p.body, "[") {
		err = json.Unmarshal(body, &p.records)
	} else {
		for line := range strings.Lines(p.body) {
			var rec record
			if err = json.Unmarshal([]byte(line), &rec); err != nil {
				break
			}
			p.records = append(p.records, rec)
		}
	}
	if err != nil {
		w.WriteHeader(http.StatusTeapot)
		return
	}
	e.mu.Lock()
	e.all = append(e.all, p)
	p.n = len(e.all)
	e.mu.Unlock()
	if e.answer != nil && e.answer(w, r, p) {
		return
	}
	e.take(p.records...)
}

func (e *endpoint) take(records ...record) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.taken = append(e.taken, records...)
}

// requests returns the requests so far.
func (e *endpoint) requests() []*posted {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]*posted(nil), e.all...)
}

// counts returns how often each record was taken, by its own id.
func (e *endpoint) counts() map[string]int {
	e.mu.Lock()
	defer e.mu.Unlock()
	m := make(map[string]int)
	for _, r := range e.taken {
		m[r.ID]++
	}
	return m
}

// sent is a pipeline of n records to an endpoint.
type sent struct {
	source *pipelinetest.MemSource
	dead   *pipelinetest.MemSink
	sum    *pipeline.Summary
	err    error
	status []pipeline.Status // seen on the way
}

func post(t *testing.T, cfg connector.SinkConfig, n int, change func(*pipeline.Config)) *sent {
	t.Helper()
	if cfg.Breaker.Pause == 0 {
		cfg.Breaker.Pause = unit.Duration(20 * time.Millisecond)
	}
	sink, err := cfg.NewSink(pipeline.Env{})
	if err != nil {
		t.Fatal(err)
	}
	s := &sent{source: pipelinetest.NewMemSource(1, n), dead: pipelinetest.NewMemSink()}
	conf := pipeline.Config{
		Name: "send", Source: s.source, Sinks: []pipeline.NamedSink{{Name: "http", Sink: sink}}, DeadLetters: s.dead, MaxErrorRate: 1,
	}
	if change != nil {
		change(&conf)
	}
	p, err := pipeline.New(conf)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		for {
			select {
			case <-time.After(2 * time.Millisecond):
				s.status = append(s.status, p.Status())
			case <-done:
				return
			}
		}
	}()
	s.sum, s.err = p.Run(t.Context())
	close(done)
	<-watched
	return s
}

// deadIDs are the ids of the records in the dead letters, with the codes of their faults.
func (s *sent) deadIDs(t *testing.T) map[string]string {
	t.Helper()
	m := make(map[string]string)
	for _, line := range s.dead.Store.Lines() {
		var letter struct{ Code, Record, Message string }
		var rec record
		if err := json.Unmarshal([]byte(line), &letter); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(letter.Record), &rec); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		m[rec.ID] = letter.Code
	}
	return m
}

// judge checks that every record was taken or is dead, and that only records of doubtful requests came more than once.
func (s *sent) judge(t *testing.T, e *endpoint, doubles bool) {
	t.Helper()
	if s.err != nil {
		t.Fatal(s.err)
	}
	got, dead := e.counts(), s.deadIDs(t)
	for _, id := range s.source.IDs(0) {
		n := got[id]
		if _, died := dead[id]; died {
			n++
		}
		if n == 0 || n > 1 && !doubles {
			t.Errorf("%s came %d times (dead: %q)", id, got[id], dead[id])
		}
	}
	if c := s.sum.Counts; int(c.Read) != len(s.source.IDs(0)) || int(c.Dead) != len(dead) {
		t.Errorf("counts %+v, %d dead letters", c, len(dead))
	}
	e.checkKeys(t)
}

// checkKeys checks that requests of one key have one body, and equal records one id.
func (e *endpoint) checkKeys(t *testing.T) {
	t.Helper()
	bodies, ids := make(map[string]string), make(map[string]string)
	for _, p := range e.requests() {
		key := p.header.Get("Idempotency-Key")
		if old, ok := bodies[key]; ok && old != p.body || key == "" {
			t.Errorf("the key %q stands for two bodies", key)
		}
		bodies[key] = p.body
		for _, r := range p.records {
			at := r.At
			if len(p.records) == 1 {
				at = p.header.Get("Winnow-Id")
			}
			if old, ok := ids[r.ID]; ok && at != "" && old != at {
				t.Errorf("%s has the ids %q and %q", r.ID, old, at)
			}
			if at != "" {
				ids[r.ID] = at
			}
		}
	}
}

func answerJSON(w http.ResponseWriter, status int, format string, args ...any) bool {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	fmt.Fprintf(w, format, args...)
	return true
}
