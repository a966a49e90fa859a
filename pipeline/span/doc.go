// Package span makes OpenTelemetry spans of what the engine tells of batches and epochs (pipeline.Tracer).
//
// A batch has a trace of its own: a span from when it was read until its epoch ended, with children for each part of its
// way, and links to the W3C trace contexts that its records brought in their headers. A record whose context is sampled
// has one span more, in the record's own trace, with what became of it: so whoever looks at a producer's trace sees the
// label there. Spans are made when the epoch has ended, and say nothing that was undone later: of an aborted epoch there
// are the batches, marked as such, and no records.
//
// It needs OpenTelemetry's API alone. Whoever gives it a TracerProvider decides where spans go.
package span
