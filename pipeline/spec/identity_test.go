package spec

import (
	"strings"
	"testing"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/pipeline/expr"
	"github.com/winnow-stream/winnow/pipeline/unit"
)

const identitySpec = `
source: {kafka: {topics: [a], sasl: {user: me, password: "${PASSWORD}"}}}
text: subject
where: lang == "en"
classify: {labels: {a: one, b: two}, mode: multi, threshold: 0.4}
route: [{when: label == "a", to: other}]
sinks: {default: {file: {path: out.jsonl}}, other: {file: {path: other.jsonl}}}
dead_letters: {file: {path: dead.jsonl}}
`

func TestIdentity(t *testing.T) {
	parse := func(sets ...string) *Spec {
		t.Helper()
		s, err := Parse("s.yaml", []byte(identitySpec), testKinds(), testEnv, sets...)
		if err != nil {
			t.Fatal(explain(err))
		}
		return s
	}
	base := parse().Identity()
	if len(base) != 32 {
		t.Errorf("identity %q", base)
	}
	same := []string{
		"name=other", "memory=1GiB", "workers=7", "commit.records=5", "commit.interval=1m", "batch.rows=10", "batch.bytes=1MiB",
		"batch.linger=1s", "shutdown_timeout=5s", "max_error_rate=1", "guarantee=none", "tests=[{input: {a: 1}, expect: {label: a}}]",
		"source.kafka.session_timeout=5s", "source.kafka.sasl.password=${NUMBER}",
	}
	for _, set := range same {
		if got := parse(set).Identity(); got != base {
			t.Errorf("%s changes the identity", set)
		}
	}
	different := []string{
		"source.kafka.topics=[b]", "source.kafka.topics=[a, b]", "source.kafka.sasl.user=you", "text=body", "where=lang == \"de\"",
		"classify.labels.a=ONE", "classify.labels.c=three", "classify.labels={b: two, a: one}", "classify.threshold=0.5",
		"classify.mode=single", "classify.prefix=x_", "classify.refine=true", "classify.top_k=1", "classify.abstain=0.1",
		"route=[{when: 'label == \"b\"', to: other}]", "route=[{when: 'label == \"a\"', to: default},{to: other}]",
		"sinks.other.file.path=elsewhere.jsonl", "sinks.other.file.format=csv", "dead_letters.file.path=d.jsonl",
		"on_error=stop", "max_record_bytes=1MB", "limit=5", "gold=label", "source={file: {path: a}}",
	}
	seen := map[string]string{base: "nothing"}
	for _, set := range different {
		sets := []string{set}
		if set == "classify.mode=single" {
			sets = []string{"classify={labels: {a: one, b: two}, mode: single}"}
		}
		got := parse(sets...).Identity()
		if other, twice := seen[got]; twice {
			t.Errorf("%s gives the identity of %s", set, other)
		}
		seen[got] = set
	}
}

// TestIdentityOfBuiltSpecs: a spec built in Go, with configurations by value, is the one that YAML gives.
func TestIdentityOfBuiltSpecs(t *testing.T) {
	parsed, err := Parse("s.yaml", []byte("source: {file: {path: in.csv}}\nclassify: {labels: [a, b]}\nsinks: {default: {file: {path: out.jsonl}}}\n"), testKinds(), testEnv)
	if err != nil {
		t.Fatal(explain(err))
	}
	s := New()
	s.Source = Source{Kind: "file", Config: &filePart{Path: "in.csv"}}
	s.Classify = &Classify{Labels: classify.LabelSet{{Name: "a"}, {Name: "b"}}}
	s.Sinks = Sinks{{Name: "default", Kind: "file", Config: &filePart{Path: "out.jsonl", Part: 128 << 20}}}
	if err := s.Check(testKinds()); err != nil {
		t.Fatal(err)
	}
	if s.Identity() != parsed.Identity() {
		t.Error("the identities differ")
	}
}

func TestCheckOfBuiltSpecs(t *testing.T) {
	threshold := 1.5
	s := New()
	s.Source = Source{Kind: "file", Config: &filePart{Path: "in.csv"}}
	s.Text = expr.Code{Text: "a +"}
	s.Classify = &Classify{
		Labels: classify.LabelSet{{Name: "a"}, {Name: "A"}}, Mode: "both", Threshold: &threshold, TopK: -1, Abstain: 2, Backend: "x",
	}
	s.Sinks = Sinks{{Name: "default", Kind: "file", Config: &filePart{}}}
	s.Batch.Bytes, s.MaxRecordBytes = 0, unit.Size(-1)
	got := explain(s.Check(testKinds()))
	for _, want := range []string{
		"batch.bytes: config.field", "max_record_bytes: config.field", "sinks.default.file.path: config.missing",
		"classify.labels[1]: labels.duplicate", "classify.mode: mode.unknown", "classify.threshold: threshold.range",
		"classify.top_k: top_k.range", "classify.abstain: threshold.range", "classify.backend: backend.unknown", "text: config.expression",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if got := explain(New().Check(testKinds())); !strings.Contains(got, "source: config.missing") || !strings.Contains(got, "sinks: config.missing") {
		t.Errorf("an empty spec gives\n%s", got)
	}
}
