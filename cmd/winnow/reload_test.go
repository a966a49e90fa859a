package main

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/wire"
	"github.com/winnow-stream/winnow/pipeline"
)

// quiet is a stream without records.
type quiet struct{}

func (quiet) Layout(context.Context) (*pipeline.Layout, error) {
	schema := arrow.NewSchema([]arrow.Field{{Name: "text", Type: arrow.BinaryTypes.String}, {Name: "lang", Type: arrow.BinaryTypes.String}}, nil)
	return &pipeline.Layout{Format: "json", Schema: schema, Open: true, Raw: pipeline.RawJSON, Replayable: true}, nil
}
func (quiet) Splits(context.Context) ([]*pipeline.Split, error) { return nil, nil }
func (quiet) Open(context.Context, *pipeline.Split, pipeline.Position, pipeline.Projection) (pipeline.Reader, error) {
	return nil, io.EOF
}

func (quiet) Decode(context.Context, *pipeline.Batch, pipeline.Projection) error { return nil }
func (quiet) Join(context.Context, pipeline.JoinOptions) (pipeline.Stream, error) {
	return quiet{}, nil
}

func (quiet) Guarantee() (pipeline.Guarantee, string) { return pipeline.ExactlyOnce, "nothing comes" }

func (quiet) Commit(context.Context, *pipeline.Epoch) (committed bool, err error) { return true, nil }
func (quiet) Held() []pipeline.Holding                                            { return nil }
func (quiet) Close() error                                                        { return nil }
func (quiet) Next(ctx context.Context) (*pipeline.Batch, error)                   { <-ctx.Done(); return nil, ctx.Err() }

// nowhere is a sink.
type nowhere struct{}

func (nowhere) Need(*pipeline.Layout) pipeline.Need                      { return pipeline.Need{} }
func (nowhere) Open(context.Context, pipeline.SinkOpen) error            { return nil }
func (nowhere) Write(context.Context, *pipeline.Batch) error             { return nil }
func (nowhere) Prepare(context.Context, int64) (pipeline.Receipt, error) { return nil, nil }
func (nowhere) Commit(context.Context, pipeline.Receipt) error           { return nil }
func (nowhere) Abort(context.Context) error                              { return nil }
func (nowhere) Close() error                                             { return nil }

const tickets = `name: tickets
source: {file: {path: in.jsonl}}
where: lang == "en"
classify: {labels: [bug, billing]}
sinks: {default: {file: {path: out.jsonl}}, bugs: {file: {path: bugs.jsonl}}}
route: [{when: label == "bug", to: bugs}]
`

// write replaces a spec as an editor does.
func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path+".new", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

// The spec's file is reloaded when it changes and on a signal; a wrong one changes nothing.
func TestReloader(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tickets.yaml")
	write(t, path, tickets)
	m := &Main{Stderr: io.Discard, Log: zerolog.Nop(), quiet: true}
	args := specArgs{Spec: path}
	s, err := args.load(m)
	if err != nil {
		t.Fatal(err)
	}
	parts, err := wire.Change(s, s, wire.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := pipeline.New(pipeline.Config{
		Name: s.Name, Source: quiet{}, Stages: parts.Stages, Classifier: parts.Classifier, Router: parts.Router,
		Sinks: []pipeline.NamedSink{{Name: "default", Sink: nowhere{}}, {Name: "bugs", Sink: nowhere{}}}, Log: m.Log,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = p.Run(ctx)
	}()
	until := func(what string, met func(st *pipeline.Status) bool) {
		t.Helper()
		for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
			st := p.Status()
			if met(&st) {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("%s did not come: generation %d, %+v", what, st.Generation, st.Reloads)
			}
		}
	}
	until("the stream", func(st *pipeline.Status) bool { return st.Member })
	r := newReloader(args, true, s, p, wire.Options{})
	reloads := make(chan struct{})
	go func() {
		defer close(reloads)
		r.run(ctx, m)
	}()
	r.ask()
	until("the signal", func(st *pipeline.Status) bool { return st.Generation == 2 })
	changed := strings.NewReplacer("[bug, billing]", "[bug, billing, praise]", `"en"`, `"de"`).Replace(tickets)
	write(t, path, changed)
	until("the change", func(st *pipeline.Status) bool { return st.Generation == 3 && st.Reloads.Done == 2 })
	for _, c := range []struct{ name, from, to, says string }{
		{"a label that routes name", "bug, billing", "billing", "bug"},
		{"another source", "in.jsonl", "other.jsonl", "changed: source"},
		{"another sink and memory", "bugs.jsonl}}}", "b.jsonl}}}\nmemory: 1GiB\nworkers: 1", "changed: sinks, memory, workers"},
		{"another prefix", "praise]", "praise], prefix: x_", "changed: classify.prefix"},
		{"what is no YAML", "name:", "name: [", "config.yaml"},
		{"no classifier", "classify: {labels: [bug, billing, praise]}", "", ""},
	} {
		before := p.Status().Reloads.Refused
		write(t, path, strings.Replace(changed, c.from, c.to, 1))
		r.ask()
		until(c.name, func(st *pipeline.Status) bool { return st.Reloads.Refused > before })
		if st := p.Status(); !strings.Contains(st.Reloads.Error, c.says) || st.Generation != 3 {
			t.Errorf("%s: generation %d, %s", c.name, st.Generation, st.Reloads.Error)
		}
	}
	write(t, path, tickets)
	r.ask()
	until("the old spec", func(st *pipeline.Status) bool { return st.Generation == 4 && st.Reloads.Error == "" })
	cancel()
	<-done
	<-reloads
}

// An alias that is moved is followed as a changed spec is.
func TestReloaderFollowsAnAlias(t *testing.T) {
	t.Setenv("WINNOW_HOME", t.TempDir())
	path := filepath.Join(t.TempDir(), "tickets.yaml")
	write(t, path, strings.Replace(tickets, "labels: [bug, billing]", "classifier: support@production", 1))
	command := func(args ...string) {
		t.Helper()
		var out strings.Builder
		m := &Main{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out, Signals: make(chan os.Signal, 1)}
		if status := m.Run(append([]string{"classifiers"}, args...)); status != 0 {
			t.Fatalf("%v: %s", args, &out)
		}
	}
	command("save", "support", "--labels", "bug,billing")
	command("save", "support", "--labels", "bug,praise")
	command("save", "support", "--labels", "praise,billing")
	command("alias", "support@v1", "production")
	m := &Main{Stderr: io.Discard, Log: zerolog.Nop(), quiet: true}
	args := specArgs{Spec: path}
	s, err := args.load(m)
	if err != nil {
		t.Fatal(err)
	}
	pinned, err := wire.Pin(s)
	if err != nil {
		t.Fatal(err)
	}
	parts, err := wire.Change(pinned, pinned, wire.Options{Log: m.Log})
	if err != nil {
		t.Fatal(err)
	}
	p, err := pipeline.New(pipeline.Config{
		Name: s.Name, Source: quiet{}, Stages: parts.Stages, Classifier: parts.Classifier, Router: parts.Router,
		Resolved: map[string]string{"support@production": "support@v1 sha256:0"},
		Sinks:    []pipeline.NamedSink{{Name: "default", Sink: nowhere{}}, {Name: "bugs", Sink: nowhere{}}}, Log: m.Log,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done, reloads := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		_, _ = p.Run(ctx)
	}()
	until := func(what string, met func(st *pipeline.Status) bool) {
		t.Helper()
		for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
			st := p.Status()
			if met(&st) {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("%s did not come: generation %d, %+v", what, st.Generation, st.Reloads)
			}
		}
	}
	until("the stream", func(st *pipeline.Status) bool { return st.Member })
	r := newReloader(args, true, s, p, wire.Options{})
	go func() {
		defer close(reloads)
		r.run(ctx, m)
	}()
	command("alias", "support@v2", "production")
	until("the move", func(st *pipeline.Status) bool { return st.Generation == 2 })
	command("alias", "support@v3", "production") // it has no label that a route names
	until("the refusal", func(st *pipeline.Status) bool { return st.Reloads.Refused == 1 })
	command("alias", "support@v1", "production")
	until("the move back", func(st *pipeline.Status) bool { return st.Generation == 3 && st.Reloads.Refused == 1 })
	r.ask()
	until("the signal", func(st *pipeline.Status) bool { return st.Generation == 4 })
	cancel()
	<-done
	<-reloads
}

// TestOperations looks at a run from outside while it runs: by HTTP, by status and by tap.
func TestOperations(t *testing.T) {
	in, out := records(t, 2_000_000)
	dir := filepath.Dir(in)
	path, socket := filepath.Join(dir, "tickets.yaml"), filepath.Join(dir, "ops.sock")
	write(t, path, "source: {file: {path: "+in+"}}\nclassify: {labels: [sport, finance]}\nsinks: {default: {file: {path: "+out+"}}}\n")
	m, stderr, status := start(t, "run", path, "--listen", "unix:"+socket, "--state", filepath.Join(dir, "state"), "--parallel", "1")
	waitFor(t, out+".part")
	var body string
	for deadline := time.Now().Add(20 * time.Second); !strings.Contains(body, `"ready":true`); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it is not ready: %s", body)
		}
		body = overUnix(t, socket, "/readyz")
	}
	if body := overUnix(t, socket, "/metrics"); !strings.Contains(body, `winnow_records_total{outcome="delivered",pipeline="tickets"}`) {
		t.Errorf("metrics:\n%s", body)
	}
	command := func(want int, args ...string) (stdout, stderr string) {
		t.Helper()
		var o, e strings.Builder
		other := &Main{Stdin: strings.NewReader(""), Stdout: &o, Stderr: &e, Signals: make(chan os.Signal, 1)}
		if code := other.Run(args); code != want {
			t.Errorf("%v: exit status %d, want %d\n%s", args, code, want, &e)
		}
		return o.String(), e.String()
	}
	sample, _ := command(0, "tap", "tickets", "--json", "--limit", "2", "--rate", "100", "--label", "sport")
	lines := strings.Split(strings.TrimSpace(sample), "\n")
	var first pipeline.Sample
	if err := json.Unmarshal([]byte(lines[0]), &first); err != nil || len(lines) != 2 || first.Label != "sport" || first.Sink != "default" ||
		first.Text != "the team won the match" {
		t.Errorf("%v\n%s", err, sample)
	}
	if drawn, _ := command(0, "tap", "tickets", "--limit", "1"); !strings.Contains(drawn, "in.jsonl:") || !strings.Contains(drawn, "the team") {
		t.Errorf("drawn as %q", drawn)
	}
	for _, c := range []struct {
		status int
		args   []string
		says   string
	}{
		{2, []string{"tap", "tickets", "--label", "sprot"}, `did you mean "sport"?`},
		{2, []string{"tap", "tickets", "--rate", "0"}, "--rate"},
		{3, []string{"tap", "other"}, "run.not_running"},
		{3, []string{"tap", "tickets", "--pid", "1"}, "the process 1 does not run"},
		{3, []string{"run", path, "--listen", "unix:" + socket, "--state", filepath.Join(dir, "other")}, "listen.in_use"},
		{2, []string{"run", path, "--listen", "0.0.0.0:0", "--state", filepath.Join(dir, "other")}, "--insecure"},
		{2, []string{"run", path, "--watch", "--state", filepath.Join(dir, "other")}, "--watch is for streams"},
		{2, []string{"run", "-", "--watch"}, "needs a file"},
	} {
		if _, told := command(c.status, c.args...); !strings.Contains(told, c.says) {
			t.Errorf("%v: %s", c.args, told)
		}
	}
	if told, _ := command(0, "status", "tickets", "--json"); !strings.Contains(told, `{"pid":`) {
		t.Errorf("status: %s", told)
	}
	m.Signals <- os.Interrupt
	if got := ended(t, status); got != 130 {
		t.Errorf("exit status %d\n%s", got, stderr)
	}
	if _, err := os.Stat(socket); err == nil {
		t.Error("the socket is still there")
	}
}
