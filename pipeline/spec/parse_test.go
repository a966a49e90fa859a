package spec

import (
	"testing"
)

func TestParseDesign(t *testing.T) {
	s, err := Parse("dir/tickets.yaml", []byte(design), testKinds(), testEnv)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", s)
}

const design = `
# tickets.yaml
source:
  kafka: {brokers: [localhost:9092], topics: [tickets]}
text: subject + "\n" + body          # an expression over the record's fields
where: lang == "en"                  # optional filter
classify:
  labels:
    billing: Payments, invoices, refunds
    bug: {description: Something is broken, examples: ["the app crashes when I log in"]}
    other: Anything else
  mode: single                       # or multi with threshold: 0.3, top_k: 5
route:
  - {when: label == "bug" && confidence > 0.8, to: bugs}
  - {when: confidence < 0.5, to: review}
sinks:
  default: {kafka: {topic: tickets.labelled}}
  bugs:    {kafka: {topic: tickets.bugs}}
  review:  {parquet: {path: review/}}
dead_letters: {kafka: {topic: tickets.dead}}
`
