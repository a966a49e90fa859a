package tagger

// Span is an entity in a text.
type Span struct {
	// Start and End are offsets in bytes, on the boundaries of tokens.
	Start, End int32
	// Type is an index into Model.Types.
	Type int32
	// Confidence is the probability that bounds and type are right, in [0, 1], rounded to 4 decimals.
	Confidence float32
}
