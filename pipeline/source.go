package pipeline

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// Source is where records come from. The engine calls Layout and Splits once each, in that order, from one goroutine;
// then Open for each split, from several goroutines. Constructors of sources touch nothing outside; Layout does first.
type Source interface {
	// Layout looks at the input and says what its records are like.
	Layout(ctx context.Context) (*Layout, error)
	// Splits lists the parts in the order in which their records come out.
	Splits(ctx context.Context) ([]*Split, error)
	// Open starts reading a split at a position: {Offset: split.Start, Byte: -1} or one that a Batch.Next of the same
	// split gave. A position with Byte -1 is found by its Offset alone.
	Open(ctx context.Context, split *Split, from Position, want Projection) (Reader, error)
}

// Reader reads one split in order. One goroutine uses it.
type Reader interface {
	// Next returns the next records, within the limits of the projection, and io.EOF after the last. The caller
	// releases Batch.Record. Records that can't be read are rows with a fault (Batch.Kill). Any other error ends the
	// split; a transient one (fault.Transient) lets the engine open it again at the last position. At the end of a
	// bounded split the reader has checked everything that the format lets it check (checksums, counts), and that the
	// file did not change while it was read.
	Next(ctx context.Context) (*Batch, error)
	Close() error
}

// Decoder is the capability of a source whose readers only cut the input into records: Decode fills in the projected
// columns afterwards, on the engine's workers, from many goroutines at once. Before Decode, Batch.Record holds _offset
// and _raw alone; Decode replaces it (the old one is released by Decode).
type Decoder interface {
	Decode(ctx context.Context, b *Batch, want Projection) error
}

// CutSchema is that of a Decoder's batches before they are decoded, what a source adds of its own aside.
var CutSchema = arrow.NewSchema([]arrow.Field{
	{Name: ColOffset, Type: arrow.PrimitiveTypes.Int64},
	{Name: ColRaw, Type: arrow.BinaryTypes.Binary, Nullable: true},
}, nil)

// Layout is what is known of a source's records before they are read.
type Layout struct {
	// Format names the records' encoding: jsonl, csv, text, xlsx, parquet.
	Format string
	// Schema holds the users' columns in their order. For JSON it is inferred from the first records, with nested
	// values as utf8 (field metadata "json": "true").
	Schema *arrow.Schema
	// Open is true where records can hold fields that Schema does not know (JSON).
	Open bool
	// Raw says what _raw holds, and so what a sink can splice results into.
	Raw RawFormat
	// CSV is the dialect of RawCSV records.
	CSV *Dialect
	// Replayable is false for what can be read only once, such as standard input: nothing can be resumed.
	Replayable bool
	// Hidden are columns beside the schema's that can be asked for by name alone: _topic, _partition, _time, _key and value
	// of a message.
	Hidden []arrow.Field
	// Inferred tells that the schema was found by looking at records: a field that none of them has is most likely
	// mistyped.
	Inferred bool
	// Notes tell the user what was detected or assumed, one sentence each.
	Notes []string
}

// RawFormat is the encoding of the bytes in the _raw column.
type RawFormat uint8

const (
	RawNone RawFormat = iota // the source has no bytes of single records (Parquet, sheets)
	RawJSON                  // one JSON object
	RawCSV                   // one CSV record in Layout.CSV's dialect
	RawText                  // one line of text
)

// Dialect is how a CSV file is written.
type Dialect struct {
	Delimiter byte
	Header    []byte // the header record as it came, without line end; nil where the file has none
	LineEnd   string // "\n" or "\r\n", as the header or the first record ends
}

// Projection is what a reader shall put into its batches.
type Projection struct {
	// Columns are the wanted fields of Layout.Schema, in any order, by name; nested ones by a dotted path
	// ("user.comment"), which then is the column's name too. For JSON a field that the schema does not know can be
	// asked for with a type of the caller's choice: utf8 for a value used as text (strings unescaped; other values,
	// null and absence give null), or utf8 with metadata "json": "true" for any value as its JSON text.
	Columns []arrow.Field
	// Raw asks for _raw.
	Raw bool
	// Meta asks for _key, _time and _headers, where records have them.
	Meta bool
	// Traces asks for Batch.Parents, and for _headers, where messages carry trace contexts.
	Traces bool
	// Extra asks for _extra: JSON fields outside of Layout.Schema, those among Columns as well, which a stage may be alone in
	// knowing.
	Extra bool
	// Reserved are names that results will have: a JSON record with such a field is a record.field_conflict row.
	Reserved []string
	// Rows and Bytes bound a batch; a batch closes at whichever comes first.
	Rows  int
	Bytes int
	// MaxRecord is the size in bytes above which a record is a record.too_large row without value.
	MaxRecord int
	// Alloc allocates the columns.
	Alloc memory.Allocator
}
