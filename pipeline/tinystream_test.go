package pipeline_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
)

// tinyStream is one partition in memory. Records come when the test says; record i is made at second i of 2026.
type tinyStream struct {
	hidden    int64 // records that Held knows of and Next does not give
	abort     func(commit int) bool
	fail      func(next int) error // of the n-th Next
	decodesIn bool                 // Next decodes: there is no Decoder
	overlaps  bool                 // Next may be called while Commit runs

	mu        sync.Mutex
	records   []string      // guarded by mu; as JSON
	ended     bool          // guarded by mu
	came      chan struct{} // guarded by mu; closed when something has changed
	committed int64         // guarded by mu
	joins     int           // guarded by mu
	nexts     int           // guarded by mu
	commits   int           // guarded by mu
}

func newTinyStream() *tinyStream { return &tinyStream{came: make(chan struct{})} }

// put adds n records with the fields id, text and other.
func (s *tinyStream) put(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for range n {
		i := len(s.records)
		s.records = append(s.records, fmt.Sprintf(`{"id":"%d","text":"text %d","other":"other %d"}`, i, i, i%2))
	}
	s.wake()
}

func (s *tinyStream) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	s.wake()
}

func (s *tinyStream) wake() {
	close(s.came)
	s.came = make(chan struct{})
}

func (s *tinyStream) Layout(context.Context) (*pipeline.Layout, error) {
	return &pipeline.Layout{Format: "json", Schema: pipelinetest.MemSchema, Open: true, Raw: pipeline.RawJSON, Replayable: true}, nil
}

func (s *tinyStream) Splits(context.Context) ([]*pipeline.Split, error) { return nil, nil }

func (s *tinyStream) Open(context.Context, *pipeline.Split, pipeline.Position, pipeline.Projection) (pipeline.Reader, error) {
	panic("a stream is not opened")
}

func (s *tinyStream) Guarantee() (pipeline.Guarantee, string) {
	return pipeline.ExactlyOnce, "memory forgets nothing"
}

func (s *tinyStream) Join(_ context.Context, o pipeline.JoinOptions) (pipeline.Stream, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.joins++
	m := &tinyMember{s: s, want: o.Want, split: &pipeline.Split{ID: "t/0", File: "t/0", Start: s.committed, End: -1}, next: s.committed}
	if s.overlaps {
		return overlapping{m}, nil
	}
	return m, nil
}

// overlapping is a member whose Next may be called while Commit runs.
type overlapping struct{ *tinyMember }

func (m overlapping) Rewinds() int64 {
	m.s.mu.Lock()
	defer m.s.mu.Unlock()
	return m.rewinds
}

// Decode finds the wanted fields in _raw.
func (s *tinyStream) Decode(_ context.Context, b *pipeline.Batch, want pipeline.Projection) error {
	fields := append([]arrow.Field{}, b.Record.Schema().Fields()...)
	columns := append([]arrow.Array{}, b.Record.Columns()...)
	for _, f := range want.Columns {
		build := array.NewStringBuilder(want.Alloc)
		for row := range b.Len() {
			var fields map[string]string
			if err := json.Unmarshal(b.Raw(row), &fields); err != nil {
				return err
			}
			build.Append(fields[f.Name])
		}
		col := build.NewArray()
		build.Release()
		defer col.Release()
		fields, columns = append(fields, f), append(columns, col)
	}
	old := b.Record
	b.Record = array.NewRecordBatch(arrow.NewSchema(fields, nil), columns, old.NumRows())
	old.Release()
	return nil
}

type tinyMember struct {
	s     *tinyStream
	want  pipeline.Projection
	split *pipeline.Split
	next  int64

	rewinds int64 // guarded by s.mu
}

func (m *tinyMember) Next(ctx context.Context) (*pipeline.Batch, error) {
	m.s.mu.Lock()
	m.s.nexts++
	if m.s.fail != nil {
		if err := m.s.fail(m.s.nexts); err != nil {
			m.s.mu.Unlock()
			return nil, err
		}
	}
	for m.next == int64(len(m.s.records)) {
		if m.s.ended {
			m.s.mu.Unlock()
			return nil, io.EOF
		}
		came := m.s.came
		m.s.mu.Unlock()
		select {
		case <-came:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		m.s.mu.Lock()
	}
	defer m.s.mu.Unlock()
	return m.batch(min(int64(len(m.s.records)), m.next+int64(m.want.Rows)))
}

func (m *tinyMember) batch(to int64) (*pipeline.Batch, error) {
	build := array.NewRecordBuilder(m.want.Alloc, arrow.NewSchema([]arrow.Field{
		{Name: pipeline.ColOffset, Type: arrow.PrimitiveTypes.Int64},
		{Name: pipeline.ColRaw, Type: arrow.BinaryTypes.Binary},
		{Name: pipeline.ColTime, Type: arrow.FixedWidthTypes.Timestamp_ms},
	}, nil))
	defer build.Release()
	b := &pipeline.Batch{Split: m.split, First: m.next, Next: pipeline.Position{Offset: to}, Streamed: true, Rewinds: m.rewinds}
	for i := m.next; i < to; i++ {
		build.Field(0).(*array.Int64Builder).Append(i)
		build.Field(1).(*array.BinaryBuilder).Append([]byte(m.s.records[i]))
		build.Field(2).(*array.TimestampBuilder).Append(arrow.Timestamp(madeAt(i).UnixMilli()))
	}
	b.Record, m.next = build.NewRecordBatch(), to
	if m.s.decodesIn {
		return b, m.s.Decode(context.Background(), b, m.want)
	}
	return b, nil
}

func madeAt(i int64) time.Time { return time.Date(2026, 1, 1, 0, 0, int(i), 0, time.UTC) }

func (m *tinyMember) Commit(_ context.Context, e *pipeline.Epoch) (bool, error) {
	m.s.mu.Lock()
	defer m.s.mu.Unlock()
	m.s.commits++
	if m.s.abort != nil && m.s.abort(m.s.commits) {
		m.split = &pipeline.Split{ID: "t/0", File: "t/0", Start: m.s.committed, End: -1}
		m.next = m.s.committed
		m.rewinds++
		return false, nil
	}
	for _, span := range e.Spans {
		m.s.committed = span.Next
	}
	return true, nil
}

func (m *tinyMember) Held() []pipeline.Holding {
	m.s.mu.Lock()
	defer m.s.mu.Unlock()
	return []pipeline.Holding{{Split: m.split, High: int64(len(m.s.records)) + m.s.hidden}}
}

func (*tinyMember) Close() error { return nil }

// undecoded hides the stream's Decode.
type undecoded struct {
	pipeline.Source
	pipeline.Streamer
}

// streamed starts a rig over a stream, runs the test beside it, ends the stream and returns how it went.
func streamed(t *testing.T, s *tinyStream, set func(*rig), test func(r *rig, p *pipeline.Pipeline)) *pipeline.Summary {
	t.Helper()
	r := newRig(t, 0, 0)
	r.cfg.Name, r.cfg.Source, r.cfg.State = "tiny", s, ""
	if s.decodesIn {
		r.cfg.Source = undecoded{s, s}
	}
	if set != nil {
		set(r)
	}
	var sum *pipeline.Summary
	var err error
	done := make(chan struct{})
	started := make(chan *pipeline.Pipeline, 1)
	go func() {
		defer close(done)
		sum, err = r.runContext(t.Context(), t, func(p *pipeline.Pipeline) { started <- p })
	}()
	p := <-started
	synctest.Wait()
	test(r, p)
	s.end()
	<-done
	if err != nil {
		t.Fatal(err)
	}
	return sum
}
