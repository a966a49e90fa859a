package head

// Limits of training. What goes beyond rows and text is thinned out evenly; what goes beyond the others is refused.
const (
	// MaxLabels is what a model can have: labels are stored as 16 bits.
	MaxLabels = 1 << 15
	// MaxRows is how many rows are trained on. With 150 n-grams each, as sentences have, they take 1.3 GiB.
	MaxRows = 2 << 20
	// MaxRowLabels bounds the labels of one row.
	MaxRowLabels = 1000

	maxText   = 384 << 20 // bytes of text that are kept
	maxScores = 32 << 20  // out-of-fold scores that are kept, rows × labels: 128 MiB
	// maxGrams is how many n-grams all rows may have together, 4 bytes each: character n-grams are left out beyond it.
	maxGrams = 160 << 20
	// maxVectors is how many rows get static vectors, 1 KiB each. With so many rows n-grams do as well alone.
	maxVectors = 96 << 10
)
