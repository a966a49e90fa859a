package conform

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/plugins/host"
)

// What a sink promises, beside Starts and Ends.
const (
	Opens     Promise = "opens its output"
	Takes     Promise = "takes or refuses each record of a batch, whatever is in it"
	TakesMany Promise = "takes a batch of 8,192 records, and a record of 1 MiB"
)

// What one promises that takes part in the commit.
const (
	Commits      Promise = "prepares what it took, and commits it"
	CommitsAgain Promise = "commits a receipt again without harm"
	Aborts       Promise = "undoes what came after the last commit, twice over, and takes it again"
	Finishes     Promise = "goes on where another process has prepared"
	Undoes       Promise = "goes on where another process has committed, though that has prepared more"
	Seals        Promise = "seals its output, and again without harm"
)

// What one promises that keeps offsets.
const (
	Keeps  Promise = "keeps how far it has a split, over its process's end"
	Fences Promise = "commits nothing of a split that another process has taken over"
)

// Sink checks every promise of a sink and reports each as it is known. Where the plugin does not start or open its output,
// nothing more is known. It writes some thousand records, and replaces what is there: give it a place of its own.
func Sink(ctx context.Context, h *host.Host, cfg host.SinkConfig, report func(Result)) {
	s := &sink{host: h, cfg: cfg, scope: "conform/" + rand.Text()}
	err := s.start(ctx)
	report(Result{Starts, err})
	if err != nil {
		return
	}
	err = s.Open(ctx, s.open(nil))
	report(Result{Opens, err})
	if err == nil {
		report(Result{Takes, s.write(ctx, texts...)})
		report(Result{TakesMany, s.many(ctx)})
		if level, _ := s.Guarantee(); level == pipeline.ExactlyOnce {
			s.commits(ctx, report)
		}
	}
	report(Result{Ends, s.Close()})
}

// commits checks what a sink promises that takes part in the commit.
func (s *sink) commits(ctx context.Context, report func(Result)) {
	for _, check := range []struct {
		promise Promise
		f       func(context.Context) error
	}{
		{Commits, s.commit},
		{CommitsAgain, func(ctx context.Context) error { return s.Commit(ctx, s.last) }},
		{Aborts, s.abort},
		{Finishes, s.finish},
		{Undoes, s.undo},
		{Keeps, s.keep},
		{Fences, s.fence},
		{Seals, s.seal},
	} {
		_, resumes := s.process.(*host.Resumer)
		switch check.promise {
		case Seals:
			if !s.Seals() {
				continue
			}
		case Keeps, Fences:
			if !resumes {
				continue
			}
		}
		report(Result{check.promise, check.f(ctx)})
	}
}

// process is a process of a plugin as the engine has it: a *host.Sink, or a *host.Resumer where it keeps offsets.
type process interface {
	pipeline.Sink
	pipeline.Encoder
	pipeline.SpanSink
	pipeline.Sealer
	pipeline.Guarantor
	Seals() bool
}

// sink is a plugin under test.
type sink struct {
	process
	host  *host.Host
	cfg   host.SinkConfig
	scope string           // of its offsets: each test begins without any
	next  int64            // offset of the next record
	epoch int64            // of the last Prepare
	last  pipeline.Receipt // that was committed
}

// start starts a process of the plugin.
func (s *sink) start(ctx context.Context) error {
	started, err := s.host.Sink(ctx, s.cfg)
	if err != nil {
		return err
	}
	if s.process = started; started.Resumes() {
		s.process = host.NewResumer(started)
	}
	return nil
}

var (
	sinkLayout = &pipeline.Layout{Format: "plugin", Replayable: true, Schema: arrow.NewSchema([]arrow.Field{
		{Name: "id", Type: arrow.PrimitiveTypes.Int64, Nullable: true}, {Name: "text", Type: arrow.BinaryTypes.String, Nullable: true},
	}, nil)}
	sinkBatch  = arrow.NewSchema(append([]arrow.Field{{Name: pipeline.ColOffset, Type: arrow.PrimitiveTypes.Int64}}, sinkLayout.Schema.Fields()...), nil)
	sinkResult = arrow.NewSchema([]arrow.Field{
		{Name: pipeline.ResLabel, Type: &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}, Nullable: true},
		{Name: pipeline.ResConfidence, Type: arrow.PrimitiveTypes.Float32, Nullable: true},
	}, nil)
)

// open is how the sink is opened: anew, or with a receipt.
func (s *sink) open(last pipeline.Receipt) pipeline.SinkOpen {
	return pipeline.SinkOpen{
		Pipeline: "conform", RunID: "conform", Scope: s.scope, Input: sinkLayout, Result: sinkResult, Labels: []string{"a", "b"}, Last: last,
		Resumed: last != nil, Durable: true, Overwrite: true, Rows: -1, Alloc: memory.DefaultAllocator,
	}
}

// write writes a record for each text, and one without.
func (s *sink) write(ctx context.Context, texts ...string) error {
	in, out := array.NewRecordBuilder(memory.DefaultAllocator, sinkBatch), array.NewRecordBuilder(memory.DefaultAllocator, sinkResult)
	defer in.Release()
	defer out.Release()
	b := &pipeline.Batch{Split: &pipeline.Split{ID: "conform", File: "conform", End: -1}, First: s.next}
	for i := range len(texts) + 1 {
		in.Field(0).(*array.Int64Builder).Append(s.next)
		in.Field(1).(*array.Int64Builder).Append(s.next)
		s.next++
		if i == len(texts) {
			in.Field(2).AppendNull()
			out.Field(0).AppendNull()
			out.Field(1).AppendNull()
			continue
		}
		in.Field(2).(*array.StringBuilder).Append(texts[i])
		if err := out.Field(0).(*array.BinaryDictionaryBuilder).AppendString([]string{"a", "b"}[i%2]); err != nil {
			return err
		}
		out.Field(1).(*array.Float32Builder).Append(0.5)
	}
	b.Record, b.Result, b.Next = in.NewRecordBatch(), out.NewRecordBatch(), pipeline.Position{Offset: s.next, Byte: -1}
	defer b.Record.Release()
	defer b.Result.Release()
	err := s.Encode(ctx, b)
	if err == nil {
		err = s.Write(ctx, b)
	}
	var single *pipeline.RowErrors
	if errors.As(err, &single) { // that is an answer
		return nil
	}
	return err
}

func (s *sink) many(ctx context.Context) error {
	many := make([]string, 8191)
	for i := range many {
		many[i] = fmt.Sprint("text ", i)
	}
	return errors.Join(s.write(ctx, many...), s.write(ctx, strings.Repeat("many words ", 1<<20/11)))
}

// prepare prepares what was written.
func (s *sink) prepare(ctx context.Context) (pipeline.Receipt, error) {
	s.epoch++
	s.Cover([]*pipeline.Span{{Split: &pipeline.Split{ID: "conform"}, First: 0, Next: s.next}})
	return s.Prepare(ctx, s.epoch)
}

// commit prepares and commits what was written.
func (s *sink) commit(ctx context.Context) error {
	r, err := s.prepare(ctx)
	if err != nil {
		return err
	}
	s.last = r
	return s.Commit(ctx, r)
}

func (s *sink) abort(ctx context.Context) error {
	for _, f := range []func() error{
		func() error { return s.write(ctx, texts...) },
		func() error { return s.Abort(ctx) },
		func() error { return s.Abort(ctx) },
		func() error { return s.write(ctx, texts...) },
		func() error { return s.commit(ctx) },
	} {
		if err := f(); err != nil {
			return err
		}
	}
	return nil
}

// other has another process of the plugin go on from a receipt. Whether this one ends is another promise.
func (s *sink) other(ctx context.Context, last pipeline.Receipt) error {
	_ = s.Close()
	if err := s.start(ctx); err != nil {
		return err
	}
	return s.Open(ctx, s.open(last))
}

// finish has another process commit what this one has prepared.
func (s *sink) finish(ctx context.Context) error {
	if err := s.write(ctx, texts...); err != nil {
		return err
	}
	r, err := s.prepare(ctx)
	if err != nil {
		return err
	}
	s.last = r
	if err := s.other(ctx, r); err != nil {
		return err
	}
	return s.Commit(ctx, r)
}

// undo has another process go on behind what this one has prepared and nobody recorded.
func (s *sink) undo(ctx context.Context) error {
	if err := s.write(ctx, texts...); err != nil {
		return err
	}
	if _, err := s.prepare(ctx); err != nil {
		return err
	}
	if err := s.other(ctx, s.last); err != nil {
		return err
	}
	if err := s.write(ctx, texts...); err != nil {
		return err
	}
	return s.commit(ctx)
}

// resume has the process take the split over, and tell how far it has it.
func (s *sink) resume(ctx context.Context) (int64, error) {
	return s.process.(*host.Resumer).Resume(ctx, &pipeline.Split{ID: "conform", File: "conform", End: -1})
}

// keep has another process tell how far this one has come.
func (s *sink) keep(ctx context.Context) error {
	if err := s.write(ctx, texts...); err != nil {
		return err
	}
	if err := s.commit(ctx); err != nil {
		return err
	}
	if err := s.other(ctx, s.last); err != nil {
		return err
	}
	next, err := s.resume(ctx)
	if err == nil && next != s.next {
		err = fmt.Errorf("it committed the split up to %d, and now has it up to %d", s.next, next)
	}
	return err
}

// fence has another process take the split over while this one holds records of it.
func (s *sink) fence(ctx context.Context) error {
	committed := s.next
	if err := s.write(ctx, texts...); err != nil {
		return err
	}
	before := s.process
	defer func() { _ = before.Close() }() // whether it ends is another promise
	if err := s.start(ctx); err != nil {
		return err
	}
	if err := s.Open(ctx, s.open(s.last)); err != nil {
		return err
	}
	had, err := s.resume(ctx)
	if err != nil {
		return err
	}
	before.Cover([]*pipeline.Span{{Split: &pipeline.Split{ID: "conform"}, First: committed, Next: s.next}})
	if _, err := before.Prepare(ctx, s.epoch+1); err == nil {
		return errors.New("it commits what it took before that")
	}
	s.next = committed
	switch has, err := s.resume(ctx); {
	case err != nil:
		return err
	case has != had:
		return fmt.Errorf("it had the split up to %d, and has it up to %d although its commit failed", had, has)
	}
	return errors.Join(s.write(ctx, texts...), s.commit(ctx))
}

func (s *sink) seal(ctx context.Context) error {
	if err := s.Seal(ctx, s.last); err != nil {
		return err
	}
	return s.Seal(ctx, s.last)
}
