package pipeline

import (
	"context"
	"errors"
	"time"
)

// Tracer is told which way batches went and how their epochs ended, for traces. The engine calls it from the writer's
// goroutine, one call at a time, and goes on behind it at once: it neither waits for anything nor keeps a batch or a
// column.
type Tracer interface {
	// Batch is called once a batch, in order, when every row has its fate (Batch.Fates and Faults say which) and is
	// written. With an error the batch failed as a whole: the epoch will be aborted.
	Batch(b *Batch, w *Way, err error)
	// Epoch tells what became of the batches since the last call.
	Epoch(e EpochEnd)
}

// Way is when a batch was where. What it never came to is zero.
type Way struct {
	Read       time.Time // the source gave it
	Begun      time.Time // a worker took it up
	Decoded    time.Time // its columns and texts are there
	Classified time.Time // it has its labels
	Encoded    time.Time // it is routed, and in the form of its sinks
	Turn       time.Time // everything before it is written
	Written    time.Time // the sinks have it
	Bytes      int64     // that it was charged for on its way
}

// EpochEnd is how an epoch ended.
type EpochEnd struct {
	Number    int64
	Committed bool      // false: it is void, and its records are read again
	Begun     time.Time // the commit; zero where there was none
	Ended     time.Time
	Void      []*Split // their part of a committed epoch is void all the same
}

// TraceParent is a trace context in the form of W3C Trace Context, as it came: nobody has looked at it.
type TraceParent struct{ Parent, State string } // of the headers traceparent and tracestate

// Label is a row's best label and its confidence; empty where it has none.
func (b *Batch) Label(row int) (label string, confidence float32) {
	if b.Labels == nil || b.Labels[row] < 0 {
		return "", 0
	}
	return b.gen.proto.labels[b.Labels[row]], b.Confidence[row]
}

// Sink is the name of the sink that gets a row; empty where none does. It is known once the batch is routed.
func (b *Batch) Sink(row int) string {
	for i, v := range b.views {
		if v.gets(row) {
			return b.gen.sinks[i].Name
		}
	}
	return ""
}

// Classifier is the version of the classifier that gave the labels; empty without one.
func (b *Batch) Classifier() string {
	if b.gen == nil { // the engine has not seen it
		return ""
	}
	return b.gen.version
}

// begin notes when a batch was read, where somebody wants to know.
func (p *Pipeline) begin(b *Batch) {
	if p.cfg.Tracer != nil {
		b.way = &Way{Read: time.Now(), Bytes: b.cost}
	}
}

// pass notes that a batch has come to a place on its way.
func (b *Batch) pass(at func(*Way) *time.Time) {
	if b.way != nil {
		*at(b.way) = time.Now()
	}
}

// The places of a Way.
func wayBegun(w *Way) *time.Time      { return &w.Begun }
func wayDecoded(w *Way) *time.Time    { return &w.Decoded }
func wayClassified(w *Way) *time.Time { return &w.Classified }
func wayEncoded(w *Way) *time.Time    { return &w.Encoded }
func wayTurn(w *Way) *time.Time       { return &w.Turn }
func wayWritten(w *Way) *time.Time    { return &w.Written }

// traceBatch tells the tracer of a batch whose way has ended.
func (w *writer) traceBatch(b *Batch, err error) {
	if b.way == nil || errors.Is(err, context.Canceled) {
		return
	}
	w.p.cfg.Tracer.Batch(b, b.way, err)
}

// traceEpoch tells the tracer how the batches' epoch has ended. The commit began at a time, if there was one.
func (w *writer) traceEpoch(committed bool, begun time.Time, void []*Split) {
	if w.p.cfg.Tracer == nil {
		return
	}
	w.p.cfg.Tracer.Epoch(EpochEnd{Number: w.epoch, Committed: committed, Begun: begun, Ended: time.Now(), Void: void})
}
