package span

import (
	"context"
	"math"
	"slices"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// batch is what the spans of a batch are made of once its epoch has ended.
type batch struct {
	split      string
	first      int64
	next       int64
	way        pipeline.Way
	err        error
	classifier string
	counts     pipeline.Counts

	links          links
	records        []record
	recordsOmitted int // records with a sampled context and without a span
}

// record is what the span of a record is made of.
type record struct {
	parent     trace.SpanContext
	offset     int64
	id         string // where the record stood when it came the first time; empty where it does now
	fate       pipeline.Fate
	code       string // of the fault
	sink       string
	label      string
	confidence float32
}

// describe copies what the spans tell of a batch.
func (o *batch) describe(b *pipeline.Batch, w *pipeline.Way, err error) {
	o.split, o.first, o.next, o.way, o.err, o.classifier = b.Split.ID, b.First, b.Next.Offset, *w, err, b.Classifier()
	o.counts = pipeline.Counts{Read: int64(b.Len()), Delivered: int64(b.Len())}
	for _, f := range b.Fates {
		switch f {
		case pipeline.Dead:
			o.counts.Dead++
			o.counts.Delivered--
		case pipeline.Dropped:
			o.counts.Dropped++
			o.counts.Delivered--
		}
	}
}

// newRecord copies what the span tells of a record.
func newRecord(b *pipeline.Batch, row int, parent trace.SpanContext) record {
	r := record{parent: parent, offset: b.Offsets()[row]}
	if from := b.Origin(row); from.Split != b.Split.ID || from.Offset != r.offset {
		r.id = from.Split + "/" + strconv.FormatInt(from.Offset, 10)
	}
	if b.Fates != nil {
		r.fate = b.Fates[row]
	}
	switch r.fate {
	case pipeline.Live, pipeline.Bare:
		r.sink = b.Sink(row)
		r.label, r.confidence = b.Label(row)
	case pipeline.Dropped: // it may have been the label that took it out
		r.label, r.confidence = b.Label(row)
	case pipeline.Dead:
		if i := slices.IndexFunc(b.Faults, func(f pipeline.RowFault) bool { return f.Row == row }); i >= 0 {
			r.code = b.Faults[i].Err.Code.ID
		}
	}
	return r
}

// emit makes the spans of a batch and, where what became of it stands, of its records.
func (t *Tracer) emit(b *batch, e pipeline.EpochEnd, stands bool) {
	destination, partition := t.place(b.split)
	kind, name := trace.SpanKindInternal, "process "+t.cfg.Pipeline
	common := []attribute.KeyValue{keyPipeline.String(t.cfg.Pipeline), keyEpoch.Int64(e.Number)}
	if b.classifier != "" {
		common = append(common, keyClassifier.String(b.classifier))
	}
	if destination != "" {
		kind, name = trace.SpanKindConsumer, "process "+destination
		common = append(common, keySystem.String(t.cfg.System), keyOperation.String("process"), keyOperationType.String("process"),
			keyDestination.String(destination), keyPartition.String(partition))
		if t.cfg.Group != "" {
			common = append(common, keyGroup.String(t.cfg.Group))
		}
	}
	linked, omitted := b.links.list()
	ctx, s := t.tracer.Start(context.Background(), name, trace.WithNewRoot(), trace.WithTimestamp(b.way.Read),
		trace.WithSpanKind(kind), trace.WithLinks(linked...), trace.WithAttributes(common...), trace.WithAttributes(b.attributes(stands)...))
	if omitted > 0 {
		s.SetAttributes(keyLinksOmitted.Int(omitted))
	}
	t.child(ctx, "decode", b.way.Begun, b.way.Decoded)
	t.child(ctx, "classify", b.way.Decoded, b.way.Classified)
	t.child(ctx, "encode", latest(b.way.Decoded, b.way.Classified), b.way.Encoded)
	t.child(ctx, "write", b.way.Turn, b.way.Written)
	t.child(ctx, "commit", e.Begun, e.Ended)
	switch {
	case b.err != nil:
		fail(s, codeOf(b.err))
	case !stands:
		fail(s, "epoch_aborted")
	default:
		for i := range b.records {
			t.record(&b.records[i], name, kind, s.SpanContext(), b.way.Read, e.Ended, common)
		}
	}
	s.End(trace.WithTimestamp(e.Ended))
}

// attributes are those of a batch's span alone.
func (o *batch) attributes(stands bool) []attribute.KeyValue {
	outcome := "committed"
	if !stands {
		outcome = "aborted"
	}
	all := []attribute.KeyValue{
		keySplit.String(o.split), keyFirst.Int64(o.first), keyNext.Int64(o.next), keyCount.Int64(o.counts.Read),
		keyBytes.Int64(o.way.Bytes), keyDelivered.Int64(o.counts.Delivered), keyDead.Int64(o.counts.Dead),
		keyDropped.Int64(o.counts.Dropped), keyOutcome.String(outcome),
	}
	if o.recordsOmitted > 0 {
		all = append(all, keyRecordsOmitted.Int(o.recordsOmitted))
	}
	return all
}

// child is a part of a batch's way, if it came to its end.
func (t *Tracer) child(ctx context.Context, name string, begun, ended time.Time) {
	if begun.IsZero() || ended.IsZero() {
		return
	}
	_, s := t.tracer.Start(ctx, name, trace.WithTimestamp(begun))
	s.End(trace.WithTimestamp(ended))
}

// record makes the span of a record in the trace that it came with.
func (t *Tracer) record(
	r *record, name string, kind trace.SpanKind, of trace.SpanContext, begun, ended time.Time, common []attribute.KeyValue,
) {
	all := append(slices.Clip(common), keyOffset.Int64(r.offset), keyFate.String(fates[r.fate]))
	if r.id != "" {
		all = append(all, keyID.String(r.id))
	}
	if r.sink != "" {
		all = append(all, keySink.String(r.sink))
	}
	if r.label != "" {
		all = append(all, keyLabel.String(r.label), keyConfidence.Float64(decimal(r.confidence)))
	}
	_, s := t.tracer.Start(trace.ContextWithRemoteSpanContext(context.Background(), r.parent), name, trace.WithTimestamp(begun),
		trace.WithSpanKind(kind), trace.WithLinks(trace.Link{SpanContext: of}), trace.WithAttributes(all...))
	if r.fate == pipeline.Dead {
		fail(s, r.code)
	}
	s.End(trace.WithTimestamp(ended))
}

// fates are what records' spans call theirs.
var fates = [...]string{pipeline.Live: "delivered", pipeline.Dropped: "dropped", pipeline.Bare: "delivered", pipeline.Dead: "dead"}

// fail marks a span as failed. The code alone tells why: messages may quote records.
func fail(s trace.Span, code string) {
	s.SetStatus(codes.Error, code)
	s.SetAttributes(keyErrorType.String(code))
}

// decimal is a confidence as outputs have it, with 4 decimals.
func decimal(confidence float32) float64 { return math.Round(float64(confidence)*1e4) / 1e4 }

func codeOf(err error) string {
	if e, ok := fault.As(err); ok {
		return e.Code.ID
	}
	return fault.Internal.ID
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
