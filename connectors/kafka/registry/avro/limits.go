package avro

const (
	// maxDepth is how deep records, arrays and maps may be nested in a value. Real records stay below 20.
	maxDepth = 100
	// MaxJSON is how long the JSON form of one value may grow, in bytes: four times the default of max_record_bytes.
	// Without it a few bytes that stand for millions of nulls would fill the memory.
	MaxJSON = 64 << 20
	// maxDecimal is how long a decimal may be, in bytes: 2,400 digits.
	maxDecimal = 1000
)
