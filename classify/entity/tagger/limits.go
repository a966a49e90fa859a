package tagger

// Limits of what is trained on and loaded.
const (
	// maxTypes bounds the types of entities: a position costs about types² operations.
	maxTypes = 40
	// maxTypeName is the length of a type's name in bytes.
	maxTypeName = 100
	// maxChain is the number of tokens that are tagged at once. Longer texts are cut behind a line's or sentence's end.
	maxChain = 256
	// maxLine is the length of a line of examples in bytes.
	maxLine = 16 << 20
	// maxRows bounds the features of a model.
	maxRows = 1 << 24
	// maxDim bounds the components of a vector.
	maxDim = 1 << 14
	// maxWord is the length in bytes up to which a token is cached, and up to which its letters are looked at.
	maxWord = 32
)
