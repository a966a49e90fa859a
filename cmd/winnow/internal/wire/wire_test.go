package wire

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/connectors/file"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

var labels = classify.LabelSet{{Name: "sport"}, {Name: "finance"}}

// run builds and runs what the flags describe, and returns the outcomes by sink.
func run(t *testing.T, in *Simple) ([]Outcome, *pipeline.Summary) {
	t.Helper()
	s, err := in.Spec()
	if err != nil {
		t.Fatal(err)
	}
	var got []Outcome
	p, err := Build(s, Options{Capture: func(o Outcome) { got = append(got, o) }})
	if err != nil {
		t.Fatal(err)
	}
	sum, err := p.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return got, sum
}

func TestSeveralInputsAreReadInTheirOrder(t *testing.T) {
	dir := t.TempDir()
	b := write(t, dir, "b.jsonl", `{"id":1,"text":"x"}`+"\n"+`{"id":2,"text":"x"}`+"\n")
	a := write(t, dir, "a.jsonl", `{"id":"three","text":"x","more":[1]}`+"\n")
	got, sum := run(t, &Simple{Inputs: []string{b, a, b}, Labels: labels})
	var ids []string
	for _, o := range got {
		ids = append(ids, text(o.Record["id"]))
	}
	if diff := cmp.Diff([]string{"1", "2", `"three"`}, ids); diff != "" {
		t.Errorf("ids (-want +got):\n%s", diff)
	}
	if sum.Counts.Read != 3 {
		t.Errorf("a file named twice is read twice: %+v", sum.Counts)
	}
}

func TestInputsThatDontAgree(t *testing.T) {
	dir := t.TempDir()
	comma := write(t, dir, "comma.csv", "text,n\nx,1\n")
	cases := map[string]string{
		write(t, dir, "semicolon.csv", "text;n\nx;1\n"): "its delimiter or line end",
		write(t, dir, "columns.csv", "text,m\nx,1\n"):   "its columns are not those",
		write(t, dir, "x.jsonl", `{"text":"x"}`+"\n"):   "it is jsonl, and the inputs before it are csv",
	}
	for other, want := range cases {
		s, err := (&Simple{Inputs: []string{comma, other}, Labels: labels, Text: "text"}).Spec()
		if err != nil {
			t.Fatal(err)
		}
		p, err := Build(s, Options{Sink: discard{}})
		if err != nil {
			t.Fatal(err)
		}
		_, err = p.Plan(context.Background())
		if !fault.Is(err, fault.InputSchema) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", other, err, want)
		}
	}
}

func TestParquetIsKnownByItsContent(t *testing.T) {
	dir := t.TempDir()
	cases := map[string]string{
		write(t, dir, "x.parquet", ""):     kindParquet,
		write(t, dir, "x.data", "PAR1..."): kindParquet,
		write(t, dir, "x.csv", "PAR"):      kindFile,
		"-":                                kindFile,
		filepath.Join(dir, "missing"):      kindFile,
	}
	for path, want := range cases {
		if kind, _ := (&Simple{}).input(path); kind != want {
			t.Errorf("%s: %s, want %s", path, kind, want)
		}
	}
	if kind, _ := (&Simple{InputFormat: "csv"}).input("x.parquet"); kind != kindFile {
		t.Errorf("a named format does not win: %s", kind)
	}
}

func TestErrorsNameFlags(t *testing.T) {
	half := 0.5
	_, err := (&Simple{Inputs: []string{"-"}, Labels: labels, Threshold: &half, TopK: 9, Format: "doc"}).Spec()
	var got []string
	for _, e := range fault.List(err) {
		got = append(got, e.Where.String()+" "+e.Code.ID)
	}
	want := []string{"--format config.field", "--threshold threshold.mode", "--top-k top_k.range"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWhereThingsGo(t *testing.T) {
	cases := []struct {
		output          string
		rejected, state string
		name            string
	}{
		{"", "standard error", "", "classify"},
		{"-", "standard error", "", "classify"},
		{"a/out.csv", "a/out.csv.rejected.jsonl", "a/out.csv.winnow", "out.csv"},
		{"out dir/", "out dir.rejected.jsonl", "out dir.winnow", "out_dir"},
		{"x.parquet", "x.parquet.rejected.jsonl", "x.parquet.winnow", "x.parquet"},
	}
	for _, c := range cases {
		in := &Simple{Inputs: []string{"in.jsonl"}, Output: c.output, Labels: labels}
		s, err := in.Spec()
		if err != nil {
			t.Fatal(err)
		}
		if got := Rejected(s); got != c.rejected {
			t.Errorf("%q: rejected records go to %q, want %q", c.output, got, c.rejected)
		}
		if got := in.StateFolder(""); got != c.state {
			t.Errorf("%q: state in %q, want %q", c.output, got, c.state)
		}
		if s.Name != c.name {
			t.Errorf("%q: name %q, want %q", c.output, s.Name, c.name)
		}
	}
}

func TestIdentityHoldsWhatDecidesTheOutput(t *testing.T) {
	base := func() *spec.Spec {
		s, err := (&Simple{Inputs: []string{"in.jsonl"}, Output: "out.jsonl", Labels: labels}).Spec()
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	id := identity(base(), Options{})
	faster := base()
	faster.Workers, faster.Memory = 7, 1<<30
	if identity(faster, Options{Workers: 3, State: "elsewhere"}) != id {
		t.Error("workers, memory and the state's place change the identity")
	}
	for name, o := range map[string]Options{"limit": {Limit: 3}, "keep": {Keep: []string{"a"}}} {
		if identity(base(), o) == id {
			t.Errorf("%s does not change the identity", name)
		}
	}
}

const tickets = `
name: t
source: {file: {path: none.jsonl}}
text: body
where: lang == "en"
classify: {labels: [sport, finance]}
route: [{when: label == "sport", to: games}]
sinks: {default: {file: {path: a.jsonl}}, games: {file: {path: b.jsonl}}}
tests:
  - {input: {body: the team won the match, lang: en}, expect: {label: sport, to: games, lang: en}}
  - {name: dropped, input: {body: x, lang: de}, expect: {label: sport}}
  - {name: rejected, input: {lang: en}, expect: {to: dead_letters, code: record.text_missing}}
  - {name: wrong, input: {body: interest rates rose, lang: en}, expect: {label: sport, nothing: 1}}
  - {name: no answer, input: {lang: en}, expect: {label: sport}}
`

func TestTest(t *testing.T) {
	s, err := spec.Parse("t.yaml", []byte(tickets), Kinds(), os.LookupEnv)
	if err != nil {
		t.Fatal(err)
	}
	results, err := Test(context.Background(), s, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range results {
		got = append(got, r.Name+" → "+r.To+": "+strings.Join(r.Problems, "; "))
	}
	want := []string{
		"case 1 → games: ",
		`dropped → drop: label: want "sport", but the record was dropped`,
		"rejected → dead_letters: ",
		`wrong → default: label: want "sport", got "finance"; nothing: want 1, but the record has no such field`,
		`no answer → dead_letters: label: want "sport", but the record was rejected: the record has no text: "body" is missing or null`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestDryRunPrintsInInputOrder(t *testing.T) {
	s, err := spec.Parse("t.yaml", []byte(tickets), Kinds(), os.LookupEnv)
	if err != nil {
		t.Fatal(err)
	}
	path := write(t, t.TempDir(), "in.jsonl", `{"body":"interest rates rose","lang":"en"}
{"body":"the team won the match","lang":"en"}
{"lang":"en"}
`)
	s.Source.Config = &file.SourceConfig{Path: path}
	var out bytes.Buffer
	p, err := Build(s, Options{Dry: &out})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	var to []string
	for _, line := range strings.Split(strings.TrimSpace(out.String()), "\n") {
		to = append(to, strings.SplitN(line, `"`, 5)[3])
	}
	if diff := cmp.Diff([]string{"default", "games", "dead_letters"}, to); diff != "" {
		t.Errorf("(-want +got):\n%s\n%s", diff, &out)
	}
}
