package conform_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
	"github.com/winnow-stream/winnow/plugins/conform"
	"github.com/winnow-stream/winnow/plugins/host"
	"github.com/winnow-stream/winnow/plugins/plugintest"
	"github.com/winnow-stream/winnow/plugins/sdk"
)

// serveBrokenSource serves a source that breaks one promise.
func serveBrokenSource(how conform.Promise) {
	name := "broken"
	if how == conform.Starts {
		name = "whole"
	}
	sdk.Serve(sdk.Plugin{Name: name, Version: "1", Source: func(context.Context, sdk.Task) (pipeline.Source, error) {
		mem := pipelinetest.NewMemSource(2, 20)
		mem.NoRaw = true
		if how == conform.Again {
			mem.Fingerprint = time.Now().String()
		}
		return &source{MemSource: mem, how: how}, nil
	}})
	if how == conform.Ends {
		time.Sleep(time.Hour)
	}
}

type source struct {
	*pipelinetest.MemSource
	how  conform.Promise
	open atomic.Int32 // readers that are not done, where one is allowed
}

func (s *source) Open(ctx context.Context, split *pipeline.Split, from pipeline.Position, want pipeline.Projection) (pipeline.Reader, error) {
	switch {
	case s.how == conform.Reads:
		return nil, errors.New("it is lost")
	case s.how == conform.Projects && len(want.Columns) < 2:
		return nil, errors.New("all or nothing")
	case s.how == conform.SplitsOnce && s.open.Add(1) > 1:
		s.open.Add(-1)
		return nil, errors.New("one by one, please")
	}
	r, err := s.MemSource.Open(ctx, split, from, want)
	return &reader{Reader: r, source: s, from: from, want: want}, err
}

type reader struct {
	pipeline.Reader
	*source
	from pipeline.Position
	want pipeline.Projection
	n    int
}

func (r *reader) Next(ctx context.Context) (*pipeline.Batch, error) {
	if r.how == conform.SplitsOnce {
		time.Sleep(50 * time.Millisecond) // long enough for another split to be opened
	}
	b, err := r.Reader.Next(ctx)
	r.n++
	switch {
	case err != nil: // it is done before winnow knows, and so before another one is asked for
		r.open.Add(-1)
	case r.how == conform.AnySize && r.want.Rows == 7 && r.n > 1, r.how == conform.Resumes && r.from.Offset > 0:
		b.Record.Release()
		return nil, io.EOF
	}
	return b, err
}

// TestBrokenSource proves each check by a plugin that breaks its promise alone.
func TestBrokenSource(t *testing.T) {
	for _, how := range []conform.Promise{
		"nothing", conform.Starts, conform.Reads, conform.AnySize, conform.Resumes, conform.Projects, conform.SplitsOnce, conform.Again,
		conform.Ends,
	} {
		t.Run(string(how), func(t *testing.T) {
			t.Parallel()
			failsAlone(t, how, "source")
		})
	}
}

// failsAlone holds a source that breaks one promise to all of them.
func failsAlone(t *testing.T, how conform.Promise, kind string) {
	t.Helper()
	var want, failed []conform.Promise
	if how != "nothing" {
		want = []conform.Promise{how}
	}
	config, err := json.Marshal(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	conform.Source(t.Context(), plugintest.Host(t), host.SourceConfig{
		Program: plugintest.Program(t, "broken", "1", string(how), kind), Config: config,
	}, func(r conform.Result) {
		if r.Err != nil {
			t.Log(r.Promise, r.Err)
			failed = append(failed, r.Promise)
		}
	})
	if !slices.Equal(failed, want) {
		t.Errorf("one that breaks %q fails %q", how, failed)
	}
}
