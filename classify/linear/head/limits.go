package head

// Limits of training. What goes beyond rows and text is thinned out evenly; what goes beyond the others is refused.
const (
	// MaxLabels is what a model can have: labels are stored as 16 bits.
	MaxLabels = 1 << 15
	// MaxRows is how many rows are trained on.
	MaxRows = 2 << 20
	// MaxRowLabels bounds the labels of one row.
	MaxRowLabels = 1000

	maxText   = 128 << 20 // bytes of text that are kept, with 4 to 5 bytes of numbers each
	maxScores = 32 << 20  // out-of-fold scores that are kept, rows × labels: 128 MiB
	// maxVectors is how many rows get vectors, 1 KiB each of the table's and 1.5 KiB of MiniLM's. With so many rows n-grams
	// do as well alone as with the table's, which are left out then; for an encoder's, rows are (Space.Required).
	maxVectors = 96 << 10
)
