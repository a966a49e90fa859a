package pipeline

import (
	"context"
	"encoding/json"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// Sink is where records go. The engine calls its methods from one goroutine at a time, Encode (see Encoder) excepted.
//
// Life: Need, Open, then Write … Prepare, Commit, again and again, at last Seal (if it is a Sealer) and Close. A
// commit is: Prepare of every sink, the checkpoint recorded with their receipts, Commit of every sink. After a crash
// Open gets the last recorded receipt: it commits that (again), undoes whatever came after, and goes on from there.
type Sink interface {
	// Need says which columns the sink wants of a source with this layout.
	Need(in *Layout) Need
	// Open readies the sink. It touches the world for the first time here. After a transient error it is called again,
	// and finds its own leftovers. An output that is in its place already is refused, unless Overwrite or Sealing, also
	// when the run is resumed: it can't be the run's own before the seal.
	Open(ctx context.Context, o SinkOpen) error
	// Write takes the rows b.Rows of a batch (nil: all). It may buffer. Calls come in split order. A sink that can fail
	// for single rows returns a *RowErrors; everything else went through then. After any other error the sink stands
	// where it stood before the call: a transient one makes the engine write the same batch again.
	Write(ctx context.Context, b *Batch) error
	// Prepare makes durable what was written, without making it visible in a way that can't be cut off again.
	Prepare(ctx context.Context, epoch int64) (Receipt, error)
	// Commit makes a receipt's data final. It is idempotent.
	Commit(ctx context.Context, r Receipt) error
	// Abort undoes everything after the last commit. It is idempotent.
	Abort(ctx context.Context) error
	// Close frees what Open took. Uncommitted data is left as a crash would leave it. It may come without an Open
	// before it, and more than once.
	Close() error
}

// Receipt is what a sink needs to finish or cut off an epoch after a crash, in its own encoding. It is part of the
// checkpoint, so it is small.
type Receipt = json.RawMessage

// Need is what a sink wants to have in its batches.
type Need struct {
	Raw     bool          // _raw, to splice into or to keep
	Meta    bool          // _key, _time and _headers
	Fields  []arrow.Field // these columns of the layout's, hidden ones among them
	Columns bool          // every column of the layout's schema, and _extra where it is open
}

// SinkOpen is what a sink is told when it is opened.
type SinkOpen struct {
	// Pipeline is the pipeline's name, which stays the same over runs; RunID is the run's.
	Pipeline string
	RunID    string
	// Input is the source's layout; Result the schema of Batch.Result, nil without a classifier.
	Input  *Layout
	Result *arrow.Schema
	// Labels are the classifier's labels; nil without one.
	Labels []string
	// Last is the receipt of the last checkpoint; nil for a start from nothing.
	Last Receipt
	// Resumed tells that the run had begun before: leftovers beside the output are its own, even where it crashed
	// before its first commit (Last nil). Without it they are refused, unless Overwrite.
	Resumed bool
	// Sealing tells that the checkpoint is the seal's: the output may already be in place.
	Sealing bool
	// Durable is false where no state is kept: nothing will be resumed.
	Durable   bool
	Overwrite bool
	// Stream tells that records follow those of earlier runs, of which no receipt is kept: what they committed stays.
	Stream bool
	// Scope is what a Resumer keeps offsets for: a stream's sink, over all of its runs, or a bounded run's.
	Scope string
	// Rows is how many rows are going to come in all, rejected ones included; -1 where that can't be known before.
	Rows int64
	// OmitEmpty asks a Sealer to leave no output where no row came: the dead letters of a run without any.
	OmitEmpty bool
	Alloc     memory.Allocator
}

// Encoder is the capability of a sink that turns batches into bytes on the engine's workers: Encode sets b.Encoded
// before Write gets the batch. It is called from many goroutines at once, after Open. Where what it sets is a Releaser, that is
// released when the engine is done with the batch, written or not; a Write that sets b.Encoded to nil keeps it.
type Encoder interface {
	Encode(ctx context.Context, b *Batch) error
}

// Releaser is what holds something that is to be given back.
type Releaser interface {
	Release()
}

// Sealer is the capability of a sink with an end: Seal makes the whole output visible in one step. The last receipt
// was recorded as sealing before; Seal is repeated after a crash until it is recorded as done.
type Sealer interface {
	Seal(ctx context.Context, r Receipt) error
}

// Describer is the capability of a connector that can say in one line what it is, for explain and status: kind and
// place, without secrets.
type Describer interface {
	Describe() string
}

// Looker is the capability of a sink that can see before a run whether what it writes to is there. It changes nothing.
type Looker interface {
	Look(ctx context.Context, labels []string) error
}

// BareSink is the capability of a sink that takes rows without a value (Bare), whose _raw is null. Other sinks are spared
// them: they count as dropped.
type BareSink interface {
	TakesBare() bool
}

// DeadSink is the capability of a sink whose output has a row for each record, rejected ones among them: its views have dead
// rows as well, and their Faults say which and why. Such rows count as dead all the same, and go to the dead letters, too. A
// batch of dead rows alone is a view like any other. Only the first sink of a pipeline without a router is asked.
type DeadSink interface {
	TakesDead() bool
}

// Reserver is the capability of a sink that gives results names of its own: a JSON record that has such a field, which the
// layout does not know, is a record.field_conflict row.
type Reserver interface {
	Reserves(in *Layout) ([]string, error)
}

// Guarantor is the capability of a sink that keeps less than exactly once. A sink without it promises that prepare,
// commit and abort work as the contract says.
type Guarantor interface {
	// Guarantee returns what the sink can keep with a resumable source, and why, in one sentence.
	Guarantee() (Guarantee, string)
}

// StreamGuarantor is the capability of a sink that keeps less in a stream, where nobody keeps its receipts.
type StreamGuarantor interface {
	// StreamGuarantee returns what the sink can keep there, and why, in one sentence.
	StreamGuarantee() (Guarantee, string)
}

// Patient is the capability of a sink that says for itself how long a write that fails with transient errors is tried
// again, in place of Config.RetryBudget.
type Patient interface {
	Patience() time.Duration
}

// RowErrors is the error of a Write that failed for single rows only.
type RowErrors struct {
	Rows []RowFault // rows by their index in Batch.Record
}

func (e *RowErrors) Error() string { return e.Rows[0].Err.Error() }

// Unwrap gives the first row's error, whose code is that of dead letters which are refused in their turn.
func (e *RowErrors) Unwrap() error { return e.Rows[0].Err }
