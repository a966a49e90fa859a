package kafka_test

import (
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sr"
	"github.com/twmb/franz-go/pkg/sr/srfake"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/static"
	"github.com/winnow-stream/winnow/connectors/kafka/registry"
	"github.com/winnow-stream/winnow/pipeline"
)

// TestEmptyTextOfProtobuf holds what becomes of a text that is not in a message: without presence it is an empty text, which
// gets a null label with its reason as in every other format; with presence it is missing.
func TestEmptyTextOfProtobuf(t *testing.T) {
	for field, want := range map[string]struct{ delivered, unlabelled, dead int64 }{
		"string text = 1;":          {delivered: 2, unlabelled: 1},
		"optional string text = 1;": {delivered: 1, dead: 1},
	} {
		t.Run(field, func(t *testing.T) {
			schemas := srfake.New()
			t.Cleanup(schemas.Close)
			schemas.SeedSchema("in-value", 1, 7, sr.Schema{Type: sr.TypeProtobuf, Schema: `syntax = "proto3"; message Review { ` + field + ` }`})
			b := newBed(t)
			b.from.Format, b.from.SchemaRegistry = "protobuf", &registry.Config{URL: schemas.URL()}
			b.to.Results = "headers"
			b.change = func(c *pipeline.Config) {
				k, err := static.New(static.Config{Labels: classify.LabelSet{{Name: "sport"}, {Name: "finance"}}})
				if err != nil {
					t.Fatal(err)
				}
				c.Classifier = k
			}
			const text = "the team won"
			frame := "\x00\x00\x00\x00\x07\x00" // the schema's id, and the first message of its file
			b.produce(&kgo.Record{Value: []byte(frame)}, &kgo.Record{Value: []byte(frame + "\x0a" + string(rune(len(text))) + text)})
			s := b.mustRun()
			if s.Counts.Delivered != want.delivered || s.Counts.Dead != want.dead || s.Tally.Null != want.unlabelled ||
				s.Tally.NullReason[classify.NoKnownWords.String()] != want.unlabelled {
				t.Errorf("%+v, %d without a label: %v", s.Counts, s.Tally.Null, s.Tally.NullReason)
			}
			if want.dead > 0 && !strings.Contains(headers(b.read("dead")[0])["winnow-code"], "record.text_missing") {
				t.Errorf("rejected as %v", headers(b.read("dead")[0]))
			}
		})
	}
}
