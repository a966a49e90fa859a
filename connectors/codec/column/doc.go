// Package column builds the Arrow columns of a batch in buffers that are sized once: the decoders of text formats know
// where each value lies before they copy the first, so nothing grows and nothing is allocated for a row.
//
// A builder is used by one goroutine, once. Its Array owns the buffers; Drop frees a builder that is given up.
// The package knows nothing of formats or of the engine.
package column
