package classify

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow/array"
)

// Extractor finds entities in each text of a batch: typed spans, such as e-mail addresses, or terms of a list.
//
// The engine calls Extract from several goroutines at once, each with its own Entities. Texts belong to the caller and
// may be released or overwritten as soon as Extract returns. A text that is null has no entities. An error is about the
// call as a whole; a single bad row is reported by Entities.Fail instead, and the other rows stand.
type Extractor interface {
	Extract(ctx context.Context, texts *array.String, out *Entities) error
	About() ExtractorInfo
}

// ExtractorInfo is what is known of an extractor before it has seen a text.
type ExtractorInfo struct {
	// Version says what finds the entities: a name and a hash over everything that decides an answer.
	Version string
	// Types are the names that spans refer to by index.
	Types []string
	// IDs tells that spans may have a canonical id.
	IDs bool
}

// Span is an entity: a part of a text with a type.
type Span struct {
	// Start and End are offsets in bytes, on the boundaries of code points.
	Start, End int32
	// Type is an index into ExtractorInfo.Types.
	Type int32
	// Confidence is in [0, 1], rounded to 4 decimals.
	Confidence float32
	// ID is what the entity is called elsewhere; empty: nothing is known. It does not refer to the text.
	ID string
}

// Entities are the spans of one batch's texts, reused from batch to batch: an extractor calls Reset, appends the spans of
// a row to Spans, sorted and without overlaps, and ends each row by End. The caller owns it; it is not safe for
// concurrent use.
type Entities struct {
	// Spans of row i are Spans[Ends[i-1]:Ends[i]].
	Spans []Span
	Ends  []int32
	// Failures are the rows that failed, ascending by row. Such rows have no spans.
	Failures []Failure
}

// Reset takes everything out.
func (e *Entities) Reset() {
	clear(e.Spans) // ids refer to lists, which a reload replaces
	e.Spans, e.Ends, e.Failures = e.Spans[:0], e.Ends[:0], e.Failures[:0]
}

// End ends a row.
func (e *Entities) End() { e.Ends = append(e.Ends, int32(len(e.Spans))) }

// Fail ends a row that could not be looked through.
func (e *Entities) Fail(err error) {
	e.Failures = append(e.Failures, Failure{Row: len(e.Ends), Err: err})
	e.End()
}

// Len is the number of rows.
func (e *Entities) Len() int { return len(e.Ends) }

// Row returns the spans of a row.
func (e *Entities) Row(i int) []Span {
	var start int32
	if i > 0 {
		start = e.Ends[i-1]
	}
	return e.Spans[start:e.Ends[i]]
}
