package commitlog_test

import (
	"context"
	"encoding/json"
	"path/filepath"
	"testing"

	"github.com/winnow-stream/winnow/connectors/commitlog"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
)

// settled is a Sink as the suite of bounded runs knows them: its receipts tell how far the source's transaction came.
type settled struct {
	*commitlog.Sink
	log             *commitlog.Log
	split           *pipeline.Split
	committed, next int64
}

type settledReceipt struct {
	Next  int64            `json:"next"`
	Inner pipeline.Receipt `json:"inner"`
}

func (s *settled) Open(ctx context.Context, o pipeline.SinkOpen) error {
	if err := s.Sink.Open(ctx, o); err != nil {
		return err
	}
	var last settledReceipt
	if o.Last != nil {
		if err := json.Unmarshal(o.Last, &last); err != nil {
			return err
		}
	}
	s.committed, s.next, s.split = last.Next, last.Next, &pipeline.Split{ID: "part/0"}
	_, err := s.log.Resume(ctx, s.split, last.Next)
	return err
}

func (s *settled) Write(ctx context.Context, b *pipeline.Batch) error {
	of := *b
	of.Split = s.split
	err := s.Sink.Write(ctx, &of)
	if err == nil {
		s.next = b.Next.Offset
	}
	return err
}

func (s *settled) Prepare(ctx context.Context, epoch int64) (pipeline.Receipt, error) {
	s.Cover(nil)
	if s.next > s.committed {
		s.Cover([]*pipeline.Span{{Split: s.split, First: s.committed, Next: s.next}})
	}
	r, err := s.Sink.Prepare(ctx, epoch)
	if err != nil {
		return nil, err
	}
	return json.Marshal(settledReceipt{s.next, r})
}

func (s *settled) Commit(ctx context.Context, r pipeline.Receipt) error {
	var m settledReceipt
	if err := json.Unmarshal(r, &m); err != nil {
		return err
	}
	s.committed = m.Next
	return s.Sink.Commit(ctx, m.Inner)
}

func (s *settled) Abort(ctx context.Context) error {
	s.next = s.committed
	return s.Sink.Abort(ctx)
}

func TestSinkConforms(t *testing.T) {
	pipelinetest.Sink(t, pipelinetest.SinkCase{
		New: func(t testing.TB, fsys disk.FS) pipeline.Sink {
			t.Helper()
			l := commitlog.New(commitlog.Config{Dir: "/out/parts/_winnow", FS: fsys, Transactional: true})
			s, err := l.Sink(commitlog.SinkConfig{Name: "out", Folder: "/out/parts", Ext: ".jsonl", New: lines(".jsonl")})
			if err != nil {
				t.Fatal(err)
			}
			return &settled{Sink: s, log: l}
		},
		Output: func(_ testing.TB, d *pipelinetest.Disk) ([]byte, bool) {
			var all []byte
			for _, path := range d.Files() {
				if filepath.Dir(path) == "/out/parts" {
					all = append(all, d.Get(path)...)
				}
			}
			return all, all != nil
		},
		IDs: pipelinetest.JSONL("id"), Points: 60,
	})
}
