// Package entity finds typed spans in texts: patterns with checks (Patterns), and terms of lists (List). An Extractor puts
// finders together: it settles overlaps, drops what is unsure, and answers batches as a classify.Extractor does. A
// tagger that was trained is one more Finder.
//
// Promises, which fuzz tests hold:
//
//   - Spans lie within their text, begin and end between code points, are sorted, and do not overlap.
//   - A text's spans depend on that text alone.
//   - Nothing is allocated for a text, its spans aside; no regular expression runs.
//
// Overlaps: the longer span wins; of two equally long ones the one of the finder that was named first (lists before
// patterns), then the one whose type stands first in PatternTypes; then the earlier. Where entities are to be hidden
// (Config.Cover) overlapping ones become one, or a part of what loses would stay.
//
// The package imports classify (the contract) and pipeline/fault.
package entity
