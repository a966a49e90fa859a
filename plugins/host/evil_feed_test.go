package host_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
	"github.com/winnow-stream/winnow/plugins/sdk"
)

// A feed has splits of records each; the last split comes when something of the first is acknowledged.
const feedSplits, feedRecords = 3, 200

// serveFeed serves a source without an end, whose records come from the moment on that somebody waits for them.
func serveFeed(how string) {
	sdk.Serve(sdk.Plugin{Name: "evil", Version: "1", Source: func(_ context.Context, t sdk.Task) (pipeline.Source, error) {
		mem := pipelinetest.NewMemSource(feedSplits, feedRecords)
		mem.NoRaw, mem.EndUnknown = true, true
		dir := string(t.Config)
		return &badFeed{
			MemSource: mem, failing: failing{how: strings.TrimPrefix(how, "feeds, "), marker: filepath.Join(dir, "feed")},
			grown: filepath.Join(dir, "grown"),
		}, nil
	}})
}

// badFeed fails as it is told to.
type badFeed struct {
	*pipelinetest.MemSource
	failing
	grown string // a file: there is one split more
}

func (s *badFeed) Splits(ctx context.Context) ([]*pipeline.Split, error) {
	splits, err := s.MemSource.Splits(ctx)
	if _, missing := os.Stat(s.grown); missing != nil && err == nil {
		splits = splits[:feedSplits-1]
	}
	return splits, err
}

func (s *badFeed) Open(ctx context.Context, split *pipeline.Split, from pipeline.Position, want pipeline.Projection) (pipeline.Reader, error) {
	r, err := s.MemSource.Open(ctx, split, from, want)
	return &badFeedReader{Reader: r, feed: s}, err
}

func (s *badFeed) Acknowledge(_ context.Context, done map[string]int64) error {
	s.at("before", "acknowledge")
	if done[s.SplitID(0)] > 0 {
		if err := os.WriteFile(s.grown, nil, 0o600); err != nil {
			return err
		}
	}
	s.at("after", "acknowledge")
	if s.how == "is busy" {
		if _, err := os.Stat(s.marker); err != nil {
			_ = os.WriteFile(s.marker, nil, 0o600)
			return fault.New(fault.PluginUnavailable, "not now")
		}
	}
	return nil
}

// badFeedReader waits at the end of what there is.
type badFeedReader struct {
	pipeline.Reader
	feed *badFeed
	n    int
	next int64
}

// countsFrom is when the records of a feed that counts them began to come.
var countsFrom = time.UnixMilli(1_700_000_000_000)

// Ahead counts records where the feed does so.
func (r *badFeedReader) Ahead() int64 {
	if r.feed.how != "counts" {
		return -1
	}
	return feedRecords - r.next
}

func (r *badFeedReader) Next(ctx context.Context) (*pipeline.Batch, error) {
	if r.n++; r.n == 4 && strings.HasSuffix(r.feed.how, "before read") {
		if _, err := os.Stat(r.feed.marker); err != nil {
			_ = os.WriteFile(r.feed.marker, nil, 0o600)
			if r.feed.how == "hangs before read" {
				time.Sleep(time.Hour)
			}
			os.Exit(7)
		}
	}
	b, err := r.Reader.Next(ctx)
	if errors.Is(err, io.EOF) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if err == nil {
		if r.next = b.Next.Offset; r.feed.how == "counts" {
			b.Time = countsFrom.Add(time.Duration(r.next-1) * time.Second)
		} else {
			b.High = feedRecords
		}
		if r.feed.how == "goes back" && r.n == 3 {
			b.First = 0
		}
	}
	return b, err
}
