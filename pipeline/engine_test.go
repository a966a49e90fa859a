package pipeline_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
)

// rig is a small pipeline over faulty parts. Its clock is a bubble's, so that backoff and intervals take no time and
// every goroutine that is left over fails the test.
type rig struct {
	source     *pipelinetest.MemSource
	sink, dead *pipelinetest.MemSink
	classifier *pipelinetest.FakeClassifier
	disk       *pipelinetest.Disk
	cfg        pipeline.Config
	alloc      *memory.CheckedAllocator
}

// newRig returns a pipeline over so many splits of so many records each, with batches of 7 and a commit every 50.
func newRig(t *testing.T, splits, records int) *rig {
	t.Helper()
	r := &rig{
		source:     pipelinetest.NewMemSource(splits, records),
		sink:       pipelinetest.NewMemSink(),
		dead:       pipelinetest.NewMemSink(),
		classifier: &pipelinetest.FakeClassifier{},
		disk:       pipelinetest.NewDisk(),
		alloc:      memory.NewCheckedAllocator(memory.NewGoAllocator()),
	}
	r.disk.Put("/work/keep", nil)
	r.cfg = pipeline.Config{
		Source: r.source, Classifier: r.classifier,
		Stages:      []pipeline.Stage{&pipelinetest.TextStage{Column: "text"}},
		Sinks:       []pipeline.NamedSink{{Name: "out", Sink: r.sink}},
		DeadLetters: r.dead,
		State:       "/work/out.winnow", FS: r.disk, Alloc: r.alloc, Log: zerolog.Nop(),
		BatchRows: 7, Workers: 2, Commit: pipeline.CommitCadence{Records: 50},
	}
	return r
}

// run builds and runs the pipeline.
func (r *rig) run(t *testing.T) (*pipeline.Summary, error) {
	t.Helper()
	return r.runContext(t.Context(), t, nil)
}

func (r *rig) runContext(ctx context.Context, t *testing.T, started func(*pipeline.Pipeline)) (*pipeline.Summary, error) {
	t.Helper()
	p, err := pipeline.New(r.cfg)
	if err != nil {
		t.Fatal(err)
	}
	if started != nil {
		started(p)
	}
	limited, cancel := context.WithTimeout(ctx, 10*time.Hour) // a stall would let the bubble's clock run for ever
	defer cancel()
	s, err := p.Run(limited)
	if limited.Err() != nil && ctx.Err() == nil {
		t.Fatal("the pipeline stalls")
	}
	r.alloc.AssertSize(t, 0)
	if err != nil {
		if _, coded := fault.As(err); !coded && ctx.Err() == nil {
			t.Errorf("an error without a code: %v", err)
		}
	}
	return s, err
}

// again takes the rig to a new process: what the parts hold outside stays.
func (r *rig) again() {
	sink, dead := &pipelinetest.MemSink{Store: r.sink.Store}, &pipelinetest.MemSink{Store: r.dead.Store}
	r.cfg.Sinks = []pipeline.NamedSink{{Name: "out", Sink: sink}}
	r.cfg.DeadLetters = dead
	r.sink, r.dead = sink, dead
	r.source.Script, r.classifier.Script = nil, nil
}

// judge compares what came out with what went in.
func (r *rig) judge(t *testing.T, s *pipeline.Summary) {
	t.Helper()
	r.judgeDropped(t, s, nil)
}

func (r *rig) judgeDropped(t *testing.T, s *pipeline.Summary, dropped []string) {
	t.Helper()
	l := pipelinetest.NewLedger()
	l.InSource(r.source)
	l.Drop(dropped...)
	l.Out("out", ids(t, r.sink.Store, "id")...)
	l.Dead(ids(t, r.dead.Store, "record.id")...)
	if err := l.Check(); err != nil {
		t.Error(err)
	}
	if err := l.CheckCounts(s.Counts); err != nil {
		t.Error(err)
	}
	if !r.sink.Store.Sealed() || s.Phase != pipeline.Completed || s.Committed != s.Counts {
		t.Errorf("sealed %v, phase %s, committed %+v of %+v", r.sink.Store.Sealed(), s.Phase, s.Committed, s.Counts)
	}
}

func ids(t *testing.T, store *pipelinetest.MemStore, path string) []string {
	t.Helper()
	found, err := pipelinetest.JSONL(path)([]byte(strings.Join(store.Lines(), "")))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func wantCode(t *testing.T, err error, code *fault.Code) *fault.Error {
	t.Helper()
	e, ok := fault.As(err)
	if !ok || e.Code != code {
		t.Fatalf("error %v, want %s", err, code.ID)
	}
	return e
}

func TestRun(t *testing.T) {
	for _, workers := range []int{1, 2, 8} {
		for _, rows := range []int{1, 7, 4096} {
			t.Run(fmt.Sprintf("%d workers, batches of %d", workers, rows), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					r := newRig(t, 3, 100)
					r.cfg.Workers, r.cfg.BatchRows = workers, rows
					s, err := r.run(t)
					if err != nil {
						t.Fatal(err)
					}
					r.judge(t, s)
				})
			})
		}
	}
}

// A worker that is late must not let others overtake: the order is the input's over all splits.
func TestRunKeepsInputOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 3, 100)
		r.cfg.Workers = 4
		r.classifier.Script = func(_ context.Context, c pipelinetest.Call) error {
			time.Sleep(time.Duration(c.N*7919%13) * time.Millisecond)
			return nil
		}
		s, err := r.run(t)
		if err != nil {
			t.Fatal(err)
		}
		r.judge(t, s)
		var want []string
		for i := range 3 {
			want = append(want, r.source.IDs(i)...)
		}
		if !slices.Equal(ids(t, r.sink.Store, "id"), want) {
			t.Error("the output is not in the input's order")
		}
	})
}

func TestRunWritesResults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1, 2)
		s, err := r.run(t)
		if err != nil {
			t.Fatal(err)
		}
		want := `{"id":"part-00/1","text":"text 1 of part-00","label":"` + r.classifier.LabelOf("text 1 of part-00") + `","confidence":`
		if got := r.sink.Store.Lines()[1]; !strings.HasPrefix(got, want) || !strings.HasSuffix(got, `"tokens":17,"classifier":"fake-1"}`+"\n") {
			t.Errorf("line %s", got)
		}
		var labelled int64
		for _, l := range s.Tally.Labels {
			labelled += l.Count
		}
		if labelled != 2 || s.Tally.Tokens != 34 || s.Sinks["out"] != 2 {
			t.Errorf("tally %+v, sinks %v", s.Tally, s.Sinks)
		}
	})
}

func TestRunLists(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1, 20)
		r.classifier.Multi = true
		s, err := r.run(t)
		if err != nil {
			t.Fatal(err)
		}
		r.judge(t, s)
		if got := r.sink.Store.Lines()[0]; !strings.Contains(got, `"labels":[{"confidence":`) {
			t.Errorf("line %s", got)
		}
		var sum int64
		for _, l := range s.Tally.Labels {
			sum += l.Count
		}
		if sum != 40 {
			t.Errorf("%d labels were counted, want 40", sum)
		}
	})
}

func TestRunWithoutClassifier(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 2, 30)
		r.cfg.Classifier, r.cfg.Stages = nil, nil
		s, err := r.run(t)
		if err != nil {
			t.Fatal(err)
		}
		r.judge(t, s)
		if got := r.sink.Store.Lines()[0]; got != `{"id":"part-00/0","text":"text 0 of part-00"}`+"\n" {
			t.Errorf("line %s", got)
		}
	})
}

func TestRunGapsBlanksAndUnknownEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 2, 60)
		r.source.Stride, r.source.EndUnknown = 3, true
		s, err := r.run(t)
		if err != nil {
			t.Fatal(err)
		}
		r.judge(t, s)
		if s.Counts.Blank != 2*60*2 {
			t.Errorf("%d blank lines", s.Counts.Blank)
		}
	})
}

func TestRunEmpty(t *testing.T) {
	for _, sizes := range [][]int{nil, {0}, {0, 0, 5, 0}} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, 0, 0)
			r.source.Sizes = sizes
			s, err := r.run(t)
			if err != nil {
				t.Fatal(err)
			}
			r.judge(t, s)
		})
	}
}

// openSink keeps what Open was told.
type openSink struct {
	*pipelinetest.MemSink
	told pipeline.SinkOpen
}

func (s *openSink) Open(ctx context.Context, o pipeline.SinkOpen) error {
	s.told = o
	return s.MemSink.Open(ctx, o)
}

// gapped is a source whose offsets leave gaps, with so many rows in each split.
type gapped struct {
	*pipelinetest.MemSource
	rows int64
}

func (s gapped) Splits(ctx context.Context) ([]*pipeline.Split, error) {
	splits, err := s.MemSource.Splits(ctx)
	for _, split := range splits {
		split.Rows = s.rows
	}
	return splits, err
}

// Sinks are told how many rows are going to come, where nothing on the way decides over that.
func TestRowsToCome(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*rig)
		want   int64
	}{
		"all":   {func(*rig) {}, 200},
		"limit": {func(r *rig) { r.cfg.Limit = 30 }, 30},
		"filter": {func(r *rig) {
			r.cfg.Stages = append(r.cfg.Stages, &pipelinetest.FilterStage{Keep: func(*pipeline.Batch, int) bool { return true }})
		}, -1},
		"router":   {func(r *rig) { r.cfg.Router = router(func(int64) int16 { return 0 }) }, -1},
		"no count": {func(r *rig) { r.source.EndUnknown = true }, -1},
		"gaps":     {func(r *rig) { r.cfg.Source = gapped{r.source, -1} }, -1},
		"told":     {func(r *rig) { r.cfg.Source = gapped{r.source, 60} }, 120},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, 2, 100)
				s := &openSink{MemSink: r.sink}
				r.cfg.Sinks[0].Sink = s
				c.change(r)
				if _, err := r.run(t); err != nil {
					t.Fatal(err)
				}
				if s.told.Rows != c.want {
					t.Errorf("%d rows, want %d", s.told.Rows, c.want)
				}
			})
		})
	}
}

func TestRunFiltersAndRoutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 2, 100)
		odd := pipelinetest.NewMemSink()
		r.cfg.Sinks = append(r.cfg.Sinks, pipeline.NamedSink{Name: "odd", Sink: odd})
		r.cfg.Stages = append([]pipeline.Stage{&pipelinetest.FilterStage{
			Keep: func(b *pipeline.Batch, row int) bool { return b.Offsets()[row]%10 != 0 },
		}}, r.cfg.Stages...)
		r.cfg.Router = router(func(offset int64) int16 {
			if offset%7 == 0 {
				return -1
			}
			return int16(offset % 2)
		})
		s, err := r.run(t)
		if err != nil {
			t.Fatal(err)
		}
		l := pipelinetest.NewLedger()
		l.InSource(r.source)
		for i := range 2 {
			for n, id := range r.source.IDs(i) {
				if n%10 == 0 || n%7 == 0 {
					l.Drop(id)
				}
			}
		}
		l.Out("out", ids(t, r.sink.Store, "id")...)
		l.Out("odd", ids(t, odd.Store, "id")...)
		if err := l.Check(); err != nil {
			t.Error(err)
		}
		if err := l.CheckCounts(s.Counts); err != nil {
			t.Error(err)
		}
		if s.Sinks["odd"] != int64(len(odd.Store.Lines())) || !odd.Store.Sealed() {
			t.Errorf("sinks %v, sealed %v", s.Sinks, odd.Store.Sealed())
		}
	})
}

// router routes by offset.
type router func(offset int64) int16

func (router) Needs(*pipeline.Layout) ([]arrow.Field, error) { return nil, nil }

func (r router) Route(_ context.Context, b *pipeline.Batch, dest []int16) error {
	for i, o := range b.Offsets() {
		dest[i] = r(o)
	}
	return nil
}

func TestRunLimit(t *testing.T) {
	for _, limit := range []int64{1, 7, 10, 100, 101, 150, 200, 1000} {
		t.Run(strconv.FormatInt(limit, 10), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, 2, 100)
				r.cfg.Limit = limit
				r.source.Bad = func(_ int, n int64) *fault.Error {
					if n%10 == 3 {
						return fault.New(fault.RecordJSON, "bad")
					}
					return nil
				}
				r.cfg.MaxErrorRate = 1
				s, err := r.run(t)
				if err != nil {
					t.Fatal(err)
				}
				want := append(r.source.IDs(0), r.source.IDs(1)...)[:min(limit, 200)]
				l := pipelinetest.NewLedger()
				l.In("all", want...)
				l.Out("out", ids(t, r.sink.Store, "id")...)
				l.Dead(ids(t, r.dead.Store, "record.id")...)
				if err := l.Check(); err != nil {
					t.Error(err)
				}
				if err := l.CheckCounts(s.Counts); err != nil {
					t.Error(err)
				}
				if s.Limited != (limit < 200) {
					t.Errorf("limited %v", s.Limited)
				}
			})
		})
	}
}

func TestRunDictionaryTextIsClassifiedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 1, 100)
		r.cfg.BatchRows = 100
		r.cfg.Stages = append(r.cfg.Stages, dictionaryStage{r.alloc})
		r.source.Text = func(_ int, n int64) *string {
			if n%10 == 9 {
				return nil
			}
			s := fmt.Sprintf("text %d", n%3)
			return &s
		}
		r.classifier.FailRow = func(text string) error {
			if text == "text 2" {
				return fault.New(fault.ClassifyFailed, "no")
			}
			return nil
		}
		r.cfg.MaxErrorRate = 1
		s, err := r.run(t)
		if err != nil {
			t.Fatal(err)
		}
		r.judge(t, s)
		if calls := r.classifier.Calls(); len(calls) != 1 || calls[0].Rows != 3 {
			t.Errorf("calls %+v, want one of 3 texts", calls)
		}
		if s.Tally.Null != 10 || s.Tally.NullReason["null_text"] != 10 || s.Counts.Dead != 30 {
			t.Errorf("tally %+v, %+v", s.Tally, s.Counts)
		}
	})
}

// dictionaryStage makes the text a dictionary of its distinct values.
type dictionaryStage struct{ alloc memory.Allocator }

func (dictionaryStage) Needs(*pipeline.Layout) ([]arrow.Field, error) { return nil, nil }

func (d dictionaryStage) Process(_ context.Context, b *pipeline.Batch) error {
	build := array.NewDictionaryBuilder(d.alloc, &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}).(*array.BinaryDictionaryBuilder)
	defer build.Release()
	last := int(b.Record.NumCols()) - 1
	text := b.Record.Column(last).(*array.String)
	for i := range text.Len() {
		if text.IsNull(i) {
			build.AppendNull()
		} else if err := build.AppendString(text.Value(i)); err != nil {
			return err
		}
	}
	dict := build.NewDictionaryArray()
	defer dict.Release()
	fields := slices.Clone(b.Record.Schema().Fields())
	fields[last].Type = dict.DataType()
	columns := slices.Clone(b.Record.Columns())
	columns[last] = dict
	with := array.NewRecordBatch(arrow.NewSchema(fields, nil), columns, b.Record.NumRows())
	b.Record.Release()
	b.Record = with
	return nil
}
