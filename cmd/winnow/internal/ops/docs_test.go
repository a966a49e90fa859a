package ops

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// docs is the folder of what operators load into their tools.
const docs = "../../../../docs/operations"

var (
	metricName = regexp.MustCompile(`\b(?:winnow|go|process)_[a-z_]+`)
	selector   = regexp.MustCompile(`\b(winnow_[a-z_]+)\{([^}]*)\}`)
	matcher    = regexp.MustCompile(`([a-z_]+)(?:=|!=|=~|!~)"([^"]*)"`)
	grouping   = regexp.MustCompile(`(?:by|on) \(([a-z, ]*)\)`)
)

// queries are the PromQL expressions of alerts and dashboard, by a name.
func queries(t *testing.T) map[string]string {
	t.Helper()
	found := make(map[string]string)
	var alerts struct {
		Groups []struct {
			Rules []struct {
				Alert, Expr string
				Annotations map[string]string
			}
		}
	}
	read(t, "alerts.yaml", func(data []byte) error { return yaml.Unmarshal(data, &alerts) })
	for _, g := range alerts.Groups {
		for _, r := range g.Rules {
			found["alert "+r.Alert] = r.Expr
			if r.Annotations["summary"] == "" || r.Annotations["action"] == "" {
				t.Errorf("%s does not say what it means and what to do", r.Alert)
			}
		}
	}
	var board struct {
		Templating struct {
			List []struct{ Query any }
		}
		Panels []struct {
			Title   string
			Targets []struct{ Expr, RefID string }
		}
	}
	read(t, "dashboard.json", func(data []byte) error { return json.Unmarshal(data, &board) })
	for _, p := range board.Panels {
		for _, target := range p.Targets {
			found["panel "+p.Title+" "+target.RefID] = target.Expr
		}
	}
	for _, v := range board.Templating.List {
		if q, ok := v.Query.(map[string]any); ok {
			found["variable"] = q["query"].(string)
		}
	}
	if len(found) < 20 {
		t.Errorf("%d queries", len(found))
	}
	return found
}

func read(t *testing.T, name string, parse func([]byte) error) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(docs, name))
	if err != nil {
		t.Fatal(err)
	}
	if err := parse(data); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// TestDocsQueryWhatExists holds alert rules and dashboard to the metrics that there are, with their labels.
func TestDocsQueryWhatExists(t *testing.T) {
	labels := make(map[string][]string) // by metric
	outcomes := make(map[string]bool)
	ended, registry := JobMetrics(), Registry("v1")
	ended.WithLabelValues("completed").Observe(1)
	registry.MustRegister(ended)
	families := scrape(t, Handler(Config{Name: "tickets", Version: "v1", Status: someStream}))
	maps.Copy(families, scrape(t, promhttp.HandlerFor(registry, promhttp.HandlerOpts{})))
	for name, family := range families {
		for _, m := range family.GetMetric() {
			for _, l := range m.GetLabel() {
				labels[name] = append(labels[name], l.GetName())
				outcomes[name+" "+l.GetName()+" "+l.GetValue()] = true
			}
		}
		if labels[name] == nil {
			labels[name] = []string{}
		}
		if family.GetMetric()[0].Histogram != nil {
			labels[name+"_bucket"] = append(slices.Clone(labels[name]), "le")
		}
	}
	ours := []string{"job", "instance"} // what Prometheus adds
	for where, expr := range queries(t) {
		used := ours
		for _, name := range metricName.FindAllString(expr, -1) {
			if labels[name] == nil {
				t.Errorf("%s: there is no metric %s", where, name)
			}
			used = append(used[:len(used):len(used)], labels[name]...)
		}
		for _, s := range selector.FindAllStringSubmatch(expr, -1) {
			for _, m := range matcher.FindAllStringSubmatch(s[2], -1) {
				if !slices.Contains(append(labels[s[1]], ours...), m[1]) {
					t.Errorf("%s: %s has no label %s", where, s[1], m[1])
				}
				if m[1] == "outcome" && !outcomes[s[1]+" outcome "+m[2]] {
					t.Errorf("%s: %s has no outcome %s", where, s[1], m[2])
				}
			}
		}
		for _, g := range grouping.FindAllStringSubmatch(expr, -1) {
			for l := range strings.SplitSeq(g[1], ", ") {
				if !slices.Contains(used, l) {
					t.Errorf("%s: no metric of %s has a label %s", where, expr, l)
				}
			}
		}
	}
}
