package pipeline

import (
	"iter"
	"slices"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Names of the runtime's own columns in Batch.Record. Users' columns never begin with an underscore; a source renames
// nothing, the plan refuses such an input column only where it would collide.
const (
	ColOffset = "_offset" // int64: the record's offset in its split; always the first column
	ColRaw    = "_raw"    // binary: the record as it came, its line end included
	ColText   = "_text"   // utf8, or dictionary<int32, utf8>: what is classified; null where a row is not live
	// ColOriginal is the record as it came where _raw holds another form of it (binary).
	ColOriginal = "_original"
	// What a message has beside its value (Projection.Meta). A column is left out where no record of the batch has it.
	ColKey     = "_key"     // binary; null where the message has no key
	ColTime    = "_time"    // timestamp[ms, UTC]
	ColHeaders = "_headers" // list<struct<key: utf8, value: binary>>, in the message's order; keys may repeat
	// ColFrom is where a record stood that comes again out of the dead letters; see Batch.Origin.
	ColFrom  = "_from"  // struct<split: utf8, offset: int64, attempts: int64>; null for a record that comes the first time
	ColExtra = "_extra" // utf8: fields of a JSON record that its schema does not know, as one JSON object
)

// Split is a part of a source that is read on its own and in order: a file, a range of Parquet rows, a Kafka partition.
type Split struct {
	ID    string // stable over restarts, unique in the source: "reviews.csv", "a.parquet[100000:200000]"
	File  string // what a user calls the place: path or topic/partition
	Start int64  // offset of the first record
	End   int64  // offset after the last record; -1 where reading has to tell
	Size  int64  // source bytes of the split, 0 where unknown: for progress only
	// Fingerprint identifies the content (size, time, hash of the head). A resumed run refuses another.
	Fingerprint string
}

// Position is a place between two records of a split. Offset alone determines it; the rest saves work when a reader
// opens there.
type Position struct {
	// Offset of the next record: the line, counted from 0, on which it begins (text formats), the row (Parquet,
	// sheets), the broker's offset.
	Offset int64 `json:"offset"`
	// Byte in the decompressed source at which the next record begins; -1 where it is unknown or has no meaning.
	Byte int64 `json:"byte"`
	// Read is how many source bytes were consumed so far (compressed ones, where the file is), for progress.
	Read int64 `json:"read,omitempty"`
}

// Batch is the records of [First, Next) of one split as one Arrow record batch, and what the stages add to them.
//
// The engine owns a batch and everything in it: stages and sinks use it during their call only, and call neither
// Retain nor Release unless they keep a column beyond it.
type Batch struct {
	Split *Split
	First int64    // offset of the first record position that the batch covers
	Next  Position // position after the last record; blank lines may lie in between, so a batch can have no rows
	Blank int64    // blank lines skipped in the range: counted, no records

	// Record holds the columns that the projection asked for, runtime columns among them. Its row count is the number
	// of records read.
	Record arrow.RecordBatch
	// Result holds the classification's columns under their final names, with as many rows; nil before it.
	Result arrow.RecordBatch
	// Labels are the indexes into the classifier's labels behind Result, one a row, -1 where null; nil without a
	// classifier. Valid as long as the batch.
	Labels     []int32
	Confidence []float32
	Reasons    []classify.Reason // why a label is null
	// Tokens is how many a stage has read that answers by itself, of rows that are live.
	Tokens int64

	// Fates says of each row whether it still goes to a sink. Nil: all of them do.
	Fates []Fate
	// Faults are the reasons of rows whose fate is Dead, in any order; one a row. On views they are empty, unless the sink
	// takes dead rows (DeadSink).
	Faults []RowFault

	// Rows are the rows that this sink gets, ascending; nil: all of them. Set on the views that the engine hands to
	// sinks, not on the batch that stages see.
	Rows []int32
	// Encoded is what the sink's Encode made of the batch; nil for sinks that don't encode.
	Encoded any

	// Streamed tells that the split comes from a Stream.
	Streamed bool
	// Rewinds is how often its stream had gone back when the batch was read (Overlapper).
	Rewinds int64
	// Parents are what the batch's records came by, where that carries a trace and the records don't: HTTP requests
	// (Projection.Traces).
	Parents []TraceParent
	// High is the offset after the split's last record when the batch was read; 0 where unknown.
	High int64

	gen        *generation   // what it is worked on with
	classified time.Duration // how long that took
	way        *Way          // nil: nobody wants to know

	cost int64 // credits that the batch holds
	// flowing tells that the batch is on its way to the writer, no longer waiting for its split's turn.
	flowing bool
	views   []*Batch // what each sink gets
	// redacted tells of a view that its Record and Result are its own.
	redacted bool
}

// Fate is the outcome that a row is heading for.
type Fate uint8

const (
	// Live rows go to a sink.
	Live Fate = iota
	// Dropped rows were taken out by a rule of the user's (where, a route to nowhere).
	Dropped
	// Bare rows go to the first sink as they came, without a label: messages without a value (tombstones).
	Bare
	// Dead rows go to the dead letters with their fault.
	Dead
)

// RowFault is why a row is dead.
type RowFault struct {
	Row int
	Err *fault.Error
	// Raw is the original record where the _raw column does not hold it whole; nil otherwise.
	Raw []byte
	// Size and SHA256 (in hexadecimal) stand for a record that was too large to be kept; 0 and empty otherwise.
	Size   int64
	SHA256 string
}

// Len is the number of records read into the batch.
func (b *Batch) Len() int {
	if b.Record == nil {
		return 0
	}
	return int(b.Record.NumRows())
}

// Count is the number of rows that a sink gets.
func (b *Batch) Count() int {
	if b.Rows != nil {
		return len(b.Rows)
	}
	return b.Len()
}

// EachRow yields the rows of a column, and whether there is a value: one that is not null, in one of rows (ascending; nil: all).
func EachRow(column arrow.Array, rows []int32) iter.Seq2[int, bool] {
	return func(yield func(int, bool) bool) {
		next := 0
		for row := range column.Len() {
			has := rows == nil
			if !has && next < len(rows) && int(rows[next]) == row {
				has = true
				next++
			}
			if !yield(row, has && column.IsValid(row)) {
				return
			}
		}
	}
}

// gets reports whether a row is among those that a sink gets.
func (b *Batch) gets(row int) bool {
	if b.Rows == nil {
		return true
	}
	_, has := slices.BinarySearch(b.Rows, int32(row))
	return has
}

// Column returns a column of Record by name; nil where it is absent.
func (b *Batch) Column(name string) arrow.Array {
	if b.Record == nil {
		return nil
	}
	schema := b.Record.Schema()
	for i := range schema.NumFields() { // Fields would copy them
		if schema.Field(i).Name == name {
			return b.Record.Column(i)
		}
	}
	return nil
}

// Offsets returns the records' offsets. The slice aliases the column.
func (b *Batch) Offsets() []int64 {
	return b.Record.Column(0).(*array.Int64).Int64Values()
}

// Raw returns the original bytes of a row, its line end included; nil where the projection did not ask for them. The
// slice aliases the column.
func (b *Batch) Raw(row int) []byte {
	c, ok := b.Column(ColRaw).(*array.Binary)
	if !ok || c.IsNull(row) {
		return nil
	}
	return c.Value(row)
}

// Live reports whether a row still goes through the stages to a sink.
func (b *Batch) Live(row int) bool { return b.Fates == nil || b.Fates[row] == Live }

// Drop takes a live row out by rule.
func (b *Batch) Drop(row int) { b.setFate(row, Dropped) }

// Bypass takes a live row past the stages, to the first sink.
func (b *Batch) Bypass(row int) { b.setFate(row, Bare) }

// Kill sends a live row to the dead letters. The first reason stands.
func (b *Batch) Kill(row int, err *fault.Error) {
	if b.Live(row) {
		b.setFate(row, Dead)
		b.Faults = append(b.Faults, RowFault{Row: row, Err: err})
	}
}

func (b *Batch) setFate(row int, f Fate) {
	if b.Fates == nil {
		b.Fates = make([]Fate, b.Len())
	}
	b.Fates[row] = f
}

// releaseEncoded gives back what the sink's Encode has made and no Write has taken.
func (b *Batch) releaseEncoded() {
	if r, ok := b.Encoded.(Releaser); ok {
		r.Release()
	}
	b.Encoded = nil
}

// cut shortens the batch to at most limit records and returns how many are left.
func (b *Batch) cut(limit int64) int64 {
	n := int64(b.Len())
	if n <= limit {
		return n
	}
	b.Next = Position{Offset: b.Offsets()[limit], Byte: -1, Read: b.Next.Read}
	whole := b.Record
	b.Record = whole.NewSlice(0, limit)
	whole.Release()
	if b.Fates != nil {
		b.Fates = b.Fates[:limit]
	}
	kept := b.Faults[:0]
	for _, f := range b.Faults {
		if int64(f.Row) < limit {
			kept = append(kept, f)
		}
	}
	b.Faults = kept
	return limit
}
