//go:build integration

package stream

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/winnow-stream/winnow/test/broker"
)

var soak = flag.Duration("soak", 0, "how long TestSoak runs at -rate")

// TestSoak runs one process for long and holds that it takes no more memory and no more goroutines in the last third of
// the time than in the second, and that it has done everything at the end. Topics keep a little of what went through.
func TestSoak(t *testing.T) {
	if *soak == 0 {
		t.Skip("`make soak-kafka` runs it")
	}
	s := newScene(t, broker.Start(t, broker.ForLoad), toKafka{}, "")
	small, segment, sweep := "268435456", "67108864", "10000"
	_, err := s.adm.AlterTopicConfigs(t.Context(), []kadm.AlterConfig{
		{Name: "retention.bytes", Value: &small}, {Name: "segment.bytes", Value: &segment}, {Name: "file.delete.delay.ms", Value: &sweep},
	}, s.topic("in"), s.topic("out"))
	s.must(err)
	const listen = "127.0.0.1:19181"
	p := s.run("--listen", listen)
	s.feed.begin(*rate)
	var memory, goroutines []float64
	for begun := time.Now(); time.Since(begun) < *soak; time.Sleep(5 * time.Second) {
		p.alive()
		memory = append(memory, float64(p.resident())/(1<<20))
		if g, ok := s.metric(listen, "go_goroutines"); ok {
			goroutines = append(goroutines, g)
		}
	}
	n := s.feed.end()
	s.drained(time.Minute)
	var status struct {
		Counts struct{ Read, Delivered, Dead int64 }
	}
	s.must(json.Unmarshal(s.get("http://"+listen+"/status"), &status))
	p.end()
	thirds := func(v []float64) (second, last float64) {
		k := len(v) / 3
		return median(v[k : 2*k]), median(v[2*k:])
	}
	m2, m3 := thirds(memory)
	g2, g3 := thirds(goroutines)
	t.Logf("%d records in %v: %.0f MiB in the second third, %.0f in the last (least %.0f, most %.0f); %.0f and %.0f goroutines; %+v",
		n, *soak, m2, m3, slices.Min(memory), slices.Max(memory), g2, g3, status.Counts)
	if m3 > 1.05*m2 {
		t.Errorf("memory grew by %.1f %%", 100*(m3/m2-1))
	}
	if g3 > g2+2 {
		t.Errorf("goroutines grew from %.0f to %.0f", g2, g3)
	}
	if c := status.Counts; c.Read != n || c.Delivered+c.Dead != n {
		t.Errorf("%d produced, %+v", n, c)
	}
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}

// resident is the process's resident set, in bytes.
func (p *process) resident() int64 {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", p.cmd.Process.Pid))
	p.s.must(err)
	pages, err := strconv.ParseInt(strings.Fields(string(data))[1], 10, 64)
	p.s.must(err)
	return pages * int64(os.Getpagesize())
}

// metric reads a metric without labels.
func (s *scene) metric(listen, name string) (float64, bool) {
	for line := range strings.Lines(string(s.get("http://" + listen + "/metrics"))) {
		if rest, ok := strings.CutPrefix(line, name+" "); ok {
			v, err := strconv.ParseFloat(strings.TrimSpace(rest), 64)
			return v, err == nil
		}
	}
	return 0, false
}

func (s *scene) get(url string) []byte {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, url, nil)
	s.must(err)
	r, err := http.DefaultClient.Do(req)
	if err != nil { // it is starting
		return nil
	}
	defer r.Body.Close()
	data, err := io.ReadAll(r.Body)
	s.must(err)
	return data
}
