package xlsx

// Limits of the format (Excel specifications and limits).
const (
	// MaxRows is the number of rows of a sheet, its header included.
	MaxRows = 1_048_576
	// MaxColumns is the number of columns of a sheet.
	MaxColumns = 16_384
)
