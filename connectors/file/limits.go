package file

import "time"

const (
	// headSize is how much of a file detection looks at and its fingerprint covers.
	headSize = 64 << 10

	// sampleSize and sampleRecords bound what a schema is inferred from.
	sampleSize    = 4 << 20
	sampleRecords = 10_000

	// minChunk and maxChunk bound what is read at once, larger records apart.
	minChunk = 64 << 10
	maxChunk = 8 << 20

	// maxSkipped is how much of one too large record is read past before the file counts as broken: 1 GiB takes
	// seconds, and a file that is one line, such as a decompression bomb, would take until its end.
	maxSkipped = 1 << 30

	// defaultMaxInflated is the size to which a compressed file may grow.
	defaultMaxInflated = 1 << 40

	// maxColumns is the most columns that a CSV file may have; sheets have as many.
	maxColumns = 16_384

	// stdinPatience is how long detection waits for more of a standard input that has given something.
	stdinPatience = 500 * time.Millisecond
)
