package tagger

import "github.com/winnow-stream/winnow/classify/entity"

// Span is an entity in a text. Its bounds are those of tokens, its type is an index into Model.Types, and its confidence is
// the probability that bounds and type are right.
type Span = entity.Span
