package xlsx

// Limits of the format (Excel specifications and limits).
const (
	// MaxRows is the number of rows of a sheet, its header included.
	MaxRows = 1_048_576
	// MaxColumns is the number of columns of a sheet.
	MaxColumns = 16_384
)

// Limits against archives that inflate to more than they seem.
const (
	// defaultMaxInflated is the size of all files of an archive together. The largest sheets of real data that we know
	// of, a million rows of a dozen short cells, take 600 MiB.
	defaultMaxInflated = 1 << 30
	// maxRatio is how many times larger than the archive its files may be, once they exceed freeInflated. Sheets of
	// real data reach 10 to 30, empty cells with styles about 100, zeros 1000.
	maxRatio     = 200
	freeInflated = 16 << 20
	// maxEntries is the number of files in an archive; workbooks have about one for each sheet and picture.
	maxEntries = 10_000
	// maxShared is the size of a workbook's shared texts, which are held in memory.
	maxShared = 192 << 20
	// maxPart is the size of the small files of a workbook: its lists of sheets, of relations, of styles.
	maxPart = 16 << 20
	// maxToken is the size of one tag or text. A cell holds 32,767 characters, 8 bytes each if all are escaped.
	maxToken = 4 << 20
	// maxDepth is how deep elements may be nested; sheets need about 8.
	maxDepth = 64
)
