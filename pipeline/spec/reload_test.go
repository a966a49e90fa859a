package spec

import (
	"strings"
	"testing"
)

func TestFixed(t *testing.T) {
	const base = `name: tickets
source: {file: {path: in.jsonl}}
classify: {labels: [a, b]}
sinks: {default: {file: {path: out.jsonl}}}
`
	cases := []struct{ name, from, to, want string }{
		{"nothing", "", "", ""},
		{"what may change", "classify: {labels: [a, b]}", "classify: {labels: [a, c], abstain: 0.5}\ntext: body\nwhere: x == 1\nroute: [{when: label == \"a\", to: default}]", ""},
		{"source", "in.jsonl", "other.jsonl", "source"},
		{"sink", "out.jsonl", "other.jsonl", "sinks"},
		{"another sink", "{default", "{other", "sinks"},
		{"name", "tickets", "letters", "name"},
		{"how it runs", "name:", "workers: 3\nmemory: 1GiB\nname:", "memory workers"},
		{"dead letters", "name:", "dead_letters: {file: {path: dead.jsonl}}\nname:", "dead_letters"},
		{"result columns", "[a, b]", "[a, b], prefix: x_, refine: true", "classify.prefix classify.refine"},
	}
	parse := func(t *testing.T, text string) *Spec {
		t.Helper()
		s, err := Parse("tickets.yaml", []byte(text), testKinds(), func(string) (string, bool) { return "", false })
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := parse(t, base).Fixed(parse(t, strings.Replace(base, c.from, c.to, 1)))
			if strings.Join(got, " ") != c.want {
				t.Errorf("got %v, want %s", got, c.want)
			}
		})
	}
}
