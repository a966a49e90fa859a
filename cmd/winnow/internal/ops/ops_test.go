package ops

import (
	"encoding/json"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"go.uber.org/goleak"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/plugins/host"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// someStream is a stream in the middle of its work, of which a part is not committed yet.
func someStream() pipeline.Status {
	st := pipeline.Status{
		Name: "tickets", Phase: pipeline.Running, Stream: true, Member: true, Rejoins: 2, Generation: 3, Memory: 4096,
		Counts:    pipeline.Counts{Read: 120, Delivered: 110, Dead: 6, Dropped: 4},
		Committed: pipeline.Counts{Read: 100, Delivered: 92, Dead: 5, Dropped: 3},
		CommittedTally: pipeline.Tally{
			Labels: []pipeline.LabelTally{{Name: "bug", Count: 60}, {Name: `"billing"`, Count: 30}}, Null: 2, NullReason: map[string]int64{"abstained": 1}, Tokens: 700, ConfidenceSum: 77.5,
		},
		Splits: []pipeline.SplitStatus{
			{ID: "tickets/0", Next: 60, High: 65, Lag: 5, Counted: true, Watermark: time.Now().Add(-time.Minute)},
			{ID: "tickets/1", Next: 60, High: 60, Counted: true, Watermark: time.Now().Add(-time.Hour)},
			{ID: "tickets/2", High: -1},
		},
		Commits: 9, Aborted: 1, LastCommit: time.Unix(1_700_000_000, 0), Drift: &pipeline.Drift{PSI: 0.12},
		Reloads: pipeline.Reloads{Done: 2, Refused: 1},
	}
	st.CommittedTally.Histogram[19] = 50
	st.CommittedTally.Histogram[9] = 40
	st.CommitTimes.Counts[4], st.CommitTimes.Sum = 9, 180*time.Millisecond
	st.ClassifyTimes.Counts[14], st.ClassifyTimes.Sum = 1, time.Minute
	return st
}

func get(t *testing.T, h http.Handler, path string) *http.Response {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w.Result()
}

// scrape parses /metrics as Prometheus does.
func scrape(t *testing.T, h http.Handler) map[string]*dto.MetricFamily {
	t.Helper()
	r := get(t, h, "/metrics")
	defer r.Body.Close()
	if r.StatusCode != http.StatusOK {
		t.Fatal(r.Status)
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return families
}

// value is a metric's, by the values of its labels in the order of their names.
func value(t *testing.T, families map[string]*dto.MetricFamily, name string, labels ...string) float64 {
	t.Helper()
	for _, m := range families[name].GetMetric() {
		var have []string
		for _, l := range m.GetLabel() {
			if l.GetName() != "pipeline" {
				have = append(have, l.GetValue())
			}
		}
		if strings.Join(have, "\n") != strings.Join(labels, "\n") {
			continue
		}
		switch {
		case m.Counter != nil:
			return m.Counter.GetValue()
		case m.Gauge != nil:
			return m.Gauge.GetValue()
		default:
			return m.Histogram.GetSampleSum()
		}
	}
	t.Errorf("there is no %s %v", name, labels)
	return math.NaN()
}

func somePlugins() []host.Status {
	words := host.Status{Plugin: "words", Kind: "classifier", Restarts: 2, InFlight: 4, Resident: 1 << 20, CPU: 3 * time.Second}
	words.Calls.Add(1500 * time.Millisecond)
	return []host.Status{words, {Plugin: "shelf", Kind: "sink", Rows: 900}}
}

func TestMetrics(t *testing.T) {
	families := scrape(t, Handler(Config{Name: "tickets", Version: "v1", Status: someStream, Plugins: somePlugins}))
	cases := []struct {
		name   string
		labels []string
		want   float64
	}{
		{"winnow_records_total", []string{"delivered"}, 92},
		{"winnow_records_total", []string{"dead"}, 5},
		{"winnow_records_total", []string{"dropped"}, 3},
		{"winnow_label_total", []string{"bug"}, 60},
		{"winnow_label_total", []string{`"billing"`}, 30},
		{"winnow_unlabelled_total", []string{"abstained"}, 1},
		{"winnow_unlabelled_total", []string{"below_threshold"}, 1},
		{"winnow_unlabelled_total", []string{"no_known_words"}, 0},
		{"winnow_tokens_total", nil, 700},
		{"winnow_confidence", nil, 77.5},
		{"winnow_lag_records", []string{"tickets/0"}, 5},
		{"winnow_lag_records", []string{"tickets/1"}, 0},
		{"winnow_watermark_age_seconds", []string{"tickets/1"}, 0},
		{"winnow_stalled_splits", nil, 0},
		{"winnow_commit_seconds", nil, 0.18},
		{"winnow_classify_seconds", nil, 60},
		{"winnow_epochs_total", []string{"committed"}, 9},
		{"winnow_epochs_total", []string{"aborted"}, 1},
		{"winnow_rejoins_total", nil, 2},
		{"winnow_bytes_in_flight", nil, 4096},
		{"winnow_drift", nil, 0.12},
		{"winnow_ready", nil, 1},
		{"winnow_phase", []string{"running"}, 1},
		{"winnow_generation", nil, 3},
		{"winnow_reload_total", []string{"done"}, 2},
		{"winnow_reload_total", []string{"refused"}, 1},
		{"winnow_last_commit_timestamp_seconds", nil, 1_700_000_000},
		{"winnow_plugin_restarts_total", []string{"classifier", "words"}, 2},
		{"winnow_plugin_calls_in_flight", []string{"classifier", "words"}, 4},
		{"winnow_plugin_rows_total", []string{"sink", "shelf"}, 900},
		{"winnow_plugin_call_seconds", []string{"classifier", "words"}, 1.5},
		{"winnow_plugin_resident_bytes", []string{"classifier", "words"}, 1 << 20},
		{"winnow_plugin_cpu_seconds_total", []string{"classifier", "words"}, 3},
	}
	for _, c := range cases {
		if got := value(t, families, c.name, c.labels...); got != c.want {
			t.Errorf("%s %v is %v, want %v", c.name, c.labels, got, c.want)
		}
	}
	if age := value(t, families, "winnow_watermark_age_seconds", "tickets/0"); age < 60 || age > 120 {
		t.Errorf("the watermark is %v s old", age)
	}
	if n := len(families["winnow_lag_records"].GetMetric()); n != 2 {
		t.Errorf("%d splits have a lag; that of one is unknown", n)
	}
	h := families["winnow_confidence"].GetMetric()[0].GetHistogram()
	if h.GetSampleCount() != 90 || h.GetBucket()[9].GetCumulativeCount() != 40 || h.GetBucket()[9].GetUpperBound() != 0.5 {
		t.Errorf("confidences %v", h)
	}
	for _, name := range []string{"winnow_build_info", "go_goroutines", "process_cpu_seconds_total"} {
		if families[name] == nil {
			t.Errorf("there is no %s", name)
		}
	}
}

func TestReadiness(t *testing.T) {
	cases := []struct {
		name   string
		change func(*pipeline.Status)
		want   string // codes
		says   string
	}{
		{"running", func(*pipeline.Status) {}, "", ""},
		{"starting", func(st *pipeline.Status) { st.Phase = pipeline.Starting }, "starting", "made ready"},
		{"joining", func(st *pipeline.Status) { st.Member = false }, "joining", "group"},
		{"a run is no member of anything", func(st *pipeline.Status) { st.Stream, st.Member = false, false }, "", ""},
		{"retrying", func(st *pipeline.Status) { st.Phase, st.LastError = pipeline.Retrying, "no broker answers" }, "retrying", "no broker answers"},
		{"draining", func(st *pipeline.Status) { st.Phase = pipeline.Draining }, "draining", "ends"},
		{"failed", func(st *pipeline.Status) { st.Phase = pipeline.Failed }, "ended", "failed"},
		{"stalled while it tries again", func(st *pipeline.Status) {
			st.Phase, st.StalledSince = pipeline.Retrying, time.Unix(1, 0)
			st.Stalled = []string{"t/0", "t/1", "t/2", "t/3", "t/4", "t/5", "t/6"}
		}, "retrying stalled", "t/4 and 2 more"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			st := someStream()
			c.change(&st)
			r := get(t, Handler(Config{Name: "tickets", Status: func() pipeline.Status { return st }}), "/readyz")
			defer r.Body.Close()
			var got Readiness
			if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
				t.Fatal(err)
			}
			var codes, messages []string
			for _, reason := range got.Reasons {
				codes, messages = append(codes, reason.Code), append(messages, reason.Message)
			}
			want := http.StatusServiceUnavailable
			if c.want == "" {
				want = http.StatusOK
			}
			if r.StatusCode != want || got.Ready != (c.want == "") || strings.Join(codes, " ") != c.want || !strings.Contains(strings.Join(messages, "\n"), c.says) {
				t.Errorf("%s: %+v", r.Status, got)
			}
		})
	}
}

func TestPages(t *testing.T) {
	l, err := Listen(t.Context(), "127.0.0.1:0", false)
	if err != nil {
		t.Fatal(err)
	}
	s := Serve(l, Config{Name: "tickets", Status: someStream})
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	url := "http://" + l.Addr().String()
	cases := []struct {
		method, path, host string
		status             int
		body               string
	}{
		{"GET", "/healthz", "", 200, "ok"},
		{"GET", "/", "", 200, "/metrics"},
		{"GET", "/status", "localhost", 200, `"rejoins":2`},
		{"HEAD", "/status", "", 200, ""},
		{"GET", "/nothing", "", 404, ""},
		{"POST", "/status", "", 405, ""},
		{"GET", "/status", "evil.example", 421, "localhost"},
		{"GET", "/status", "[::1]:9180", 200, `"name":"tickets"`},
	}
	for _, c := range cases {
		req, err := http.NewRequestWithContext(t.Context(), c.method, url+c.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = c.host
		r, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(r.Body)
		r.Body.Close()
		if r.StatusCode != c.status || !strings.Contains(string(body), c.body) {
			t.Errorf("%s %s at %q: %s\n%s", c.method, c.path, c.host, r.Status, body)
		}
		if r.Header.Get("X-Content-Type-Options") != "nosniff" || r.Header.Get("Cache-Control") != "no-store" || r.Header.Get("Content-Security-Policy") == "" {
			t.Errorf("%s: headers %v", c.path, r.Header)
		}
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if r, err := client.Get(url + "/healthz"); err == nil {
		_ = r.Body.Close()
		t.Error("it answers after it was closed")
	}
}

func TestListen(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	dir := t.TempDir()
	plain, stale, open := filepath.Join(dir, "file"), filepath.Join(dir, "stale"), filepath.Join(dir, "open")
	if err := os.WriteFile(plain, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	left, err := net.ListenUnix("unix", &net.UnixAddr{Name: stale})
	if err != nil {
		t.Fatal(err)
	}
	left.SetUnlinkOnClose(false)
	left.Close()
	held, err := net.Listen("unix", open)
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	cases := []struct {
		address  string
		insecure bool
		code     *fault.Code
	}{
		{"127.0.0.1:0", false, nil},
		{"localhost:0", false, nil},
		{":0", false, fault.ListenOpen},
		{"0.0.0.0:0", false, fault.ListenOpen},
		{"example.org:9180", false, fault.ListenOpen},
		{"0.0.0.0:0", true, nil},
		{"9180", false, fault.ListenAddress},
		{"127.0.0.1:many", false, fault.ListenAddress},
		{taken.Addr().String(), false, fault.ListenInUse},
		{"unix:" + plain, false, fault.ListenAddress},
		{"unix:" + filepath.Join(dir, "no", "folder"), false, fault.ListenAddress},
		{"unix:" + open, false, fault.ListenInUse},
		{"unix:" + stale, false, nil},
		{"unix:" + filepath.Join(dir, "new"), false, nil},
	}
	for _, c := range cases {
		l, err := Listen(t.Context(), c.address, c.insecure)
		if err == nil {
			if path, ok := strings.CutPrefix(c.address, "unix:"); ok {
				if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
					t.Errorf("%s: %v %v", c.address, info.Mode(), err)
				}
			}
			l.Close()
		}
		if (err == nil) != (c.code == nil) || err != nil && !fault.Is(err, c.code) {
			t.Errorf("%s: %v", c.address, err)
		}
	}
	mask := syscall.Umask(0)
	syscall.Umask(mask)
	if mask == 0o177 {
		t.Error("the mask of the process has changed")
	}
}
