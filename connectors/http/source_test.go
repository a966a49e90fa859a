package http_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	connector "github.com/winnow-stream/winnow/connectors/http"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
	"github.com/winnow-stream/winnow/pipeline/unit"
)

func TestAnswers(t *testing.T) {
	r := start(t, connector.SourceConfig{MaxBody: 1 << 10}, func(c *pipeline.Config) {
		c.Stages = []pipeline.Stage{asks{columns: []string{"id"}, drop: func(b *pipeline.Batch, row int) bool {
			return strings.Contains(string(b.Raw(row)), "drop")
		}}}
		c.MaxRecord = 200
	})
	defer r.stop(t)
	for _, c := range []struct {
		name, body string
		headers    []string
		want       answered
	}{
		{name: "records", body: records("a", 3), want: answered{status: 200, Read: 3, Delivered: 3}},
		{name: "gzip", body: zipped(t, records("b", 3)), headers: []string{"Content-Encoding", "gzip"}, want: answered{status: 200, Read: 3, Delivered: 3}},
		{name: "without the last line end", body: `{"id":"c"}`, want: answered{status: 200, Read: 1, Delivered: 1}},
		{name: "byte order mark, CRLF, blank lines", body: "\xef\xbb\xbf\r\n{\"id\":\"d\"}\r\n \r\n", want: answered{status: 200, Read: 1, Delivered: 1}},
		{name: "nothing", body: "\n \n", want: answered{status: 200}},
		{name: "dropped", body: `{"id":"drop"}`, want: answered{status: 200, Read: 1, Dropped: 1}},
		{name: "json", body: `{"id":"e"}`, headers: []string{"Content-Type", "application/json; charset=utf-8"}, want: answered{status: 200, Read: 1, Delivered: 1}},
		{name: "array", body: `[{"id":"f"}]`, want: answered{status: 400, Code: "http.body"}},
		{name: "pretty", body: "{\n\"id\":\"f\"\n}", want: answered{status: 400, Code: "http.body"}},
		{name: "text", body: "hello\nworld\n", want: answered{status: 400, Code: "http.body"}},
		{name: "broken gzip", body: zipped(t, records("g", 9))[:60], headers: []string{"Content-Encoding", "gzip"}, want: answered{status: 400, Code: "http.body"}},
		{name: "no gzip", body: "hello", headers: []string{"Content-Encoding", "gzip"}, want: answered{status: 400, Code: "http.body"}},
		{name: "too large", body: records("h", 100), want: answered{status: 413, Code: "http.too_large"}},
		{name: "bomb", body: zipped(t, strings.Repeat(" ", 1<<20)), headers: []string{"Content-Encoding", "gzip"}, want: answered{status: 413, Code: "http.too_large"}},
		{name: "brotli", body: "x", headers: []string{"Content-Encoding", "br"}, want: answered{status: 415, Code: "http.media_type"}},
		{name: "form", body: records("i", 1), headers: []string{"Content-Type", "application/x-www-form-urlencoded"}, want: answered{status: 415, Code: "http.media_type"}},
		{name: "web page", body: records("j", 1), headers: []string{"Origin", "https://example.com"}, want: answered{status: 403, Code: "http.origin"}},
		{name: "another host", body: records("j", 1), headers: []string{"Host", "example.com"}, want: answered{status: 403, Code: "http.origin"}},
		{name: "long idempotency key", body: records("k", 1), headers: []string{"Idempotency-Key", strings.Repeat("k", 256)}, want: answered{status: 422, Code: "http.idempotency"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := r.post(t, c.body, c.headers...)
			if got.status >= 400 && (got.Message == "" || got.Fix == "") {
				t.Errorf("no message or remedy: %s", got.text)
			}
			got.header, got.text, got.Message, got.Fix = nil, "", "", ""
			if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(answered{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRejectedLines(t *testing.T) {
	r := start(t, connector.SourceConfig{}, func(c *pipeline.Config) { c.MaxRecord, c.BatchRows = 100, 2 })
	defer r.stop(t)
	r.post(t, records("before", 5)) // so that offsets and lines differ
	got := r.post(t, "{\"id\":\"1\"}\n\n{\"id\":\n[1]\n{\"id\":\"5\"}\n{\"id\":\""+strings.Repeat("x", 200)+"\"}\n")
	if got.status != 200 || got.Read != 5 || got.Delivered != 2 || got.Dead != 3 {
		t.Fatal(got.text)
	}
	want := []string{"3 record.json", "4 record.shape", "6 record.too_large"}
	var lines []string
	for _, l := range got.Rejected {
		lines = append(lines, fmt.Sprintf("%d %s", l.Line, l.Code))
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Error(diff)
	}
	if n := len(r.dead.Store.Lines()); n != 3 {
		t.Errorf("%d dead letters, want 3", n)
	}
}

func TestRoute(t *testing.T) {
	r := start(t, connector.SourceConfig{Path: "/in"}, nil)
	defer r.stop(t)
	for target, want := range map[string]int{
		"GET " + r.url: 405, "POST " + r.url + "/x": 404, "POST " + strings.TrimSuffix(r.url, "in"): 404,
	} {
		method, url, _ := strings.Cut(target, " ")
		req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		if a, err := r.do(req); err != nil || a.status != want || a.Code != "http.route" {
			t.Errorf("%s: %d %s %v, want %d", target, a.status, a.text, err, want)
		}
	}
}

func TestKeys(t *testing.T) {
	r := start(t, connector.SourceConfig{Keys: []unit.Secret{unit.NewSecret("first"), unit.NewSecret("second")}}, nil)
	defer r.stop(t)
	for value, want := range map[string]int{
		"": 401, "Bearer first": 200, "bearer second": 200, "Bearer third": 401, "Basic first": 401, "first": 401, "Bearer firs": 401,
	} {
		// With a key a web page may send as well.
		if got := r.post(t, records("a", 1), "Authorization", value, "Origin", "https://example.com"); got.status != want {
			t.Errorf("Authorization %q: %d, want %d", value, got.status, want)
		}
	}
}

func TestIdempotency(t *testing.T) {
	r := start(t, connector.SourceConfig{}, nil)
	defer r.stop(t)
	body := records("a", 3)
	first := r.post(t, body, "Idempotency-Key", "one")
	again := r.post(t, body, "Idempotency-Key", "one")
	if first.status != 200 || again.text != first.text || again.header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("first %d %q, again %d %q (%v)", first.status, first.text, again.status, again.text, again.header)
	}
	if other := r.post(t, records("b", 1), "Idempotency-Key", "one"); other.status != 422 || other.Code != "http.idempotency" {
		t.Errorf("another body: %d %s", other.status, other.text)
	}
	r.post(t, body, "Idempotency-Key", "two")
	if got := ids(t, r.sink); got["a-0"] != 2 || len(got) != 3 {
		t.Errorf("records: %v", got)
	}
}

// A repeat that comes while the first is on its way waits for the same commit.
func TestIdempotencyMeanwhile(t *testing.T) {
	release := make(chan struct{})
	r := start(t, connector.SourceConfig{}, func(c *pipeline.Config) { c.Commit.Interval = 50 * time.Millisecond })
	r.sink.Script = func(ctx context.Context, c pipelinetest.Call) error {
		if c.Kind == "write" {
			select {
			case <-release:
			case <-ctx.Done():
			}
		}
		return nil
	}
	defer r.stop(t)
	answers := make(chan answered, 2)
	for range 2 {
		go func() {
			a, _ := r.try(t.Context(), records("a", 3), "Idempotency-Key", "k")
			answers <- a
		}()
	}
	time.Sleep(20 * time.Millisecond)
	close(release)
	a, b := <-answers, <-answers
	if a.status != 200 || a.text != b.text || a.Delivered != 3 {
		t.Errorf("%d %s, %d %s", a.status, a.text, b.status, b.text)
	}
	if got := ids(t, r.sink); got["a-0"] != 1 {
		t.Errorf("records: %v", got)
	}
}

// Without room requests are refused, and taken again once there is some.
func TestBackPressure(t *testing.T) {
	release := make(chan struct{})
	r := start(t, connector.SourceConfig{MaxBody: 64 << 10, MaxInFlight: 96 << 10}, nil)
	defer r.stop(t)
	r.sink.Script = func(ctx context.Context, c pipelinetest.Call) error {
		if c.Kind == "write" {
			select {
			case <-release:
			case <-ctx.Done():
			}
		}
		return nil
	}
	body := records("a", 2000)
	first := make(chan answered, 1)
	go func() {
		a, _ := r.try(t.Context(), body)
		first <- a
	}()
	eventually(t, func() bool { return r.pipeline.Status().Splits[0].High == 2000 })
	if got := r.post(t, body); got.status != 503 || got.header.Get("Retry-After") == "" || got.Code != "http.busy" {
		t.Errorf("without room: %d %s", got.status, got.text)
	}
	close(release)
	if got := <-first; got.status != 200 || got.Delivered != 2000 {
		t.Errorf("%d %s", got.status, got.text)
	}
	eventually(t, func() bool { return r.post(t, body).status == 200 })
}

// Clients that go away, before and while their body is sent, leave nothing behind.
func TestClientsGo(t *testing.T) {
	r := start(t, connector.SourceConfig{MaxInFlight: 40 << 20}, func(c *pipeline.Config) { c.Commit.Interval = 20 * time.Millisecond })
	defer r.stop(t)
	for range 20 {
		conn, err := net.Dial("tcp", r.source.Addr())
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(conn, "POST /records HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\nContent-Length: 100000\r\n\r\n%s", records("cut", 10))
		_ = conn.Close()
	}
	for i := range 20 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i)*time.Millisecond)
		_, _ = r.try(ctx, records(fmt.Sprintf("gone%d", i), 10))
		cancel()
	}
	if got := r.post(t, records("stays", 10)); got.status != 200 || got.Delivered != 10 {
		t.Fatalf("%d %s", got.status, got.text)
	}
	for id, n := range ids(t, r.sink) {
		if n != 1 || strings.HasPrefix(id, "cut") {
			t.Errorf("%s came %d times", id, n)
		}
	}
}

func TestDrain(t *testing.T) {
	r := start(t, connector.SourceConfig{}, func(c *pipeline.Config) { c.Commit.Interval = time.Hour })
	answers := make(chan answered, 1)
	go func() {
		a, _ := r.try(t.Context(), records("a", 5))
		answers <- a
	}()
	eventually(t, func() bool { return r.pipeline.Status().Counts.Read == 5 })
	r.pipeline.Drain()
	if got := <-answers; got.status != 200 || got.Delivered != 5 {
		t.Errorf("%d %s", got.status, got.text)
	}
	if err := <-r.ended; !fault.Is(err, fault.RunInterrupted) {
		t.Error(err)
	}
}

// An epoch that is aborted gives 503, and the pipeline listens again by itself.
func TestAbort(t *testing.T) {
	r := start(t, connector.SourceConfig{}, nil)
	defer r.stop(t)
	var failed bool
	r.sink.Script = func(_ context.Context, c pipelinetest.Call) error {
		if c.Kind == "prepare" && !failed {
			failed = true
			return fault.New(fault.RunConnect, "the sink is away")
		}
		return nil
	}
	if got := r.post(t, records("a", 5), "Idempotency-Key", "k"); got.status != 503 || got.header.Get("Retry-After") == "" {
		t.Fatalf("%d %s", got.status, got.text)
	}
	eventually(t, func() bool {
		a, err := r.try(t.Context(), records("a", 5), "Idempotency-Key", "k")
		return err == nil && a.status == 200
	})
	if got := ids(t, r.sink); got["a-0"] != 1 || len(got) != 5 {
		t.Errorf("records: %v", got)
	}
}

func TestListenTaken(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	source, err := (&connector.SourceConfig{Listen: l.Addr().String()}).NewSource(pipeline.Env{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := pipeline.New(pipeline.Config{Source: source, Sinks: []pipeline.NamedSink{{Name: "memory", Sink: pipelinetest.NewMemSink()}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Run(t.Context()); !fault.Is(err, fault.HTTPListen) {
		t.Error(err)
	}
}

func TestGuarantee(t *testing.T) {
	r := start(t, connector.SourceConfig{}, nil)
	defer r.stop(t)
	plan, err := r.pipeline.Plan(t.Context())
	if err != nil || plan.Guarantee != pipeline.AtLeastOnce {
		t.Errorf("%v %v", plan, err)
	}
}

// A process that dies between a sink's prepare and its commit has answered nobody.
func TestKillAtCommit(t *testing.T) {
	r := start(t, connector.SourceConfig{}, nil)
	r.sink.Script = func(ctx context.Context, c pipelinetest.Call) error {
		if c.Kind == "commit" {
			r.cancel()
			return context.Canceled
		}
		return nil
	}
	if a, err := r.try(t.Context(), records("a", 5)); err == nil && a.status == 200 {
		t.Errorf("answered %s, and the output has %v", a.text, r.sink.Store.Lines())
	}
	<-r.ended
}

// A limit that ends within a request leaves it unanswered: its client sends it again to whoever comes next.
func TestLimit(t *testing.T) {
	r := start(t, connector.SourceConfig{}, func(c *pipeline.Config) { c.Limit = 3 })
	if a, err := r.try(t.Context(), records("a", 5)); err == nil && a.status != 503 {
		t.Errorf("%d %s", a.status, a.text)
	}
	if err := <-r.ended; err != nil {
		t.Error(err)
	}
	if got := ids(t, r.sink); len(got) != 3 {
		t.Errorf("records: %v", got)
	}
}
