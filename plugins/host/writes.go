package host

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"google.golang.org/grpc"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/plugins/internal/delivery"
	"github.com/winnow-stream/winnow/plugins/internal/frame"
	"github.com/winnow-stream/winnow/plugins/proto"
)

// writes is the stream of a sink's writes between two commits. It takes one batch at a time.
type writes struct {
	process *process
	stream  grpc.BidiStreamingClient[proto.WriteRequest, proto.WriteResponse]
	cancel  context.CancelFunc
	seq     uint64
	batches *frame.Encoder
}

func (w *writes) close() {
	w.cancel()
	_ = w.batches.Close() // nobody reads the end of the stream
}

// openWrites returns the epoch's stream.
func (s *Sink) openWrites(ctx context.Context) (*writes, error) {
	if s.writes != nil {
		return s.writes, nil
	}
	p, err := s.super.process(ctx, false)
	if err != nil {
		return nil, err
	}
	streamed, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stream, err := proto.NewSinkClient(p.conn).Write(streamed)
	if err != nil {
		cancel()
		return nil, s.lost(p, p.failed(ctx, "take records", err))
	}
	s.writes = &writes{process: p, stream: stream, cancel: cancel, batches: frame.NewEncoder(s.schema, s.alloc, p.region)}
	return s.writes, nil
}

// drop forgets the epoch's stream.
func (s *Sink) drop() {
	if s.writes != nil {
		s.writes.close()
		s.writes = nil
	}
}

// endWrites ends the epoch's stream. The plugin has answered everything, and has nothing else to say.
func (s *Sink) endWrites(ctx context.Context) error {
	w := s.writes
	if w == nil {
		if s.holds {
			return s.gone()
		}
		return nil
	}
	err := w.stream.CloseSend()
	if err == nil {
		_, err = w.receive(ctx, s.cfg.CallTimeout)
	}
	switch s.writes = nil; {
	case err == nil:
		err = s.bad(fmt.Errorf("it answers again after request %d, the last one", w.seq))
	case errors.Is(err, io.EOF):
		err = nil
	default:
		err = s.lost(w.process, w.process.failed(ctx, "end its writes", err))
	}
	w.close()
	return err
}

// Write has the plugin take a batch, in parts where it is large. One message is on its way at a time: a plugin that is slow
// slows down the pipeline, and nothing piles up.
func (s *Sink) Write(ctx context.Context, b *pipeline.Batch) error {
	if b.Count() == 0 {
		return nil
	}
	if s.writes == nil && s.holds {
		return s.gone()
	}
	d := &delivering{sink: s, batch: b, later: later{limit: s.cfg.CallTimeout}}
	defer d.release()
	if err := d.all(ctx); err != nil {
		return d.stopped(err)
	}
	if len(d.refused) > 0 {
		slices.SortFunc(d.refused, func(a, b pipeline.RowFault) int { return cmp.Compare(a.Row, b.Row) })
		return &pipeline.RowErrors{Rows: d.refused}
	}
	return nil
}

// delivering is the delivery of one batch.
type delivering struct {
	sink    *Sink
	batch   *pipeline.Batch
	record  arrow.RecordBatch // what is sent of it; nil before columns
	taken   int64             // rows
	refused []pipeline.RowFault
	later   later
}

// columns are what is sent of the batch.
func (d *delivering) columns() (arrow.RecordBatch, error) {
	if d.record == nil {
		record, err := delivery.Batch(d.batch, d.sink.schema, d.sink.results, d.sink.alloc)
		if err != nil {
			return nil, fault.New(fault.Internal, "%w", err)
		}
		d.record = record
	}
	return d.record, nil
}

func (d *delivering) release() {
	if d.record != nil {
		d.record.Release()
	}
}

// all delivers the batch: the one that the plugin has already, or in messages.
func (d *delivering) all(ctx context.Context) error {
	if r, err := d.ahead(ctx); r != nil || err != nil {
		if err != nil {
			return err
		}
		return d.settle(ctx, r, 0, int64(d.batch.Count()))
	}
	record, err := d.columns()
	if err != nil {
		return err
	}
	for from, size := int64(0), rowsAMessage(record); from < record.NumRows(); from += size {
		if err := d.part(ctx, from, min(from+size, record.NumRows())); err != nil {
			return err
		}
	}
	return nil
}

// rowsAMessage keeps messages well below what one may have.
func rowsAMessage(record arrow.RecordBatch) int64 {
	var size int64
	for _, c := range record.Columns() {
		size += int64(c.Data().SizeInBytes())
	}
	return max(record.NumRows()/(size/maxBatch+1), 1)
}

// stopped is the error of a delivery that did not come to its end. Where some of the batch was taken, the sink does not stand
// where it stood: one that commits has to go back.
func (d *delivering) stopped(err error) error {
	var lost *pipeline.EpochError
	if d.taken > 0 && d.sink.about.GetTwoPhase() && fault.FateOf(err) == fault.Transient && !errors.As(err, &lost) {
		return &pipeline.EpochError{Err: err}
	}
	return err
}

// part delivers the rows [from, to).
func (d *delivering) part(ctx context.Context, from, to int64) error {
	r, err := d.send(ctx, from, to)
	if err != nil {
		return err
	}
	return d.settle(ctx, r, from, to)
}

// settle takes over the answer for the rows [from, to), and halves them where the plugin refuses them as a whole on account of a
// record.
func (d *delivering) settle(ctx context.Context, r *proto.WriteResponse, from, to int64) error {
	switch e := r.GetError(); {
	case e == nil:
		unready, err := d.enter(r, from, to)
		if err != nil || len(unready) == 0 {
			return err
		}
		return d.again(ctx, from, unready)
	case e.GetFate() != proto.Fate_FATE_RECORD:
		return d.sink.refusal(e)
	case to-from == 1:
		d.refuse(from, &proto.RowError{Message: e.GetMessage(), Code: e.GetCode()})
		return nil
	}
	mid := (from + to) / 2
	if err := d.part(ctx, from, mid); err != nil {
		return err
	}
	return d.part(ctx, mid, to)
}

// send sends the rows [from, to) and waits for the answer.
func (d *delivering) send(ctx context.Context, from, to int64) (*proto.WriteResponse, error) {
	s := d.sink
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	w, err := s.openWrites(ctx)
	if err != nil {
		return nil, err
	}
	record, err := d.columns()
	if err != nil {
		return nil, err
	}
	part := record.NewSlice(from, to)
	defer part.Release()
	message, shared, err := w.batches.Encode(part)
	if err == nil && len(message) > proto.MaxMessage-1<<10 {
		err = fault.New(fault.PluginFailed, "plugin %s: %d records are a message of %d MiB, and one holds %d", s.cfg.Program.Name, to-from,
			len(message)>>20, proto.MaxMessage>>20).WithFix("lower max_record_bytes")
	}
	if err != nil {
		s.drop()
		return nil, err
	}
	return d.exchange(ctx, w, &proto.WriteRequest{
		Split: d.batch.Split.ID, First: d.batch.First, Next: d.batch.Next.Offset, Batch: message, Shared: shared,
	})
}

// exchange makes a request and waits for the answer.
func (d *delivering) exchange(ctx context.Context, w *writes, request *proto.WriteRequest) (*proto.WriteResponse, error) {
	s := d.sink
	rows := int64(0)
	end := s.super.meter.call()
	defer func() { end(rows) }()
	w.seq++
	request.Seq = w.seq
	err := w.stream.Send(request)
	if err != nil && !errors.Is(err, io.EOF) { // what ended the stream is told by the next Recv
		s.drop()
		return nil, s.lost(w.process, w.process.failed(ctx, "take records", err))
	}
	r, err := w.receive(ctx, s.cfg.CallTimeout)
	if err != nil {
		s.holds = s.holds || s.about.GetTwoPhase() // it may have taken them
		s.drop()
		return nil, s.lost(w.process, w.process.failed(ctx, "take records", err))
	}
	if r.GetSeq() != w.seq {
		s.drop()
		return nil, s.bad(fmt.Errorf("it answered request %d, and was asked request %d", r.GetSeq(), w.seq))
	}
	rows = int64(r.GetTaken())
	return r, nil
}

// receive waits for an answer, also when ctx has ended. A process that takes longer than the timeout is ended.
func (w *writes) receive(ctx context.Context, timeout time.Duration) (*proto.WriteResponse, error) {
	hang := time.AfterFunc(timeout, w.process.hang)
	defer hang.Stop()
	defer w.process.outlive(ctx)()
	return w.stream.Recv()
}

// again delivers rows once more that the plugin may take later, each by itself, as long as a call may take.
func (d *delivering) again(ctx context.Context, from int64, rows []*proto.RowError) error {
	if !d.later.wait(ctx) {
		for _, f := range rows {
			d.refuse(from+int64(f.GetRow()), &proto.RowError{Message: fmt.Sprintf("for %s: %s", d.later.limit, f.GetMessage())})
		}
		return ctx.Err()
	}
	for _, f := range rows {
		row := from + int64(f.GetRow())
		if err := d.part(ctx, row, row+1); err != nil {
			return err
		}
	}
	return nil
}

// enter takes an answer over: it accounts for each of the rows [from, to), but for those that it returns, which are to be delivered
// again.
func (d *delivering) enter(r *proto.WriteResponse, from, to int64) (unready []*proto.RowError, err error) {
	s, n := d.sink, to-from
	if got := int64(r.GetTaken()) + int64(len(r.GetRows())); got != n {
		return nil, s.bad(fmt.Errorf("it took %d records and refused %d, of %d", r.GetTaken(), len(r.GetRows()), n))
	}
	last := int64(-1)
	for _, f := range r.GetRows() {
		row := int64(f.GetRow())
		if row <= last || row >= n {
			return nil, s.bad(errors.New("records that it refuses are out of order, or not of the batch"))
		}
		if last = row; wantsLater(f) {
			unready = append(unready, f)
		} else {
			d.refuse(from+row, f)
		}
	}
	d.taken += int64(r.GetTaken())
	s.holds = s.holds || s.about.GetTwoPhase() && r.GetTaken() > 0
	return unready, nil
}

// refuse sets a record aside, by its place in the batch that the engine knows.
func (d *delivering) refuse(row int64, f *proto.RowError) {
	at := int(row)
	if d.batch.Rows != nil {
		at = int(d.batch.Rows[row])
	}
	d.refused = append(d.refused, pipeline.RowFault{Row: at, Err: rowError(&d.sink.cfg.Program, f)})
}
