package http

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/connectors/codec/encode"
	"github.com/winnow-stream/winnow/pipeline"
)

// Records are one line each, however they came, and only the rows of the view are sent.
func TestEncode(t *testing.T) {
	split := &pipeline.Split{ID: "a b"}
	c := newCutter(split, pipeline.Projection{Rows: 10, Bytes: 1000}, 3)
	defer c.free()
	for _, record := range []string{"{\"n\":1}\n", "{\"n\":\n2\r\n}\r\n", "{\"n\":3,\"_id\":4}\n", "{\"n\":5,\"x\":{\"_id\":6}}\n", "{}"} {
		c.add([]byte(record))
	}
	b := c.seal(8)
	defer b.Record.Release()
	b.Rows = []int32{1, 2, 3, 4}
	layout := &pipeline.Layout{Schema: schema, Open: true, Raw: pipeline.RawJSON}
	s := &Sink{cfg: SinkConfig{IDField: "_id"}, pipeline: "p", encoder: encode.New(layout, nil, encode.Options{})}
	if err := s.Encode(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	e := b.Encoded.(*encoded)
	var got []string
	for _, r := range e.rows {
		got = append(got, string(e.data[r.from:r.to]))
	}
	want := []string{
		"{\"n\": 2\r ,\"_id\":\"p/a%20b/4\"}", `{"n":5,"x":{"_id":6},"_id":"p/a%20b/6"}`, `{"_id":"p/a%20b/7"}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if len(e.faults) != 1 || e.faults[0].Row != 2 || e.faults[0].Err.Code.ID != "record.field_conflict" || e.open != 3 {
		t.Errorf("%+v, %d open", e.faults, e.open)
	}
}
