package parquet

const (
	// maxRows is the largest number of rows of one file: more than 2^40 is a damaged footer, not data.
	maxRows = 1 << 40
	// maxRowGroups is the largest number of row groups: the format numbers them in 16 bits (RowGroup.ordinal).
	maxRowGroups = 1<<15 - 1
	// splitRows is the least number of rows of a split, so that files of many small row groups don't become as many
	// splits.
	splitRows = 1 << 16
	// headBytes is how much of a file's beginning enters its fingerprint.
	headBytes = 4 << 10
	// openFooters is how many files' footers are kept decoded between Splits and Open.
	openFooters = 8
)

const (
	// defaultRowGroupRows is the number of rows after which the sink ends a row group; readers work in parallel by row
	// groups (DuckDB writes 122,880 rows, parquet-cpp 1,048,576).
	defaultRowGroupRows = 250_000
	// defaultPartSize is the size in bytes after which a folder's part file ends: a size that object stores and readers in
	// parallel like (Spark's maxPartitionBytes).
	defaultPartSize = 128 << 20
	// rowGroupBytes ends a row group that is large before it has its rows: a group's compressed pages are held in memory
	// until it is written, because Parquet wants the columns one after another.
	rowGroupBytes = 32 << 20
	// pageRows and pageBytes end a page. The source's batches are of this size, so that one is a page of each column.
	pageRows  = 20_000
	pageBytes = 1 << 20
	// freeEncoders is how many sets of encoders are kept, one for each worker. Unlike a sync.Pool a channel keeps them
	// over collections, so that megabytes don't come and go.
	freeEncoders = 64
	// smallBatch is the number of rows below which a batch shares its pages with the next ones.
	smallBatch = 1024
	// sampleBytes is the size at which the first rows that share pages are cut, so that it is known early how well they
	// compress: what waits for a page counts by that (Sink.Size).
	sampleBytes = 64 << 10
	// A row group with less than this share of the rows that it may have is merged with its neighbours at the seal, where
	// the small groups together have at most mergeBytes.
	mergeShare = 5
	mergeBytes = 64 << 20
)
