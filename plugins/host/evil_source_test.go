package host_test

import (
	"context"
	"os"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
	"github.com/winnow-stream/winnow/plugins/sdk"
)

// The source of "reads, many" has splits of records each.
const manySplits, manyRecords = 3, 2000

// serveSource serves three splits of 12 records, one of which is bad in two of them.
func serveSource(how string) {
	sdk.Serve(sdk.Plugin{Name: "evil", Version: "1", Source: func(_ context.Context, t sdk.Task) (pipeline.Source, error) {
		mem := pipelinetest.NewMemSource(3, 12)
		if how == "reads, many" {
			mem = pipelinetest.NewMemSource(manySplits, manyRecords)
			mem.Script = pipelinetest.Slow("next", 5*time.Millisecond)
		}
		mem.NoRaw = true
		mem.Bad = func(split int, r int64) *fault.Error {
			if split > 0 && r == 5 && how != "reads, many" {
				return fault.New(fault.RecordType, "it is bad")
			}
			return nil
		}
		return &badSource{MemSource: mem, how: how, marker: string(t.Config)}, nil
	}})
}

// badSource reads as it is told to.
type badSource struct {
	*pipelinetest.MemSource
	how    string
	marker string // a file: the first process that finds none may die
}

func (s *badSource) Layout(ctx context.Context) (*pipeline.Layout, error) {
	l, err := s.MemSource.Layout(ctx)
	if s.how == "reads, nested" {
		l.Schema = arrow.NewSchema([]arrow.Field{{Name: "nested", Type: arrow.ListOf(arrow.PrimitiveTypes.Int64)}}, nil)
	}
	return l, err
}

func (s *badSource) Open(ctx context.Context, split *pipeline.Split, from pipeline.Position, want pipeline.Projection) (pipeline.Reader, error) {
	r, err := s.MemSource.Open(ctx, split, from, want)
	return &badReader{Reader: r, badSource: s}, err
}

type badReader struct {
	pipeline.Reader
	*badSource
	n int
}

func (r *badReader) Close() error { return r.Reader.Close() }

func (r *badReader) Next(ctx context.Context) (*pipeline.Batch, error) {
	if r.how == "reads, hangs" {
		time.Sleep(time.Hour)
	}
	b, err := r.Reader.Next(ctx)
	if r.n++; err != nil || r.n < 2 {
		return b, err
	}
	switch r.how {
	case "reads, dies":
		if _, err := os.Stat(r.marker); err != nil {
			_ = os.WriteFile(r.marker, nil, 0o600)
			os.Exit(7)
		}
	case "reads, lies":
		b.First, b.Next.Offset = 0, 3
	case "reads, skips":
		b.Next.Offset = 5
	}
	return b, err
}
