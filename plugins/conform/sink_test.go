package conform_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
	"github.com/winnow-stream/winnow/plugins/conform"
	"github.com/winnow-stream/winnow/plugins/host"
	"github.com/winnow-stream/winnow/plugins/internal/table"
	"github.com/winnow-stream/winnow/plugins/plugintest"
	"github.com/winnow-stream/winnow/plugins/sdk"
)

// serveBrokenSink serves a sink that breaks one promise.
func serveBrokenSink(how conform.Promise) {
	name := "broken"
	if how == conform.Starts {
		name = "whole"
	}
	sdk.Serve(sdk.Plugin{Name: name, Version: "1", Sink: func(_ context.Context, t sdk.Task) (sdk.Sink, error) {
		if how == "table" || how == conform.Keeps || how == conform.Fences {
			return &brokenTable{how: how, Sink: &table.Sink{Path: filepath.Join(string(t.Config), "table.db")}}, nil
		}
		s := &brokenSink{how: how, DiskSink: &pipelinetest.DiskSink{FS: disk.OS{}, Path: filepath.Join(string(t.Config), "out.jsonl")}}
		if how == "plain" {
			return plainSink{}, nil
		}
		return s, nil
	}})
	if how == conform.Ends {
		time.Sleep(time.Hour)
	}
}

// plainSink takes records and forgets them.
type plainSink struct{}

func (plainSink) Open(context.Context, pipeline.SinkOpen) error { return nil }
func (plainSink) Write(context.Context, *pipeline.Batch) error  { return nil }
func (plainSink) Close() error                                  { return nil }

type brokenSink struct {
	*pipelinetest.DiskSink
	how     conform.Promise
	later   bool // it goes on where another process was
	writes  int
	commits int
	aborts  int
	seals   int
}

var errNo = errors.New("no")

func (s *brokenSink) Open(ctx context.Context, o pipeline.SinkOpen) error {
	if s.how == conform.Opens {
		return errNo
	}
	if o.Last != nil && !o.Sealing {
		var last struct{ Size int64 }
		info, err := os.Stat(s.Path + ".part")
		if err := errors.Join(err, json.Unmarshal(o.Last, &last)); err != nil {
			return err
		}
		if info.Size() != last.Size && s.how == conform.Undoes {
			return errNo
		}
	}
	s.later = o.Last != nil
	return s.DiskSink.Open(ctx, o)
}

func (s *brokenSink) Write(ctx context.Context, b *pipeline.Batch) error {
	s.writes++
	if s.how == conform.Takes && b.First == 0 || s.how == conform.TakesMany && b.Len() > 1000 {
		return errNo
	}
	return s.DiskSink.Write(ctx, b)
}

func (s *brokenSink) Commit(ctx context.Context, r pipeline.Receipt) error {
	s.commits++
	broken := map[conform.Promise]bool{
		conform.Commits: !s.later && s.commits == 1, conform.CommitsAgain: s.commits == 2 && !s.later, conform.Finishes: s.later && s.writes == 0,
	}
	if broken[s.how] {
		return errNo
	}
	return s.DiskSink.Commit(ctx, r)
}

func (s *brokenSink) Abort(ctx context.Context) error {
	if s.aborts++; s.how == conform.Aborts && s.aborts == 2 {
		return errNo
	}
	return s.DiskSink.Abort(ctx)
}

func (s *brokenSink) Seal(ctx context.Context, r pipeline.Receipt) error {
	if s.seals++; s.how == conform.Seals && s.seals == 2 {
		return errNo
	}
	return s.DiskSink.Seal(ctx, r)
}

// brokenTable keeps offsets.
type brokenTable struct {
	*table.Sink
	how   conform.Promise
	spans []*pipeline.Span
}

func (s *brokenTable) Cover(spans []*pipeline.Span) {
	s.spans = spans
	s.Sink.Cover(spans)
}

func (s *brokenTable) Resume(ctx context.Context, split *pipeline.Split) (int64, error) {
	next, err := s.Sink.Resume(ctx, split)
	if s.how == conform.Keeps && next > 0 {
		next--
	}
	return next, err
}

func (s *brokenTable) Commit(ctx context.Context, r pipeline.Receipt) error {
	for _, span := range s.spans {
		if s.how != conform.Fences {
			break
		}
		if _, err := s.Resume(ctx, span.Split); err != nil {
			return err
		}
	}
	return s.Sink.Commit(ctx, r)
}

// TestBrokenSink proves each check by a plugin that breaks its promise alone.
func TestBrokenSink(t *testing.T) {
	for _, how := range []conform.Promise{
		"nothing", "plain", conform.Starts, conform.Opens, conform.Takes, conform.TakesMany, conform.Commits, conform.CommitsAgain,
		conform.Aborts, conform.Finishes, conform.Undoes, conform.Seals, conform.Ends, "table", conform.Keeps, conform.Fences,
	} {
		t.Run(string(how), func(t *testing.T) {
			t.Parallel()
			var want, failed []conform.Promise
			if how != "nothing" && how != "plain" && how != "table" {
				want = []conform.Promise{how}
			}
			looked := 0
			conform.Sink(t.Context(), plugintest.Host(t), host.SinkConfig{
				Program: plugintest.Program(t, "broken", "1", string(how), "sink"), Config: []byte(t.TempDir()),
			}, func(r conform.Result) {
				looked++
				if r.Err != nil {
					t.Log(r.Promise, r.Err)
					failed = append(failed, r.Promise)
				}
			})
			if !slices.Equal(failed, want) || how == "plain" && looked != 5 || how == "nothing" && looked != 11 || how == "table" && looked != 12 {
				t.Errorf("fails %q of %d", failed, looked)
			}
		})
	}
}
