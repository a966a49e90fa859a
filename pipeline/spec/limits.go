package spec

const (
	// maxBytes is the size of a spec: label sets with examples included, real ones stay below 100 KiB.
	maxBytes = 4 << 20
	// maxNodes bounds what aliases can blow a spec up to (the "billion laughs" of YAML).
	maxNodes = 200_000
	// maxDepth bounds nesting. Specs are 8 levels deep.
	maxDepth = 64
)
