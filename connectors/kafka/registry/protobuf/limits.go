package protobuf

const (
	// maxDepth is how deep messages may be nested: the default of protobuf's own decoders.
	maxDepth = 100
	// maxParts is how many messages, entries of maps and elements of lists a payload may hold. A message in memory is 50
	// times as large as the two bytes that an empty one takes.
	maxParts = 1 << 20
	// maxIndexes is how long a path to a message within messages may be.
	maxIndexes = maxDepth
	// maxNumber is the largest of them.
	maxNumber = 1 << 30
)
