package wire

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/catalog"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// emptyCatalog makes an empty catalog the user's.
func emptyCatalog(t *testing.T) *catalog.Catalog {
	t.Helper()
	t.Setenv("WINNOW_HOME", t.TempDir())
	c, err := Catalog()
	must(t, err)
	return c
}

func save(t *testing.T, c *catalog.Catalog, name string, k *spec.Classify) catalog.Saved {
	t.Helper()
	d, err := Draft(k, nil)
	must(t, err)
	d.Name = name
	s, err := c.Save(context.Background(), d)
	must(t, err)
	return s
}

func TestHome(t *testing.T) {
	cases := []struct {
		env    map[string]string
		system string
		want   string
	}{
		{map[string]string{"WINNOW_HOME": "/w", "XDG_DATA_HOME": "/x", "HOME": "/h"}, "linux", "/w"},
		{map[string]string{"XDG_DATA_HOME": "/x", "HOME": "/h"}, "linux", "/x/winnow"},
		{map[string]string{"XDG_DATA_HOME": "x", "HOME": "/h"}, "linux", "/h/.local/share/winnow"},
		{map[string]string{"HOME": "/h"}, "darwin", "/h/Library/Application Support/winnow"},
		{nil, "linux", ""},
	}
	for _, tt := range cases {
		got, err := home(func(name string) (string, bool) { v, ok := tt.env[name]; return v, ok }, tt.system)
		if got != tt.want || (err != nil) != (tt.want == "") {
			t.Errorf("%v on %s: %q, %v", tt.env, tt.system, got, err)
		}
	}
}

// TestSavedAnswersAlike compares what is saved with what it was saved of, on the embedded model and on another.
func TestSavedAnswersAlike(t *testing.T) {
	c := emptyCatalog(t)
	for name, k := range map[string]*spec.Classify{
		"plain":       {Labels: labels},
		"few-shot":    {Labels: classify.LabelSet{{Name: "sport", Examples: []string{"the team won"}}, {Name: "finance", Description: "money"}}},
		"multi":       {Labels: labels, Mode: classify.Multi},
		"options":     {Labels: labels, TopK: 2, Abstain: 0.6, Temperature: 0.2},
		"other-model": {Labels: labels, Model: filepath.Join("..", "..", "..", "..", "classify", "static", "table")},
	} {
		t.Run(name, func(t *testing.T) {
			s := save(t, c, name, k)
			want, err := new(maker).classifier(k)
			must(t, err)
			got, err := new(maker).classifier(&spec.Classify{Classifier: name})
			must(t, err)
			if got.Info().Version != name+"@v1" || s.Backend.Fingerprint != want.Info().Version || got.Info().Mode != want.Info().Mode {
				t.Errorf("%+v, saved of %+v", got.Info(), want.Info())
			}
			in := write(t, t.TempDir(), "in.jsonl", `{"text":"the team won"}`+"\n"+`{"text":"interest rates rose"}`+"\n")
			a, _ := run(t, &Simple{Inputs: []string{in}, Classifier: name})
			b, _ := run(t, &Simple{
				Inputs: []string{in}, Labels: k.Labels, Mode: string(k.Mode), TopK: k.TopK, Abstain: k.Abstain,
			})
			for i := range a {
				if k.Temperature == 0 && (a[i].Record["label"] != b[i].Record["label"] || a[i].Record["confidence"] != b[i].Record["confidence"]) {
					t.Errorf("saved %v, not saved %v", a[i].Record, b[i].Record)
				}
			}
			if again := save(t, c, name, k); !again.Existed {
				t.Errorf("saved again as %s", again.Ref())
			}
		})
	}
}

// TestAnotherAnswer refuses a version that this build would not answer like the one that saved it.
func TestAnotherAnswer(t *testing.T) {
	c := emptyCatalog(t)
	save := func(name string, change func(d *catalog.Draft)) {
		t.Helper()
		d, err := Draft(&spec.Classify{Labels: labels}, nil)
		must(t, err)
		d.Name, d.Origin.Winnow = name, "9.9"
		change(&d)
		_, err = c.Save(context.Background(), d)
		must(t, err)
	}
	save("model", func(d *catalog.Draft) { d.Backend.Fingerprint = "static-000000000000" })
	save("format", func(d *catalog.Draft) { d.Backend.Format = 2 })
	save("backend", func(d *catalog.Draft) { d.Backend.Name = "linear/none" })
	for name, want := range map[string]struct {
		code *fault.Code
		text string
	}{
		"model":   {fault.ClassifierNewer, "model@v1 was saved by winnow 9.9, whose backend static answers differently"},
		"format":  {fault.ClassifierNewer, "format 2 of the backend static"},
		"backend": {fault.BackendUnknown, "linear/none"},
	} {
		_, err := new(maker).classifier(&spec.Classify{Classifier: name})
		if !fault.Is(err, want.code) || !strings.Contains(err.Error(), want.text) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOptionsOverSavedOnes(t *testing.T) {
	c := emptyCatalog(t)
	save(t, c, "single", &spec.Classify{Labels: labels, Abstain: 0.9})
	save(t, c, "multi", &spec.Classify{Labels: labels, Mode: classify.Multi})
	low, half := 0.1, 0.5
	for _, tt := range []struct {
		name string
		k    spec.Classify
		want *fault.Code
	}{
		{"abstain", spec.Classify{Classifier: "single", Abstain: 0.1}, nil},
		{"top_k", spec.Classify{Classifier: "single", TopK: 2}, nil},
		{"the same mode", spec.Classify{Classifier: "single", Mode: classify.Single, Backend: "static"}, nil},
		{"threshold", spec.Classify{Classifier: "multi", Threshold: &low}, nil},
		{"threshold in single mode", spec.Classify{Classifier: "single", Threshold: &half}, fault.ThresholdMode},
		{"top_k of too many", spec.Classify{Classifier: "single", TopK: 3}, fault.TopKRange},
		{"mode", spec.Classify{Classifier: "single", Mode: classify.Multi}, fault.ClassifierOption},
		{"model", spec.Classify{Classifier: "single", Model: "x"}, fault.ClassifierOption},
		{"backend", spec.Classify{Classifier: "single", Backend: "encoder"}, fault.ClassifierOption},
		{"temperature", spec.Classify{Classifier: "single", Temperature: 1}, fault.ClassifierOption},
	} {
		k, err := new(maker).classifier(&tt.k)
		switch {
		case tt.want != nil:
			if !fault.Is(err, tt.want) {
				t.Errorf("%s: %v", tt.name, err)
			}
		case err != nil:
			t.Errorf("%s: %v", tt.name, err)
		case k.(pipeline.Lists).Lists() != (tt.k.TopK > 0 || tt.k.Classifier == "multi"):
			t.Errorf("%s: lists %v", tt.name, k.(pipeline.Lists).Lists())
		}
	}
	m := &catalog.Manifest{Name: "x", Number: 1, Labels: labels}
	if _, err := changed(m, &spec.Classify{Abstain: 0.3}, nil); !fault.Is(err, fault.ClassifierOption) {
		t.Errorf("a backend that lets nothing be changed: %v", err)
	}
}

func TestRefineSaved(t *testing.T) {
	c := emptyCatalog(t)
	save(t, c, "x", &spec.Classify{Labels: labels, TopK: 2})
	in := write(t, t.TempDir(), "in.jsonl", strings.Repeat(`{"text":"the team won"}`+"\n"+`{"text":"interest rates rose"}`+"\n", 20))
	got, _ := run(t, &Simple{Inputs: []string{in}, Classifier: "x", Refine: true})
	if v := fmt.Sprint(got[0].Record["classifier"]); !strings.HasPrefix(v, "x@v1+static-") || got[0].Record["labels"] == nil {
		t.Errorf("%v", got[0].Record)
	}
}

// TestContinuedRun interrupts a run by an alias, which is moved then: the run goes on with the version it began with.
func TestContinuedRun(t *testing.T) {
	ctx := context.Background()
	c := emptyCatalog(t)
	save(t, c, "x", &spec.Classify{Labels: labels})
	save(t, c, "x", &spec.Classify{Labels: classify.LabelSet{{Name: "sport"}, {Name: "finance"}, {Name: "other"}}})
	move := func(number int) {
		t.Helper()
		_, err := c.SetAlias(ctx, "production", catalog.Reference{Name: "x", Number: number})
		must(t, err)
	}
	move(1)
	dir := t.TempDir()
	in := write(t, dir, "in.jsonl", strings.Repeat(`{"text":"the team won the match"}`+"\n", 300_000))
	out, state := filepath.Join(dir, "out.jsonl"), filepath.Join(dir, "state")
	build := func(reference string) (*pipeline.Pipeline, error) {
		s, err := (&Simple{Inputs: []string{in}, Output: out, Classifier: reference}).Spec()
		must(t, err)
		s.Batch.Rows = 1000
		return Build(s, Options{State: state, Workers: 1})
	}
	p, err := build("x@production")
	must(t, err)
	if got := p.Resolved()["x@production"]; !strings.HasPrefix(got, "x@v1 sha256:") {
		t.Errorf("resolved as %q", got)
	}
	ended := make(chan error)
	go func() {
		_, err := p.Run(ctx)
		ended <- err
	}()
	for st := p.Status(); st.Counts.Read == 0 && st.Phase != pipeline.Completed; st = p.Status() {
		time.Sleep(100 * time.Microsecond)
	}
	p.Drain()
	if err := <-ended; !fault.Is(err, fault.RunInterrupted) {
		t.Fatalf("the run was not interrupted: %v", err)
	}
	move(2)

	if p, err = build("x@v2"); err == nil {
		_, err = p.Run(ctx)
	}
	if !fault.Is(err, fault.StateForeign) {
		t.Errorf("continued with another version: %v", err)
	}
	p, err = build("x@production")
	must(t, err)
	sum, err := p.Run(ctx)
	must(t, err)
	if !sum.Resumed || !strings.Contains(strings.Join(sum.Plan.Notes, "\n"), "the classifier x@production is x@v1, as when the run began") {
		t.Errorf("resumed %v, notes %q", sum.Resumed, sum.Plan.Notes)
	}
	data, err := os.ReadFile(out)
	must(t, err)
	if n := strings.Count(string(data), `"classifier":"x@v1"`); n != 300_000 {
		t.Errorf("%d of 300,000 rows are labelled by x@v1", n)
	}

	// Another catalog's x@v1 is not the run's.
	other := emptyCatalog(t)
	save(t, other, "x", &spec.Classify{Labels: classify.LabelSet{{Name: "a"}, {Name: "b"}}})
	_, err = other.SetAlias(ctx, "production", catalog.Reference{Name: "x"})
	must(t, err)
	_, err = build("x@production")
	if !fault.Is(err, fault.ClassifierVersion) || !strings.Contains(err.Error(), "the run began with x@v1 (sha256:") {
		t.Errorf("continued with another catalog: %v", err)
	}
}

// TestReloadSaved reloads a stream whose alias was moved.
func TestReloadSaved(t *testing.T) {
	ctx := context.Background()
	c := emptyCatalog(t)
	save(t, c, "x", &spec.Classify{Labels: labels})
	save(t, c, "x", &spec.Classify{Labels: classify.LabelSet{{Name: "sport"}, {Name: "other"}}})
	_, err := c.SetAlias(ctx, "production", catalog.Reference{Name: "x", Number: 1})
	must(t, err)
	const text = `source: {kafka: {brokers: [localhost:9092], topics: [in], group: g}}
classify: {classifier: x@production}
sinks: {default: {kafka: {topic: %s}}, other: {kafka: {topic: other}}}
route: [{when: label == "sport", to: other}]
dead_letters: {kafka: {topic: dead}}
`
	for topic, says := range map[string]string{"out": "", "'out.{{label}}'": `the label "other" is new`} {
		named, err := spec.Parse("x.yaml", fmt.Appendf(nil, text, topic), Kinds(), func(string) (string, bool) { return "", false })
		must(t, err)
		_, err = c.SetAlias(ctx, "production", catalog.Reference{Name: "x", Number: 1})
		must(t, err)
		running, err := Pin(named)
		must(t, err)
		_, err = c.SetAlias(ctx, "production", catalog.Reference{Name: "x", Number: 2})
		must(t, err)
		if a, b := Version(running), Version(named); a != "x@v1" || b != "x@v2" {
			t.Errorf("running %s, now %s", a, b)
		}
		next, err := Pin(named)
		must(t, err)
		change, err := Change(running, next, Options{})
		switch {
		case says != "":
			if !fault.Is(err, fault.ReloadRefused) || !strings.Contains(err.Error(), says) {
				t.Errorf("%s: %v", topic, err)
			}
		case err != nil || change.Classifier.Info().Version != "x@v2":
			t.Errorf("%s: %v, %v", topic, change.Classifier, err)
		}
	}
	if v := Version(&spec.Spec{}); v != "" {
		t.Errorf("a spec without a classifier has %q", v)
	}
}
