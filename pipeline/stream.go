package pipeline

import (
	"context"
	"errors"
)

// Streamer is the capability of a source whose splits come and go while it is read, because several processes share
// them, and whose progress is kept outside of this process (a Kafka consumer group). The engine then calls Layout and
// Join, and neither Splits (explain does) nor Open. It keeps no state folder.
type Streamer interface {
	// Join makes this process a member. Errors that may pass are transient (fault.Transient): the engine joins again
	// with backoff, also when a Stream has failed.
	Join(ctx context.Context, o JoinOptions) (Stream, error)
	// Guarantee is what the source's own commits give, without a Recorder, and why.
	Guarantee() (Guarantee, string)
}

// JoinOptions are what a member is told.
type JoinOptions struct {
	Want Projection
	// Resume is asked for each split that this process gets, with the position that the source itself remembers (-1:
	// none): it returns where to go on. Nil: where the source remembers.
	Resume func(ctx context.Context, s *Split, committed int64) (next int64, err error)
}

// Stream is one membership. Next and Commit are never called at once, unless it is an Overlapper; Held may be called at any
// time.
type Stream interface {
	// Next returns the next records of one of the splits that this process holds, in order within the split. A split
	// that was taken away and comes back is a new *Split. Errors: io.EOF when all of them are read to their (bounded)
	// ends; ErrReassigned when splits have come or are being taken away, after which the engine ends the epoch;
	// the context's error at its deadline, after which Next is called again.
	Next(ctx context.Context) (*Batch, error)
	// Commit ends the epoch: what the splits' spans cover is done. Where the source carries the transaction that the
	// sinks write in, it ends that too. False without an error means that the epoch was aborted, because the splits
	// moved: the source has gone back to what was committed before, and Next goes on there. Where a Recorder decides,
	// the epoch stands all the same: the engine then joins anew.
	Commit(ctx context.Context, e *Epoch) (committed bool, err error)
	// Held are the splits that this process holds now.
	Held() []Holding
	Close() error
}

// Acknowledger is the capability of a Stream whose Commit tells others that their records are done, who forget them then.
// Commit comes after the sinks' Commit, so that nothing is acknowledged which a crash could still undo; it can't abort.
type Acknowledger interface {
	Acknowledges()
}

// Overlapper is the capability of a Stream whose Next may be called while Commit runs, so that the next epoch's records
// are worked on while this one's transaction ends. When Commit aborts, what Next handed out meanwhile is void: it stamps
// its batches with Batch.Rewinds, and the engine drops those whose number is below Rewinds.
type Overlapper interface {
	// Rewinds is how often the stream has gone back.
	Rewinds() int64
}

// Observer is the capability of a Stream that wants to know what became of each record before the epoch's Commit.
type Observer interface {
	// Observe is called once a batch, in order, from the writer's goroutine, when every row has its fate: Batch.Fates and
	// Faults say which. It may run beside Next. What it was told of an aborted epoch is void.
	Observe(b *Batch)
}

// Holding is a split that this process holds.
type Holding struct {
	Split *Split
	High  int64 // offset after the last record that can be read now; -1 while unknown
	Lost  int64 // records that were gone before they could be read, and that the source was told to pass over
	// Backlog counts records where the difference of offsets does not; nil: High tells.
	Backlog *Backlog
}

// Backlog is how many records of a split this process has handed out, and how many more can be read now.
type Backlog struct{ Handed, Ahead int64 }

// ErrReassigned is returned by Stream.Next when the epoch has to end since splits come or go.
var ErrReassigned = errors.New("splits are being reassigned")

// EpochError wraps an error of a sink after which the whole epoch has to be read again: records that it took are lost
// to it, so that writing the same batch again would leave a gap. Where it is transient, the engine has every sink Abort
// and goes back to the last commit.
type EpochError struct{ Err error }

func (e *EpochError) Error() string { return e.Err.Error() }

func (e *EpochError) Unwrap() error { return e.Err }

// Epoch is what one commit of a stream covers.
type Epoch struct {
	Number   int64
	Spans    []*Span
	Receipts map[string]Receipt // by sink
}

// Span is an epoch's part of one split: offsets [First, Next).
type Span struct {
	Split  *Split
	First  int64
	Next   int64
	Counts Counts

	// What a span that turns out to be void has added to the run's.
	sinks map[string]int64
	tally Tally
}

// SpanSink is the capability of a sink that keeps or names its output by the offsets that an epoch covers. Cover is
// called before each Prepare. The spans are the engine's: they are read during Prepare at the latest.
type SpanSink interface {
	Cover(spans []*Span)
}

// PartSink is the capability of a stream's sink that completes its files when an epoch ends, and wants that to be before
// they grow beyond a size.
type PartSink interface {
	// Full tells that a file has its size. It is asked once a batch, after the sinks' writes; where it is true the engine
	// ends the epoch behind that batch. So a file exceeds its size by what one batch adds, and by no more.
	Full() bool
}

// Recorder knows how a stream's outputs stand beside the offsets that the source remembers.
type Recorder interface {
	// Decides tells that the recorder itself keeps the checkpoints: an epoch is committed when Record has returned, and
	// Stream.Commit follows for those who watch the source's offsets. Otherwise Stream.Commit decides, Record is never
	// called, and only Resume is.
	Decides() bool
	// Resume finishes or undoes what a crash left of a split and returns where to go on. It is called by the stream, at
	// the same time as sinks' methods.
	Resume(ctx context.Context, s *Split, committed int64) (next int64, err error)
	// Record makes an epoch durable, span by span. It returns the splits that another process has gone on with
	// meanwhile: their part of the epoch is void, and the others' stands. The engine then joins anew, so that Resume
	// reads where they stand.
	Record(ctx context.Context, e *Epoch) (fenced []*Split, err error)
	// Guarantee is what that gives, and why.
	Guarantee() (Guarantee, string)
}
