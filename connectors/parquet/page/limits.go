package page

const (
	// MaxHeader is the largest page header in bytes. Headers hold statistics, which hold values; parquet-cpp gives up at
	// the same size (kDefaultMaxPageHeaderSize).
	MaxHeader = 16 << 20
	// MaxPage is the largest page in bytes, compressed or not. Writers aim at 1 MiB (parquet-java, parquet-cpp, DuckDB)
	// or less; a page holds whole values, so that one of a few large documents may be larger. The limit keeps a header's
	// claim from being allocated.
	MaxPage = 128 << 20
	// MaxDictionary is the largest dictionary page in bytes. Writers fall back to plain pages at about 1 MiB, parquet-go
	// by default only at 1 GiB.
	MaxDictionary = 256 << 20
	// MaxFooter is the largest footer in bytes: 1,000 columns in 400 row groups.
	MaxFooter = 64 << 20
	// MaxStructs is the largest number of thrift structs in a footer. One becomes up to 700 bytes of memory.
	MaxStructs = 500_000
	// maxDepth is how deep thrift structs may nest: a footer's are 6 deep.
	maxDepth = 16
)
