package pipelinetest

import (
	"errors"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// life is the suite's own little engine over one disk: it writes, commits and seals by the contract. Its checkpoint
// survives every crash, so that run can be called again on what the crash left of the disk.
type life struct {
	suite *sinkSuite
	disk  *Disk
	alloc *memory.CheckedAllocator
	open  pipeline.SinkOpen

	records    int  // to write in all
	rows       int  // a batch
	every      int  // batches an epoch
	views      bool // write each batch in two parts
	retry      bool // call again what failed with a transient error
	twice      bool // call everything that is idempotent twice
	abortAfter int  // batch after which to abort once; 0: never
	beforeSeal func()

	cp checkpoint
}

type checkpoint struct {
	begun   bool
	next    int64
	receipt pipeline.Receipt
	sealing bool
	done    bool
}

func (s *sinkSuite) life(d *Disk) *life {
	return &life{
		suite: s, disk: d, records: s.c.Records, rows: 5, every: 3,
		alloc: memory.NewCheckedAllocator(memory.NewGoAllocator()),
	}
}

// run goes on from the checkpoint to the end, or to the first error.
func (l *life) run(t testing.TB) (err error) {
	t.Helper()
	defer l.alloc.AssertSize(t, 0)
	sink := l.suite.c.New(t, l.disk)
	defer func() {
		if closing := sink.Close(); err == nil {
			err = closing
		}
	}()
	if err := l.start(t, sink); err != nil {
		return err
	}
	if !l.cp.sealing {
		if err := l.writeAll(t, sink); err != nil {
			return err
		}
	}
	if l.beforeSeal != nil {
		l.beforeSeal()
	}
	return l.seal(t, sink)
}

func (l *life) start(t testing.TB, sink pipeline.Sink) error {
	t.Helper()
	o := l.open
	o.RunID, o.Input, o.Durable, o.Alloc = "run-1", sinkLayout, true, l.alloc
	o.Last, o.Resumed, o.Sealing = l.cp.receipt, l.cp.begun, l.cp.sealing
	if !l.suite.c.WithoutResult {
		o.Result = sinkResult
	}
	err := l.call(func() error { return sink.Open(t.Context(), o) })
	if e, ok := fault.As(err); !ok || e.Code != fault.OutputExists && e.Code != fault.StateMissing {
		l.cp.begun = true
	}
	return err
}

// call makes a call, again where it failed with a transient error, and again where everything is called twice.
func (l *life) call(f func() error) error {
	err := f()
	for n := 0; l.retry && n < 3 && err != nil && fault.FateOf(err) == fault.Transient; n++ {
		err = f()
	}
	return err
}

func (l *life) idempotent(f func() error) error {
	err := l.call(f)
	if err == nil && l.twice {
		err = l.call(f)
	}
	return err
}

func (l *life) writeAll(t testing.TB, sink pipeline.Sink) error {
	t.Helper()
	batches := l.batches(t, sink)
	defer func() {
		for _, b := range batches {
			releaseAll(b)
		}
	}()
	done := 0 // batches of the last commit
	for i := 0; i < len(batches); i++ {
		if err := l.write(t, sink, batches[i]); err != nil {
			return err
		}
		if l.abortAfter == i+1 {
			l.abortAfter = 0
			for range 2 {
				if err := l.call(func() error { return sink.Abort(t.Context()) }); err != nil {
					return err
				}
			}
			i = done - 1
			continue
		}
		if (i+1)%l.every == 0 {
			if err := l.commit(t, sink, batches[i].Next.Offset, false); err != nil {
				return err
			}
			done = i + 1
		}
	}
	return l.commit(t, sink, int64(l.records), true)
}

// write writes a batch, whole or as two views of it.
func (l *life) write(t testing.TB, sink pipeline.Sink, b *pipeline.Batch) error {
	t.Helper()
	parts := []*pipeline.Batch{b}
	if l.views {
		var rows []int32
		for i := range b.Len() {
			rows = append(rows, int32(i))
		}
		parts = nil
		for _, part := range [][]int32{rows[:len(rows)/2], rows[len(rows)/2:]} {
			v := &pipeline.Batch{
				Split: b.Split, First: b.First, Next: b.Next, Record: b.Record, Result: b.Result,
				Labels: b.Labels, Confidence: b.Confidence, Rows: part,
			}
			if len(part) > 0 {
				parts = append(parts, v)
			}
		}
	}
	for _, p := range parts {
		if e, ok := sink.(pipeline.Encoder); ok {
			if err := e.Encode(t.Context(), p); err != nil {
				return err
			}
		}
		if err := l.call(func() error { return sink.Write(t.Context(), p) }); err != nil {
			return err
		}
	}
	return nil
}

// commit prepares, records the checkpoint, and commits.
func (l *life) commit(t testing.TB, sink pipeline.Sink, next int64, sealing bool) error {
	t.Helper()
	var r pipeline.Receipt
	err := l.call(func() (err error) {
		r, err = sink.Prepare(t.Context(), next)
		return err
	})
	if err != nil {
		return err
	}
	l.cp.next, l.cp.receipt, l.cp.sealing = next, append(pipeline.Receipt{}, r...), sealing
	return l.idempotent(func() error { return sink.Commit(t.Context(), r) })
}

func (l *life) seal(t testing.TB, sink pipeline.Sink) error {
	t.Helper()
	if s, ok := sink.(pipeline.Sealer); ok {
		if err := l.idempotent(func() error { return s.Seal(t.Context(), l.cp.receipt) }); err != nil {
			return err
		}
	}
	l.cp.done = true
	return nil
}

// sinkLayout and sinkResult are what the records of the suite look like.
var (
	sinkLayout = &pipeline.Layout{Format: "jsonl", Schema: MemSchema, Raw: pipeline.RawJSON, Replayable: true}
	dictOfText = &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}
	sinkResult = arrow.NewSchema([]arrow.Field{
		{Name: pipeline.ResLabel, Type: dictOfText, Nullable: true},
		{Name: pipeline.ResConfidence, Type: arrow.PrimitiveTypes.Float32, Nullable: true},
		{Name: pipeline.ResTokens, Type: arrow.PrimitiveTypes.Int32},
		{Name: pipeline.ResClassifier, Type: dictOfText},
	}, nil)
)

func sinkSource(c SinkCase) *MemSource {
	s := NewMemSource(1, c.Records)
	s.Text = func(_ int, r int64) *string {
		if r%11 == 10 {
			return nil
		}
		texts := []string{"plain", "quo\"ted, with a comma", "two\nlines", "ünïcode ☃", ""}
		return &texts[r%5]
	}
	return s
}

// batches are all batches from the checkpoint on, with results.
func (l *life) batches(t testing.TB, sink pipeline.Sink) []*pipeline.Batch {
	t.Helper()
	c := l.suite.c
	c.Records = l.records
	source := sinkSource(c)
	splits, err := source.Splits(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	need := sink.Need(sinkLayout)
	want := pipeline.Projection{Raw: need.Raw, Rows: l.rows, Bytes: 1 << 20, MaxRecord: 1 << 20, Alloc: l.alloc}
	if need.Columns {
		want.Columns = MemSchema.Fields()
	}
	r, err := source.Open(t.Context(), splits[0], pipeline.Position{Offset: l.cp.next, Byte: -1}, want)
	if err != nil {
		t.Fatal(err)
	}
	var all []*pipeline.Batch
	for {
		b, err := r.Next(t.Context())
		if err != nil {
			return all
		}
		if !c.WithoutResult {
			l.label(b)
		}
		all = append(all, b)
	}
}

// label gives the rows labels by their offsets; every seventh has none.
func (l *life) label(b *pipeline.Batch) {
	build := array.NewRecordBuilder(l.alloc, sinkResult)
	defer build.Release()
	names := []string{"billing", "bug", "praise"}
	for _, o := range b.Offsets() {
		label, confidence := int32(o%3), float32(o%100)/100
		if o%7 == 6 {
			label, confidence = -1, 0
			build.Field(0).AppendNull()
			build.Field(1).AppendNull()
		} else {
			must(build.Field(0).(*array.BinaryDictionaryBuilder).AppendString(names[label]))
			build.Field(1).(*array.Float32Builder).Append(confidence)
		}
		build.Field(2).(*array.Int32Builder).Append(int32(o))
		must(build.Field(3).(*array.BinaryDictionaryBuilder).AppendString("fake-1"))
		b.Labels, b.Confidence = append(b.Labels, label), append(b.Confidence, confidence)
	}
	b.Result = build.NewRecordBatch()
}

// must holds what can't fail: short strings fit into a dictionary.
func must(err error) {
	if err != nil {
		panic(errors.Join(errors.New("pipelinetest"), err))
	}
}

func releaseAll(b *pipeline.Batch) {
	release(b)
	if b.Result != nil {
		b.Result.Release()
		b.Result = nil
	}
}
