package registry

import "time"

const (
	// timeout is how long one answer of the registry may take. It is shorter than the session of a consumer group (45 s),
	// which would be lost while a record waits.
	timeout = 10 * time.Second
	// negativeFor is how long it is believed that an id is unknown: a registry's followers lag behind by less.
	negativeFor = 10 * time.Second
	// maxNegative is how many such ids are kept. Ids come from records, and records from anyone.
	maxNegative = 1000
	// maxReferences is how many schemas one schema may refer to, over all.
	maxReferences = 1000
	// headSize is the length of the magic byte and the id.
	headSize = 5
)
