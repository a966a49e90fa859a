package wire

import (
	"strings"
	"testing"

	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

func TestChange(t *testing.T) {
	const stream = `source: {kafka: {brokers: [localhost:9092], topics: [in], group: g}}
classify: {labels: [bug, billing]}
sinks: {default: {kafka: {topic: 'out.{{label}}'}}, other: {kafka: {topic: other}}}
route: [{when: label == "bug", to: other}]
dead_letters: {kafka: {topic: dead}}
`
	parse := func(text string) (*spec.Spec, error) {
		return spec.Parse("tickets.yaml", []byte(text), Kinds(), func(string) (string, bool) { return "", false })
	}
	running, err := parse(stream)
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct{ name, from, to, says string }{
		{"nothing", "", "", ""},
		{"fewer labels and another route", "[bug, billing]", "[bug]", ""},
		{"text and filter", "classify", "text: body\nwhere: lang == \"en\"\nclassify", ""},
		{"a label without a topic", "billing]", "billing, praise]", `the label "praise" is new`},
		{"another topic", "topics: [in]", "topics: [in, more]", "changed: source"},
		{"no dead letters", "dead_letters: {kafka: {topic: dead}}", "", "changed: dead_letters"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			next, err := parse(strings.Replace(stream, c.from, c.to, 1))
			if err != nil {
				t.Fatal(err)
			}
			got, err := Change(running, next, Options{})
			switch {
			case c.says == "" && (err != nil || got.Classifier == nil || got.Router == nil || len(got.Stages) == 0):
				t.Errorf("%+v, %v", got, err)
			case c.says != "" && (!fault.Is(err, fault.ReloadRefused) || !strings.Contains(err.Error(), c.says)):
				t.Errorf("error %v, want %s", err, c.says)
			}
		})
	}
}
