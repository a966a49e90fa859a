// Package static is winnow's default backend: zero- and few-shot classification on static token embeddings that are
// compiled into the binary. No network, no GPU, about a microsecond a text.
//
// A text's vector is the normalized sum of its tokens' rows (vector.go) in a Table (table.go); a label's vector is the
// normalized sum of its name's and its description's, and its examples pull it towards their mean (prototype.go). The
// labels' dot products with a text go through a softmax with a temperature, or each through a scale of its own
// (calibration.go), and become answers (classify.go). refine.go moves prototypes towards the texts of a bounded input.
//
// Tokenizing is package wordpiece, the inner loops are package kernel; both answer with the same bits on every machine,
// so an answer depends on the text, the label set, the options and the table alone, and Info.Version is a hash over
// these.
//
// The table is distilled from MiniLM by distill/; table/NOTICE.md has its licences.
package static
