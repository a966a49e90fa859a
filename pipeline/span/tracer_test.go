package span

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// rig is a tracer whose spans lie in memory.
type rig struct {
	*Tracer
	out     *tracetest.InMemoryExporter
	omitted int
}

func newRig(sample float64) *rig {
	r := &rig{out: tracetest.NewInMemoryExporter()}
	provider := sdk.NewTracerProvider(sdk.WithSyncer(r.out), sdk.WithSampler(sdk.AlwaysSample()))
	r.Tracer = New(Config{
		Provider: provider, Pipeline: "tickets", System: "kafka", Group: "g", Sample: sample,
		Omitted: func(n int) { r.omitted += n },
	})
	return r
}

// named are the spans of a name.
func (r *rig) named(name string) (all []tracetest.SpanStub) {
	for _, s := range r.out.GetSpans() {
		if s.Name == name {
			all = append(all, s)
		}
	}
	return all
}

// values are a span's attributes.
func values(s *tracetest.SpanStub) map[attribute.Key]any {
	all := make(map[attribute.Key]any)
	for _, a := range s.Attributes {
		all[a.Key] = a.Value.AsInterface()
	}
	return all
}

// header is what a row carries.
type header struct{ key, value string }

var headersColumn = arrow.ListOf(arrow.StructOf(
	arrow.Field{Name: "key", Type: arrow.BinaryTypes.String}, arrow.Field{Name: "value", Type: arrow.BinaryTypes.Binary, Nullable: true},
))

// batchOf is a batch of the partition in/3 from offset 100 on, one row for each list of headers.
func batchOf(alloc memory.Allocator, rows ...[]header) *pipeline.Batch {
	build := array.NewRecordBuilder(alloc, arrow.NewSchema([]arrow.Field{
		{Name: pipeline.ColOffset, Type: arrow.PrimitiveTypes.Int64}, {Name: pipeline.ColHeaders, Type: headersColumn},
	}, nil))
	defer build.Release()
	list := build.Field(1).(*array.ListBuilder)
	pair := list.ValueBuilder().(*array.StructBuilder)
	for i, row := range rows {
		build.Field(0).(*array.Int64Builder).Append(int64(100 + i))
		list.Append(true)
		for _, h := range row {
			pair.Append(true)
			pair.FieldBuilder(0).(*array.StringBuilder).Append(h.key)
			pair.FieldBuilder(1).(*array.BinaryBuilder).Append([]byte(h.value))
		}
	}
	return &pipeline.Batch{
		Split: &pipeline.Split{ID: "in/3"}, First: 100, Next: pipeline.Position{Offset: 100 + int64(len(rows))}, Record: build.NewRecordBatch(),
	}
}

// parent is a traceparent of trace n.
func parent(n int, sampled bool) string {
	return fmt.Sprintf("00-%032x-%016x-%02x", n, n, map[bool]int{true: 1}[sampled])
}

var begun = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

// way is one on which each place is a second after the one before.
func way() *pipeline.Way {
	at := func(s int) time.Time { return begun.Add(time.Duration(s) * time.Second) }
	return &pipeline.Way{Read: at(0), Begun: at(1), Decoded: at(2), Classified: at(3), Encoded: at(4), Turn: at(5), Written: at(6), Bytes: 1000}
}

func committed() pipeline.EpochEnd {
	return pipeline.EpochEnd{Number: 7, Committed: true, Begun: begun.Add(7 * time.Second), Ended: begun.Add(8 * time.Second)}
}

func TestRecordsJoinTheirTraces(t *testing.T) {
	r := newRig(0)
	b := batchOf(memory.DefaultAllocator,
		[]header{{"traceparent", parent(1, true)}, {"tracestate", "vendor=x"}},
		[]header{{"other", "header"}},
		[]header{{"traceparent", parent(2, true)}},
		[]header{{"traceparent", parent(3, false)}},
		[]header{{"traceparent", "nonsense"}},
		[]header{{"traceparent", parent(9, false)}, {"traceparent", parent(4, true)}},
	)
	b.Kill(2, fault.New(fault.RecordJSON, "broken"))
	b.Drop(5)
	r.Batch(b, way(), nil)
	if n := len(r.out.GetSpans()); n != 0 {
		t.Fatalf("%d spans before the epoch's end", n)
	}
	r.Epoch(committed())

	var batch tracetest.SpanStub
	records := make(map[int64]tracetest.SpanStub)
	for _, s := range r.named("process in") {
		if offset, ok := values(&s)[keyOffset]; ok {
			records[offset.(int64)] = s
		} else {
			batch = s
		}
	}
	if len(records) != 3 {
		t.Fatalf("%d records have a span, want those at 100, 102 and 105", len(records))
	}
	for offset, want := range map[int64]struct {
		trace int
		fate  string
		code  string
	}{100: {1, "delivered", ""}, 102: {2, "dead", "record.json"}, 105: {4, "dropped", ""}} {
		s := records[offset]
		if got := fmt.Sprintf("00-%s-%s-01", s.Parent.TraceID(), s.Parent.SpanID()); got != parent(want.trace, true) || !s.Parent.IsRemote() {
			t.Errorf("%d: its parent is %s, want %s", offset, got, parent(want.trace, true))
		}
		v := values(&s)
		if v[keyFate] != want.fate || v[keyPartition] != "3" || v[keyDestination] != "in" || v[keySystem] != "kafka" || v[keyGroup] != "g" {
			t.Errorf("%d: %v", offset, v)
		}
		if s.Status.Description != want.code || (s.Status.Code == codes.Error) != (want.code != "") || want.code != "" && v[keyErrorType] != want.code {
			t.Errorf("%d: %+v, %v", offset, s.Status, v[keyErrorType])
		}
		if s.SpanKind != trace.SpanKindConsumer || !s.StartTime.Equal(begun) || !s.EndTime.Equal(begun.Add(8*time.Second)) {
			t.Errorf("%d: %v from %v to %v", offset, s.SpanKind, s.StartTime, s.EndTime)
		}
		if len(s.Links) != 1 || s.Links[0].SpanContext.SpanID() != batch.SpanContext.SpanID() {
			t.Errorf("%d: links %v", offset, s.Links)
		}
	}
	if s := records[100].Parent.TraceState().String(); s != "vendor=x" {
		t.Errorf("state %q", s)
	}

	v := values(&batch)
	want := map[attribute.Key]any{
		keySplit: "in/3", keyFirst: int64(100), keyNext: int64(106), keyCount: int64(6), keyBytes: int64(1000),
		keyDelivered: int64(4), keyDead: int64(1), keyDropped: int64(1), keyEpoch: int64(7), keyOutcome: "committed",
		keyPipeline: "tickets", keySystem: "kafka", keyOperation: "process", keyOperationType: "process", keyDestination: "in",
		keyPartition: "3", keyGroup: "g",
	}
	if diff := cmp.Diff(want, v); diff != "" {
		t.Error(diff)
	}
	if batch.Parent.IsValid() || len(batch.Links) != 4 || !batch.StartTime.Equal(begun) || !batch.EndTime.Equal(begun.Add(8*time.Second)) {
		t.Errorf("parent %v, %d links, from %v to %v", batch.Parent, len(batch.Links), batch.StartTime, batch.EndTime)
	}
	for i, name := range []string{"decode", "classify", "encode", "write", "commit"} {
		children := r.named(name)
		if len(children) != 1 || children[0].Parent.SpanID() != batch.SpanContext.SpanID() {
			t.Errorf("%s: %v", name, children)
			continue
		}
		from := begun.Add(time.Duration([]int{1, 2, 3, 5, 7}[i]) * time.Second)
		if !children[0].StartTime.Equal(from) || children[0].EndTime.Sub(from) != time.Second {
			t.Errorf("%s is from %v to %v", name, children[0].StartTime, children[0].EndTime)
		}
	}
}

func TestSample(t *testing.T) {
	for _, c := range []struct {
		sample float64
		rows   []header
		want   int
	}{
		{0, nil, 0},
		{0, []header{{"traceparent", parent(1, false)}}, 0},
		{0, []header{{"traceparent", parent(1, true)}}, 2},
		{1, nil, 1},
		{1, []header{{"traceparent", parent(1, false)}}, 1},
	} {
		r := newRig(c.sample)
		r.Batch(batchOf(memory.DefaultAllocator, c.rows), way(), nil)
		r.Epoch(committed())
		if got := len(r.named("process in")); got != c.want {
			t.Errorf("%+v: %d spans", c, got)
		}
	}
}

// A batch is linked to what it came by, and a sampled request is reason enough for its span.
func TestRequests(t *testing.T) {
	r := newRig(0)
	b := batchOf(memory.DefaultAllocator, nil)
	b.Parents = []pipeline.TraceParent{{Parent: parent(1, false)}, {Parent: parent(2, true), State: "a=1"}, {Parent: "nonsense"}}
	r.Batch(b, way(), nil)
	r.Epoch(committed())
	spans := r.named("process in")
	if len(spans) != 1 || len(spans[0].Links) != 2 {
		t.Fatalf("%+v", spans)
	}
	if l := spans[0].Links[0].SpanContext; l.TraceID() != (trace.TraceID{15: 2}) || l.TraceState().String() != "a=1" {
		t.Errorf("%v", l)
	}
}

// A replayed record's span says where the message stood first.
func TestReplayed(t *testing.T) {
	r := newRig(0)
	b := batchOf(memory.DefaultAllocator, []header{{"traceparent", parent(1, true)}})
	from := array.NewStructBuilder(memory.DefaultAllocator, pipeline.OriginType)
	from.Append(true)
	from.FieldBuilder(0).(*array.StringBuilder).Append("tickets/5")
	from.FieldBuilder(1).(*array.Int64Builder).Append(42)
	from.FieldBuilder(2).(*array.Int64Builder).Append(1)
	fields := append(b.Record.Schema().Fields(), arrow.Field{Name: pipeline.ColFrom, Type: pipeline.OriginType, Nullable: true})
	b.Record = array.NewRecordBatch(arrow.NewSchema(fields, nil), append(b.Record.Columns(), from.NewArray()), 1)
	r.Batch(b, way(), nil)
	r.Epoch(committed())
	s := r.named("process in")[0]
	if v := values(&s); v[keyID] != "tickets/5/42" || v[keyOffset] != int64(100) {
		t.Errorf("%v", v)
	}
}

func TestAbortedEpochs(t *testing.T) {
	for name, c := range map[string]struct {
		end    pipeline.EpochEnd
		err    error
		reason string
	}{
		"aborted":                    {pipeline.EpochEnd{Number: 3, Ended: begun.Add(time.Minute)}, nil, "epoch_aborted"},
		"void":                       {pipeline.EpochEnd{Number: 3, Committed: true, Begun: begun, Ended: begun, Void: []*pipeline.Split{{ID: "in/3"}}}, nil, "epoch_aborted"},
		"another split's is void":    {pipeline.EpochEnd{Number: 3, Committed: true, Begun: begun, Ended: begun, Void: []*pipeline.Split{{ID: "in/30"}}}, nil, ""},
		"failed":                     {pipeline.EpochEnd{Number: 3, Ended: begun}, fault.New(fault.ClassifyReply, "nonsense"), "classify.bad_reply"},
		"failed without being coded": {pipeline.EpochEnd{Number: 3, Ended: begun}, errors.New("the text of a record"), "internal"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(1)
			r.Batch(batchOf(memory.DefaultAllocator, []header{{"traceparent", parent(1, true)}}), way(), c.err)
			r.Epoch(c.end)
			spans := r.named("process in")
			want := 1 // a record's span tells only what stands
			if c.reason == "" {
				want = 2
			}
			if len(spans) != want {
				t.Fatalf("%d spans", len(spans))
			}
			for _, s := range spans {
				if v := values(&s); s.Status.Description != c.reason || c.reason != "" && v[keyOutcome] != "aborted" {
					t.Errorf("%+v %v", s.Status, v[keyOutcome])
				}
			}
			r.out.Reset()
			r.Epoch(committed())
			if n := len(r.out.GetSpans()); n != 0 {
				t.Errorf("%d spans once more", n)
			}
		})
	}
}

func TestBounds(t *testing.T) {
	r := newRig(0)
	var rows [][]header
	for i := range 300 {
		rows = append(rows, []header{{"traceparent", parent(i+1, i%2 == 1)}}) // 150 are sampled
	}
	r.Batch(batchOf(memory.DefaultAllocator, rows...), way(), nil)
	r.Epoch(committed())
	spans := r.named("process in")
	if len(spans) != 1+maxRecords {
		t.Fatalf("%d spans", len(spans))
	}
	batch := spans[len(spans)-1] // it ends last
	v := values(&batch)
	if len(batch.Links) != maxLinks || batch.DroppedLinks != 0 || v[keyLinksOmitted] != int64(300-maxLinks) || v[keyRecordsOmitted] != int64(150-maxRecords) {
		t.Errorf("%d links, %d dropped, omitted: %v links and %v spans", len(batch.Links), batch.DroppedLinks, v[keyLinksOmitted], v[keyRecordsOmitted])
	}
	for _, l := range batch.Links {
		if !l.SpanContext.IsSampled() {
			t.Error("a context that is not sampled took a sampled one's place")
		}
	}

	full := newRig(1)
	for range maxHeldBatches + 5 {
		full.Batch(batchOf(memory.DefaultAllocator, rows[:10]...), way(), nil) // 5 records each are sampled
	}
	if len(full.held) != maxHeldBatches || full.records > maxHeldRecords {
		t.Errorf("%d batches and %d records are held", len(full.held), full.records)
	}
	full.Epoch(committed())
	if full.omitted != 5*6 {
		t.Errorf("%d omitted", full.omitted)
	}

	many := newRig(1)
	for range maxHeldRecords/maxRecords + 1 {
		many.Batch(batchOf(memory.DefaultAllocator, rows...), way(), nil)
	}
	if many.records != maxHeldRecords || many.held[len(many.held)-1].recordsOmitted != 150 {
		t.Errorf("%d records are held", many.records)
	}
}

// TestNothingIsKept releases and overwrites a batch before its epoch ends.
func TestNothingIsKept(t *testing.T) {
	alloc := &scribbler{memory.NewCheckedAllocator(memory.DefaultAllocator)}
	defer alloc.AssertSize(t, 0)
	r := newRig(0)
	b := batchOf(alloc, []header{{"traceparent", parent(1, true)}, {"tracestate", "vendor=x"}})
	r.Batch(b, way(), nil)
	b.Record.Release()
	r.Epoch(committed())
	s := r.named("process in")[0]
	if s.Parent.TraceState().String() != "vendor=x" || s.Parent.TraceID() != (trace.TraceID{15: 1}) {
		t.Errorf("%v", s.Parent)
	}
}

// scribbler overwrites what is freed.
type scribbler struct{ *memory.CheckedAllocator }

func (s *scribbler) Free(b []byte) {
	for i := range b {
		b[i] = '?'
	}
	s.CheckedAllocator.Free(b)
}

func TestSampledByTheFlags(t *testing.T) {
	const head = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-"
	for text, want := range map[string]bool{
		head + "01": true, head + "00": false, head + "03": true, head + "02": false, head + "09": false, head + "0": false,
		"": false, "01" + head[2:] + "01-more": true, "ff" + head[2:] + "01": false, head + "01-more": false, head + "0A": false,
	} {
		c := carried{parent: text}
		if got := c.sampled() && c.context().IsSampled(); got != want {
			t.Errorf("%s: %v", text, got)
		}
		if c.context().IsSampled() && !c.sampled() {
			t.Errorf("%s: it is sampled, and nobody looks", text)
		}
	}
}
