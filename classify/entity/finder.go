package entity

import "github.com/winnow-stream/winnow/classify"

// Span is an entity; its Type is an index into the types of the finder that found it.
type Span = classify.Span

// Finder finds the spans of some types in one text. Patterns, List and tagger.Model are finders.
//
// Find is called from many goroutines at once. It appends to dst, in any order; spans may overlap, each other's and those
// of other finders, but have to lie within the text, not empty, on the boundaries of code points. A span that breaks this
// is left out. Find keeps no reference to the text, and allocates nothing beyond dst.
type Finder interface {
	// Types are the names that Span.Type refers to. They stay the same.
	Types() []string
	// Version is a hash over everything that decides what is found.
	Version() string
	Find(dst []Span, text string) []Span
}

// Identifier is the capability of a finder whose spans may have an ID.
type Identifier interface {
	HasIDs() bool
}

// Selective is the capability of a finder that says how sure its spans have to be where nobody else does.
type Selective interface {
	MinConfidence() float64
}
