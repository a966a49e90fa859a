package column

import (
	"math"

	"github.com/winnow-stream/winnow/connectors/parquet/page"
)

// maxBytes is the most that the offsets of an Arrow string array can address, less a value of the largest page.
const maxBytes = math.MaxInt32 - page.MaxDictionary

// maxBound is the length to which the bounds of byte arrays are cut in page indexes (parquet-java's default), and above
// which they are left out of statistics.
const maxBound = 64

// A row group's dictionary of a column ends at these sizes; what comes after is written plain. Readers keep dictionaries
// in memory (parquet-cpp ends them at 1 MiB).
const (
	dictionaryBytes   = 1 << 20
	dictionaryEntries = 1 << 16
)

// A page tries a dictionary on its first values, and again after so many pages where it did not pay.
const (
	dictionaryTrial = 256
	dictionaryRest  = 15
)

var errRows = page.Corrupt("its pages hold fewer rows than the footer says")
