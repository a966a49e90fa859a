package eval

// Limits of what an Evaluator keeps. They are generous for labels and small for memory.
const (
	// MaxLabels is how many labels can be met where none were named before. More of them are not labels but texts, and
	// would be counted in pairs.
	MaxLabels = 5_000
	// maxName is how long a label's name can be where none were named before, in bytes.
	maxName = 1_000
	// maxSpellings is how many ways to write labels are remembered, so as not to fold them again.
	maxSpellings = 4 * MaxLabels
	// maxUnknown is how many unknown gold labels are told apart by name.
	maxUnknown = 1_000
	// curvePoints is how many steps of coverage a curve has.
	curvePoints = 100
	// wrongText is the default of Config.TextLength.
	wrongText = 300
)
