package host_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
	"github.com/winnow-stream/winnow/plugins/host"
	"github.com/winnow-stream/winnow/plugins/internal/table"
	"github.com/winnow-stream/winnow/plugins/plugintest"
)

// tableFaults are the ways in which a table's process fails, once each.
var tableFaults = []string{
	"", "dies before resume", "dies after resume", "dies before write", "dies after write", "dies before prepare",
	"dies after prepare", "dies before commit", "dies after commit", "hangs before resume", "hangs before write", "hangs after commit",
}

// newTable starts a table in a folder.
func newTable(t *testing.T, dir, how string) *host.Resumer {
	t.Helper()
	patience := time.Minute // a table that is only slow is not to be taken for one that hangs
	if strings.Contains(how, "hangs") {
		patience = time.Second
	}
	s, err := plugintest.Host(t).Sink(t.Context(), host.SinkConfig{
		Program: plugintest.Program(t, "evil", "1", "takes into a table"+how), Config: []byte(dir), CallTimeout: patience, StartTimeout: time.Minute,
	})
	if err != nil {
		t.Fatal(err)
	}
	if !s.Resumes() {
		t.Fatal("it does not resume")
	}
	return host.NewResumer(s)
}

// tableIDs are the ids in a folder's table.
func tableIDs(t *testing.T, dir string) []string {
	t.Helper()
	lines, err := table.Lines(t.Context(), filepath.Join(dir, "table.db"))
	if err != nil {
		t.Fatal(err)
	}
	ids, err := pipelinetest.JSONL("id")([]byte(strings.Join(lines, "")))
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

// TestResumer has a table end or hang wherever it can, under a bounded input and under a stream whose group remembers less than the
// table: each record is in the table once.
func TestResumer(t *testing.T) {
	for _, how := range tableFaults {
		for _, streamed := range []bool{false, true} {
			if !streamed && how != "" && !strings.HasSuffix(how, "commit") {
				continue // nothing is different there
			}
			t.Run(fmt.Sprintf("%s streamed=%t", how, streamed), func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				stream := pipelinetest.NewMemStream(3, 200)
				stream.Level = pipeline.AtLeastOnce
				stream.NoRaw = true
				cfg := pipeline.Config{
					Source: stream.MemSource, State: filepath.Join(dir, "state"), BatchRows: 20,
					Sinks:  []pipeline.NamedSink{{Name: "default", Sink: newTable(t, dir, ", "+how)}},
					Commit: pipeline.CommitCadence{Records: 100}, Log: zerolog.New(zerolog.NewTestWriter(t)),
				}
				if streamed {
					cfg.Source, cfg.State = stream, ""
				}
				p, err := pipeline.New(cfg)
				if err != nil {
					t.Fatal(err)
				}
				s, err := p.Run(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				l := pipelinetest.NewLedger()
				l.InSource(stream.MemSource)
				l.Out("table", tableIDs(t, dir)...)
				if err := errors.Join(l.Check(), l.CheckCounts(s.Counts)); err != nil {
					t.Error(err)
				}
				if s.Plan.Guarantee != pipeline.ExactlyOnce {
					t.Errorf("delivery %s: %s", s.Plan.Guarantee, s.Plan.Reason)
				}
			})
		}
	}
}

// TestResumerAhead has a table commit what the pipeline did not record: it is read again, and not written again.
func TestResumerAhead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	source, other := pipelinetest.NewMemSource(3, 200), pipelinetest.NewMemSink()
	other.Script = pipelinetest.FailNth("prepare", 3, fault.New(fault.Internal, "no"))
	for _, fails := range []bool{true, false} {
		p, err := pipeline.New(pipeline.Config{
			Source: source, State: filepath.Join(dir, "state"), BatchRows: 20, Router: everyThird{},
			Sinks:  []pipeline.NamedSink{{Name: "default", Sink: newTable(t, dir, "")}, {Name: "other", Sink: other}},
			Commit: pipeline.CommitCadence{Records: 100},
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Run(t.Context()); (err != nil) != fails {
			t.Fatal(err)
		}
		other = &pipelinetest.MemSink{Store: other.Store}
	}
	ids, err := pipelinetest.JSONL("id")([]byte(strings.Join(other.Store.Lines(), "")))
	if err != nil {
		t.Fatal(err)
	}
	l := pipelinetest.NewLedger()
	l.InSource(source)
	l.Out("table", tableIDs(t, dir)...)
	l.Out("other", ids...)
	if err := l.Check(); err != nil {
		t.Error(err)
	}
}

// TestResumerLoses has a table lose the last records that it had committed, while the run goes on and between two of its processes. A
// stream goes back to what the table has. A bounded run, whose records that are committed don't come again, ends.
func TestResumerLoses(t *testing.T) {
	for _, streamed := range []bool{false, true} {
		for _, how := range []string{"loses after commit", ""} {
			t.Run(fmt.Sprintf("%s streamed=%t", how, streamed), func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				stream := pipelinetest.NewMemStream(1, 600)
				stream.Level, stream.NoRaw = pipeline.AtLeastOnce, true
				run := func(script pipelinetest.Script) error {
					stream.Script = script
					cfg := pipeline.Config{
						Source: stream.MemSource, State: filepath.Join(dir, "state"), BatchRows: 20,
						Sinks:  []pipeline.NamedSink{{Name: "default", Sink: newTable(t, dir, ", "+how)}},
						Commit: pipeline.CommitCadence{Records: 100}, Log: zerolog.New(zerolog.NewTestWriter(t)),
					}
					if streamed {
						cfg.Source, cfg.State = stream, ""
					}
					p, err := pipeline.New(cfg)
					if err != nil {
						t.Fatal(err)
					}
					_, err = p.Run(t.Context())
					return err
				}
				if how == "" {
					if err := run(pipelinetest.FailNth("next", 20, fault.New(fault.InputCorrupt, "no"))); !fault.Is(err, fault.InputCorrupt) {
						t.Fatal(err)
					}
					if err := table.Lose(t.Context(), filepath.Join(dir, "table.db"), tableLoses); err != nil {
						t.Fatal(err)
					}
				}
				err := run(nil)
				if !streamed {
					holds(t, err, `output.gone: (the sink default \(plugin evil 1 .*\) has|plugin evil: it had) the records of .* below offset \d+, and .*`)
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				l := pipelinetest.NewLedger()
				l.InSource(stream.MemSource)
				l.Out("table", tableIDs(t, dir)...)
				if err := l.Check(); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// everyThird sends every third record to the second sink.
type everyThird struct{}

func (everyThird) Needs(*pipeline.Layout) ([]arrow.Field, error) { return nil, nil }

func (everyThird) Route(_ context.Context, b *pipeline.Batch, dest []int16) error {
	for row, o := range b.Offsets() {
		dest[row] = int16(0)
		if o%3 == 0 {
			dest[row] = 1
		}
	}
	return nil
}

// TestResumerFenced has two processes write the same split: what the first one wrote before the second took over is never
// committed, and what it takes over again begins behind the second one's.
func TestResumerFenced(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	split := &pipeline.Split{ID: "in/0", End: -1}
	first, second := newTable(t, dir, ""), newTable(t, dir, "")
	for _, s := range []*host.Resumer{first, second} {
		if err := s.Open(t.Context(), tableOpen); err != nil {
			t.Fatal(err)
		}
	}
	resume := func(s *host.Resumer, want int64) {
		t.Helper()
		if next, err := s.Resume(t.Context(), split); err != nil || next != want {
			t.Fatalf("the split is at %d, %v; want %d", next, err, want)
		}
	}
	write := func(s *host.Resumer, from, to int64) {
		t.Helper()
		b := numbered(split, from, to)
		defer b.Record.Release()
		if err := s.Write(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	prepare := func(s *host.Resumer, from, to int64) error {
		s.Cover([]*pipeline.Span{{Split: split, First: from, Next: to}})
		_, err := s.Prepare(t.Context(), 1)
		return err
	}
	resume(first, -1)
	write(first, 0, 10)
	if err := prepare(first, 0, 10); err != nil {
		t.Fatal(err)
	}
	write(first, 10, 20) // and it pauses

	resume(second, 10)
	write(second, 5, 15) // the source begins before that
	if err := prepare(second, 5, 15); err != nil {
		t.Fatal(err)
	}

	err := prepare(first, 10, 20)
	var lost *pipeline.EpochError
	if !errors.As(err, &lost) || !fault.Is(err, fault.PluginFenced) {
		t.Fatalf("the first one commits, or says %v", err)
	}
	if err := first.Abort(t.Context()); err != nil {
		t.Fatal(err)
	}
	resume(first, 15)
	write(first, 15, 30)
	resume(first, 15) // the split goes and comes back before the epoch ends
	if err := prepare(first, 15, 30); !errors.As(err, &lost) {
		t.Fatalf("what was written before the split came back is committed, or %v", err)
	}
	if err := first.Abort(t.Context()); err != nil {
		t.Fatal(err)
	}
	write(first, 12, 40)
	if err := prepare(first, 12, 40); err != nil {
		t.Fatal(err)
	}
	var want []string
	for id := range 40 {
		want = append(want, strconv.Itoa(id))
	}
	if diff := cmp.Diff(want, tableIDs(t, dir)); diff != "" {
		t.Error(diff)
	}
}

// TestResumerCut ends a run in the middle of a write: its answer is waited for, but not for ever, and nothing of the batch is left to
// the next epoch.
func TestResumerCut(t *testing.T) {
	for how, taken := range map[string]bool{"lingers before write": true, "stalls before write": false} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			s, split := newTable(t, dir, ", "+how), &pipeline.Split{ID: "in/0", End: -1}
			if err := s.Open(t.Context(), tableOpen); err != nil {
				t.Fatal(err)
			}
			write := func(ctx context.Context, from, to int64) error {
				b := numbered(split, from, to)
				defer b.Record.Release()
				return s.Write(ctx, b)
			}
			resume := func() {
				t.Helper()
				if next, err := s.Resume(t.Context(), split); err != nil || next != -1 {
					t.Fatalf("the split is at %d, %v", next, err)
				}
			}
			resume()
			if err := write(t.Context(), 0, 10); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				defer cancel()
				for ctx.Err() == nil {
					if _, err := os.Stat(filepath.Join(dir, "marker")); err == nil {
						return // it is at it
					}
					time.Sleep(time.Millisecond)
				}
			}()
			defer cancel()
			if err := write(ctx, 10, 20); (err == nil) != taken {
				t.Fatalf("taken %t: %v", taken, err)
			}
			if err := write(ctx, 20, 30); err == nil {
				t.Fatal("another batch was taken after the end")
			}
			if err := s.Abort(t.Context()); err != nil {
				t.Fatal(err)
			}
			resume()
			if err := write(t.Context(), 0, 5); err != nil {
				t.Fatal(err)
			}
			s.Cover([]*pipeline.Span{{Split: split, First: 0, Next: 5}})
			if _, err := s.Prepare(t.Context(), 1); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{"0", "1", "2", "3", "4"}, tableIDs(t, dir)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

var tableLayout = &pipeline.Layout{Format: "test", Schema: arrow.NewSchema([]arrow.Field{{Name: "id", Type: arrow.PrimitiveTypes.Int64}}, nil)}

// tableOpen opens a table for a stream of such records.
var tableOpen = pipeline.SinkOpen{
	Pipeline: "p", RunID: "r", Scope: "p/default", Stream: true, Input: tableLayout, Rows: -1, Alloc: memory.DefaultAllocator,
}

// numbered is a batch of records whose ids are their offsets.
func numbered(split *pipeline.Split, from, to int64) *pipeline.Batch {
	schema := arrow.NewSchema([]arrow.Field{{Name: pipeline.ColOffset, Type: arrow.PrimitiveTypes.Int64}, tableLayout.Schema.Field(0)}, nil)
	build := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer build.Release()
	for o := from; o < to; o++ {
		build.Field(0).(*array.Int64Builder).Append(o)
		build.Field(1).(*array.Int64Builder).Append(o)
	}
	return &pipeline.Batch{Split: split, First: from, Next: pipeline.Position{Offset: to, Byte: -1}, Record: build.NewRecordBatch()}
}
