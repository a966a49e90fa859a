package catalog

import "time"

const (
	// maxName is the length of a name or alias: room beside a version in file names and columns.
	maxName = 64 // bytes
	// maxManifest holds 200 labels with 100 examples of 700 bytes each.
	maxManifest = 16 << 20 // bytes
	// maxLabels is more than trained models have; a backend may allow fewer.
	maxLabels = 100_000
	// maxNotes is many pages.
	maxNotes = 64 << 10 // bytes
	// maxEvaluation holds a report with a curve for each of 200 labels.
	maxEvaluation = 4 << 20 // bytes
	// maxBlobs is more than a backend has files.
	maxBlobs = 16
	// maxBlobName is as long as a file's name needs to be.
	maxBlobName = 100 // bytes
	// maxHistory is how many moves of an alias are kept, the last ones.
	maxHistory = 1000
	// minPrefix is how many digits of a hash tell versions apart; more are asked for where they don't.
	minPrefix = 8
	// defaultMaxWeights holds the largest public fastText model (7.3 GB).
	defaultMaxWeights = 8 << 30 // bytes
	// defaultLockWait is longer than a writer takes on a slow disk.
	defaultLockWait = time.Minute
	// lockEvery is how often a lock that is taken is tried again.
	lockEvery = 5 * time.Millisecond
)
