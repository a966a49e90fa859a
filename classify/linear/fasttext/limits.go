package fasttext

const (
	// maxDim is far above what is used (300), and keeps what is made of few labels (model.go, block) small.
	maxDim = 1 << 16
	// maxWord bounds a word of the dictionary: such long ones are no words but a damaged file.
	maxWord = 1 << 24 // bytes
	// maxInflated is the largest size of a quantized matrix that is kept as plain rows, and maxInflation how many times
	// its file's size that may be. Beyond them rows are put together anew for each text.
	maxInflated  = 256 << 20 // bytes
	maxInflation = 64
	// maxTrailer bounds what winnow itself keeps behind a model.
	maxTrailer = 64 << 20 // bytes
)
