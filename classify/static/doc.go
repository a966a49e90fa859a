// Package static is winnow's default backend: zero- and few-shot classification on static token embeddings that are
// compiled into the binary. No network, no GPU, about a microsecond a text.
//
// A text's vector is the normalized sum of its tokens' rows (vector.go) in a Table (table.go). How labels become vectors
// and their dot products answers is package prototype; the constants that turn these vectors' cosines into probabilities
// are in calibration.go.
//
// Tokenizing is package wordpiece, the inner loops are package kernel; all answer with the same bits on every machine,
// so an answer depends on the text, the label set, the options and the table alone, and Info.Version is a hash over
// these.
//
// The table is distilled from MiniLM by distill/; table/NOTICE.md has its licences.
package static
