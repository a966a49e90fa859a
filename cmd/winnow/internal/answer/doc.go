// Package answer takes answered rows out of a pipeline's batches for an evaluation: gold labels from a column of the
// input, and the answers from the pipeline's classifier or from columns that an earlier run wrote.
package answer
