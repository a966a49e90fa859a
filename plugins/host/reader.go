package host

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"google.golang.org/grpc"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/plugins/internal/frame"
	"github.com/winnow-stream/winnow/plugins/internal/wire"
	"github.com/winnow-stream/winnow/plugins/proto"
)

// reader reads a split of a source. A batch is asked for when one is taken, so that few are on their way.
type reader struct {
	source  *Source
	process *process
	stream  grpc.BidiStreamingClient[proto.ReadRequest, proto.ReadResponse]
	cancel  context.CancelFunc
	split   *pipeline.Split
	at      pipeline.Position
	rows    int // of a batch at most
	alloc   memory.Allocator
	batches *frame.Decoder
	ended   bool
	ahead   *int64 // records behind the last batch; nil: not known
}

var _ pipeline.Reader = (*reader)(nil)

// Next takes the next batch.
func (r *reader) Next(ctx context.Context) (*pipeline.Batch, error) {
	if r.ended {
		return nil, io.EOF
	}
	rows := int64(0)
	end := r.source.super.meter.call()
	defer func() { end(rows) }()
	response, columns, err := r.receive(ctx)
	if columns != nil {
		defer columns.Release()
	}
	if err != nil {
		return nil, r.source.lost(r.process, r.process.failed(ctx, "read a split", err))
	}
	switch {
	case response.GetError() != nil:
		return nil, refusal(&r.source.cfg.Program, response.GetError())
	case response.GetEnd():
		if end := r.split.End; end >= 0 && r.at.Offset > end {
			return nil, r.source.bad(fmt.Errorf("the split %s has records up to offset %d, beyond its end %d", shown(r.split.ID), r.at.Offset, end))
		}
		r.ended = true
		return nil, io.EOF
	}
	b, err := r.batch(response, columns)
	if err != nil {
		return nil, r.source.bad(err)
	}
	r.at, rows, r.ahead = b.Next, int64(b.Len()), response.Ahead
	// What is lost with a stream that is at its end is told by the next Recv.
	_ = r.stream.Send(&proto.ReadRequest{Credits: 1})
	return b, nil
}

// receive waits for a response, and for the columns that go with it. A process that takes longer than the timeout is ended.
func (r *reader) receive(ctx context.Context) (*proto.ReadResponse, *memory.Buffer, error) {
	hang := time.AfterFunc(r.source.cfg.CallTimeout, r.process.hang)
	defer hang.Stop()
	defer context.AfterFunc(ctx, r.cancel)()
	response := new(proto.ReadResponse)
	received := &wire.Received{Message: response, Alloc: r.alloc}
	err := r.stream.RecvMsg(received)
	return response, received.Batch, err
}

// batch makes a batch of a response, which is another process's: whatever the engine relies on is looked at.
func (r *reader) batch(response *proto.ReadResponse, columns *memory.Buffer) (*pipeline.Batch, error) {
	next := response.GetNext()
	b := &pipeline.Batch{
		Split: r.split, First: response.GetFirst(), Blank: response.GetBlank(),
		Next: pipeline.Position{Offset: next.GetOffset(), Byte: next.GetByte(), Read: next.GetRead()},
	}
	idle := r.source.unbounded() && columns == nil && b.Next.Offset == b.First
	if b.High = response.GetHigh(); b.First != r.at.Offset || b.Next.Offset <= b.First && !idle {
		return nil, fmt.Errorf("the batch [%d, %d) follows offset %d", b.First, b.Next.Offset, r.at.Offset)
	}
	if response.GetAhead() < 0 {
		return nil, fmt.Errorf("%d records are ahead", response.GetAhead())
	}
	if ms := response.GetTime(); ms != 0 {
		b.Time = time.UnixMilli(ms)
	}
	if columns == nil {
		return b, nil
	}
	record, err := r.batches.DecodeBuffer(columns)
	if err != nil {
		return nil, err
	}
	if err := frame.Sound(record); err != nil {
		return nil, err
	}
	offsets := record.Column(0).(*array.Int64)
	switch n := record.NumRows(); {
	case n > int64(r.rows):
		return nil, fmt.Errorf("a batch of %d rows, and at most %d were asked for", n, r.rows)
	case offsets.NullN() > 0:
		return nil, errors.New("an offset is null")
	}
	last := b.First - 1
	for _, o := range offsets.Int64Values() {
		if o <= last || o >= b.Next.Offset {
			return nil, fmt.Errorf("the offset %d follows %d in the batch [%d, %d)", o, last, b.First, b.Next.Offset)
		}
		last = o
	}
	b.Record = record
	for _, f := range response.GetRows() {
		row := int(f.GetRow())
		if row >= b.Len() || !b.Live(row) {
			return nil, fmt.Errorf("the row %d of %d fails, or fails again", row, b.Len())
		}
		if wantsLater(f) {
			return nil, fmt.Errorf("the row %d is to be read later, which a split as a whole can be", row)
		}
		b.Kill(row, rowError(&r.source.cfg.Program, f))
	}
	record.Retain() // the decoder lets go of it with the next one
	return b, nil
}

// Close stops the reading.
func (r *reader) Close() error {
	r.cancel()
	r.batches.Close()
	return nil
}
