package http_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	connector "github.com/winnow-stream/winnow/connectors/http"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
	"github.com/winnow-stream/winnow/pipeline/unit"
)

func TestPost(t *testing.T) {
	for _, format := range []string{"ndjson", "json"} {
		t.Run(format, func(t *testing.T) {
			e := newEndpoint(t, nil)
			s := post(t, connector.SinkConfig{
				URL: e.URL + "/in?token=secret", Format: format, Batch: connector.BatchConfig{Rows: 7}, IDField: "_id",
				Headers: map[string]unit.Secret{"Authorization": unit.NewSecret("Bearer x")},
			}, 20, func(c *pipeline.Config) { c.BatchRows = 10 })
			s.judge(t, e, false)
			all := e.requests()
			if len(all) != 4 { // 7 + 3, twice
				t.Fatalf("%d requests", len(all))
			}
			p := all[1]
			if want := "send/part-00/7-10-"; !strings.HasPrefix(p.header.Get("Idempotency-Key"), want) {
				t.Errorf("key %q, want %s…", p.header.Get("Idempotency-Key"), want)
			}
			if p.header.Get("Authorization") != "Bearer x" || p.records[0].At != "send/part-00/7" {
				t.Errorf("%v, %+v", p.header, p.records[0])
			}
			want := map[string]string{"ndjson": "application/x-ndjson", "json": "application/json"}[format]
			if p.header.Get("Content-Type") != want || strings.HasPrefix(p.body, "[") != (format == "json") {
				t.Errorf("%v\n%s", p.header, p.body)
			}
		})
	}
}

func TestBatchBytes(t *testing.T) {
	e := newEndpoint(t, nil)
	s := post(t, connector.SinkConfig{URL: e.URL, Batch: connector.BatchConfig{Bytes: 200}}, 50, nil)
	s.judge(t, e, false)
	for _, p := range e.requests() {
		if len(p.body) > 200 {
			t.Errorf("a request of %d bytes", len(p.body))
		}
	}
	post(t, connector.SinkConfig{URL: e.URL, Batch: connector.BatchConfig{Bytes: 1}}, 3, nil)
	if all := e.requests(); len(all[len(all)-1].records) != 1 || all[len(all)-1].header.Get("Winnow-Id") != "send/part-00/2" {
		t.Errorf("%+v", all[len(all)-1])
	}
}

// Bad records are found by halving, and die alone.
func TestBisect(t *testing.T) {
	bad := map[string]bool{"part-00/0": true, "part-00/13": true, "part-00/14": true, "part-00/99": true}
	e := newEndpoint(t, func(w http.ResponseWriter, _ *http.Request, p *posted) bool {
		for _, r := range p.records {
			if bad[r.ID] {
				http.Error(w, "the record "+r.ID+" is bad", http.StatusUnprocessableEntity)
				return true
			}
		}
		return false
	})
	s := post(t, connector.SinkConfig{URL: e.URL, MaxInFlight: 3, Batch: connector.BatchConfig{Rows: 30}}, 100, nil)
	s.judge(t, e, false)
	dead := s.deadIDs(t)
	for id := range bad {
		if dead[id] != "http.refused" {
			t.Errorf("%s: %q", id, dead[id])
		}
	}
	if len(dead) != len(bad) || !strings.Contains(s.dead.Store.Lines()[0], "422 Unprocessable Entity: the record part-00/0 is bad") {
		t.Errorf("%v\n%s", dead, s.dead.Store.Lines()[0])
	}
}

// An endpoint that says of each record what became of it.
func TestRowResults(t *testing.T) {
	for _, status := range []int{http.StatusOK, http.StatusMultiStatus} {
		t.Run(strconv.Itoa(status), func(t *testing.T) {
			var mu sync.Mutex
			tries := make(map[string]int)
			var e *endpoint
			e = newEndpoint(t, func(w http.ResponseWriter, _ *http.Request, p *posted) bool {
				mu.Lock()
				defer mu.Unlock()
				var results []string
				for i, r := range p.records {
					tries[r.ID]++
					switch {
					case strings.HasSuffix(r.ID, "3"):
						results = append(results, fmt.Sprintf(`{"index":%d,"status":400,"error":{"message":"no threes"}}`, i))
					case strings.HasSuffix(r.ID, "5") && tries[r.ID] < 3:
						results = append(results, fmt.Sprintf(`{"index":%d,"retryable":true,"error":"later"}`, i))
					case strings.HasSuffix(r.ID, "6") && tries[r.ID] < 2:
						results = append(results, fmt.Sprintf(`{"index":%d,"status":503}`, i))
					case strings.HasSuffix(r.ID, "7"):
						e.take(r) // it is not mentioned
					default:
						e.take(r)
						results = append(results, fmt.Sprintf(`{"index":%d,"status":201}`, i))
					}
				}
				return answerJSON(w, status, `{"results":[%s]}`, strings.Join(results, ","))
			})
			s := post(t, connector.SinkConfig{URL: e.URL, Batch: connector.BatchConfig{Rows: 25}}, 50, nil)
			s.judge(t, e, false)
			if dead := s.deadIDs(t); len(dead) != 5 || dead["part-00/13"] != "http.refused" || tries["part-00/15"] != 3 {
				t.Errorf("%v, tried %d times", dead, tries["part-00/15"])
			}
			if line := s.dead.Store.Lines()[0]; !strings.Contains(line, "refused the record (400): no threes") {
				t.Error(line)
			}
		})
	}
}

func TestWrongEndpoint(t *testing.T) {
	elsewhere := newEndpoint(t, nil)
	for name, c := range map[string]struct {
		code   *fault.Code
		answer func(w http.ResponseWriter, r *http.Request) bool
	}{
		"credentials": {fault.HTTPEndpoint, func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(http.StatusUnauthorized); return true }},
		"rights":      {fault.HTTPEndpoint, func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(http.StatusForbidden); return true }},
		"path":        {fault.HTTPEndpoint, func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(http.StatusNotFound); return true }},
		"redirect": {fault.HTTPEndpoint, func(w http.ResponseWriter, r *http.Request) bool {
			http.Redirect(w, r, elsewhere.URL+"/x?secret", http.StatusTemporaryRedirect)
			return true
		}},
		"results": {fault.HTTPReply, func(w http.ResponseWriter, _ *http.Request) bool {
			return answerJSON(w, 200, `{"results":[{"index":99}]}`)
		}},
		"no results": {fault.HTTPReply, func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(http.StatusMultiStatus); return true }},
		"long answer": {fault.HTTPReply, func(w http.ResponseWriter, _ *http.Request) bool {
			fmt.Fprint(w, strings.Repeat(" ", 9<<20))
			return true
		}},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEndpoint(t, func(w http.ResponseWriter, r *http.Request, _ *posted) bool { return c.answer(w, r) })
			s := post(t, connector.SinkConfig{URL: e.URL + "/in?token=secret"}, 10, nil)
			if !fault.Is(s.err, c.code) || strings.Contains(fmt.Sprint(s.err), "secret") {
				t.Error(s.err)
			}
			if n := len(e.requests()); n != 1 {
				t.Errorf("%d requests", n)
			}
		})
	}
	if n := len(elsewhere.requests()); n != 0 {
		t.Errorf("the redirect was followed %d times", n)
	}
}

func TestRedirectOnTheHost(t *testing.T) {
	e := newEndpoint(t, func(w http.ResponseWriter, r *http.Request, _ *posted) bool {
		if r.URL.Path == "/old" {
			http.Redirect(w, r, "/new", http.StatusPermanentRedirect)
			return true
		}
		return false
	})
	post(t, connector.SinkConfig{URL: e.URL + "/old"}, 10, nil).judge(t, e, false)
}

// The circuit opens, the status says so, and closes again.
func TestBreaker(t *testing.T) {
	// However the requests of a round overlap, one must fail that is sent while the circuit is open, and so alone: the first
	// round may end at one failure, the second at four more, which open the circuit, and the sixth is sent alone.
	const failing = 6
	var calls atomic.Int64
	e := newEndpoint(t, func(w http.ResponseWriter, _ *http.Request, p *posted) bool {
		if calls.Add(1) <= failing {
			w.WriteHeader(http.StatusInternalServerError)
			return true
		}
		return false
	})
	s := post(t, connector.SinkConfig{
		URL: e.URL, MaxInFlight: 4, Batch: connector.BatchConfig{Rows: 5},
		Breaker: connector.BreakerConfig{Failures: 2, Pause: unit.Duration(300 * time.Millisecond)},
	}, 40, nil)
	s.judge(t, e, false)
	for _, st := range s.status {
		if st.Phase == pipeline.Retrying && strings.Contains(st.LastError, "the circuit is open after") {
			return
		}
	}
	t.Error("the status never said that the circuit is open")
}

func TestRetryAfter(t *testing.T) {
	var first, second time.Time
	e := newEndpoint(t, func(w http.ResponseWriter, _ *http.Request, p *posted) bool {
		if p.n == 1 {
			first = time.Now()
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
			return true
		}
		second = time.Now()
		return false
	})
	post(t, connector.SinkConfig{URL: e.URL}, 10, nil).judge(t, e, false)
	if wait := second.Sub(first); wait < time.Second {
		t.Errorf("it came again after %s", wait)
	}
}

// A record that already has the field dies: whose id it is could not be told.
func TestIDField(t *testing.T) {
	e := newEndpoint(t, nil)
	s := post(t, connector.SinkConfig{URL: e.URL, IDField: "id"}, 3, nil)
	if !fault.Is(s.err, fault.RunRejected) || len(e.requests()) != 0 {
		t.Errorf("%v, %d requests", s.err, len(e.requests()))
	}
}

// Dead letters can be posted too.
func TestDeadLetters(t *testing.T) {
	e := newEndpoint(t, nil)
	dead, err := connector.SinkConfig{URL: e.URL, IDField: "_id"}.NewSink(pipeline.Env{})
	if err != nil {
		t.Fatal(err)
	}
	good := newEndpoint(t, nil)
	s := post(t, connector.SinkConfig{URL: good.URL}, 10, func(c *pipeline.Config) {
		c.Source.(*pipelinetest.MemSource).Bad = func(_ int, r int64) *fault.Error {
			if r%2 == 1 {
				return fault.New(fault.RecordJSON, "odd")
			}
			return nil
		}
		c.DeadLetters = dead
	})
	if s.err != nil || len(good.counts()) != 5 {
		t.Fatal(s.err, good.counts())
	}
	if all := e.requests(); len(all) != 1 || len(all[0].records) != 5 || all[0].records[0].At != "send/part-00/1" || !strings.Contains(all[0].body, `"code":"record.json"`) {
		t.Errorf("%+v", all)
	}
}

// Dead letters that are refused stop the pipeline, and say why.
func TestDeadLettersRefused(t *testing.T) {
	e := newEndpoint(t, func(w http.ResponseWriter, _ *http.Request, p *posted) bool {
		w.WriteHeader(http.StatusBadRequest)
		return true
	})
	dead, err := connector.SinkConfig{URL: e.URL}.NewSink(pipeline.Env{})
	if err != nil {
		t.Fatal(err)
	}
	good := newEndpoint(t, nil)
	s := post(t, connector.SinkConfig{URL: good.URL}, 10, func(c *pipeline.Config) {
		c.Source.(*pipelinetest.MemSource).Bad = func(int, int64) *fault.Error { return fault.New(fault.RecordJSON, "bad") }
		c.DeadLetters = dead
	})
	if !fault.Is(s.err, fault.HTTPRefused) {
		t.Error(s.err)
	}
}

// A run that is started again sends the same requests under the same keys.
func TestKeysAreStable(t *testing.T) {
	keys := func() []string {
		e := newEndpoint(t, nil)
		post(t, connector.SinkConfig{URL: e.URL, Batch: connector.BatchConfig{Rows: 9}}, 50, func(c *pipeline.Config) { c.BatchRows = 20 }).judge(t, e, false)
		var all []string
		for _, p := range e.requests() {
			all = append(all, p.header.Get("Idempotency-Key"))
		}
		return all
	}
	if a, b := keys(), keys(); strings.Join(a, " ") != strings.Join(b, " ") {
		t.Errorf("%v\n%v", a, b)
	}
}

func TestCloseWithoutOpen(t *testing.T) {
	s, err := connector.SinkConfig{URL: "http://localhost"}.NewSink(pipeline.Env{})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// From source to sink: one pipeline posts to another, and every record arrives.
func TestSourceToSink(t *testing.T) {
	r := start(t, connector.SourceConfig{}, nil)
	defer r.stop(t)
	s := post(t, connector.SinkConfig{URL: r.url, Batch: connector.BatchConfig{Rows: 100}, MaxInFlight: 4}, 1000, nil)
	if s.err != nil {
		t.Fatal(s.err)
	}
	got := ids(t, r.sink)
	for _, id := range s.source.IDs(0) {
		if got[id] != 1 {
			t.Fatalf("%s came %d times", id, got[id])
		}
	}
}
