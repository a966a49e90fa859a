package classify

// Limits of a label set. More labels than these are better served by a trained classifier; at 200 labels zero-shot
// answers are right less often than not.
const (
	MaxLabels    = 200
	MaxLabelName = 100 // characters (code points)
	MaxExamples  = 100 // a label
)

// maxErrors is how much of what is wrong with a set is said: nobody mends more at once, and it is answered over a network.
const maxErrors = 100

// maxLabelsFile bounds what is read of a labels file: 200 labels with 100 long examples each are far below it.
const maxLabelsFile = 16 << 20 // bytes
