package conform_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
	"github.com/winnow-stream/winnow/plugins/conform"
	"github.com/winnow-stream/winnow/plugins/sdk"
)

// serveBrokenFeed serves a source without an end that breaks one promise.
func serveBrokenFeed(how conform.Promise) {
	name := "broken"
	if how == conform.Starts {
		name = "whole"
	}
	sdk.Serve(sdk.Plugin{Name: name, Version: "1", Source: func(_ context.Context, t sdk.Task) (pipeline.Source, error) {
		var dir string
		if err := json.Unmarshal(t.Config, &dir); err != nil {
			return nil, err
		}
		mem := pipelinetest.NewMemSource(2, 20)
		mem.NoRaw, mem.EndUnknown = true, true
		marker := filepath.Join(dir, "started")
		_, err := os.Stat(marker)
		return &feed{source: source{MemSource: mem, how: how}, again: err == nil, one: make(chan struct{}, 1)}, os.WriteFile(marker, nil, 0o600)
	}})
	if how == conform.Ends {
		time.Sleep(time.Hour)
	}
}

type feed struct {
	source
	again bool          // it was started before
	one   chan struct{} // full while a split is read, where one alone may be
	told  atomic.Int32
}

func (f *feed) Acknowledge(context.Context, map[string]int64) error {
	if f.how == conform.Acknowledges && f.told.Add(1) > 1 {
		return errors.New("that was done already")
	}
	return nil
}

func (f *feed) Open(ctx context.Context, split *pipeline.Split, from pipeline.Position, want pipeline.Projection) (pipeline.Reader, error) {
	if f.how == conform.SplitsOnce {
		select {
		case f.one <- struct{}{}:
		case <-time.After(300 * time.Millisecond): // longer than it takes to hear that another reader was given up
			return nil, errors.New("one by one, please")
		}
	}
	open := f.source.Open
	if f.how == conform.SplitsOnce {
		open = f.MemSource.Open
	}
	r, err := open(ctx, split, from, want)
	return &feedReader{Reader: r, feed: f, lost: f.how == conform.GoesOn && f.again}, err
}

// feedReader waits at the end of what there is.
type feedReader struct {
	pipeline.Reader
	feed *feed
	lost bool // all that is there
	n    int
}

func (r *feedReader) Next(ctx context.Context) (*pipeline.Batch, error) {
	if r.n++; r.n == 1 && r.feed.how == conform.SplitsOnce {
		select { // long enough for another split to be opened
		case <-time.After(time.Second):
		case <-ctx.Done():
		}
	}
	b, err := r.Reader.Next(ctx)
	switch {
	case err == nil && r.lost:
		b.Record.Release()
	case !errors.Is(err, io.EOF) || r.feed.how == conform.Follows:
		return b, err
	case r.feed.how == conform.Waits:
		select {} // whatever becomes of ctx
	}
	<-ctx.Done()
	return nil, ctx.Err()
}

func (r *feedReader) Close() error {
	if r.feed.how == conform.SplitsOnce {
		<-r.feed.one
	}
	return r.Reader.Close()
}

// TestBrokenFeed is TestBrokenSource for sources without an end. They are all held to their promises at once, since they mostly wait.
func TestBrokenFeed(t *testing.T) {
	t.Parallel()
	var wg sync.WaitGroup
	for _, how := range []conform.Promise{
		"nothing", conform.Starts, conform.Follows, conform.Waits, conform.AnySize, conform.Resumes, conform.Projects, conform.SplitsOnce,
		conform.Acknowledges, conform.GoesOn, conform.Ends,
	} {
		wg.Go(func() { failsAlone(t, how, "feed") })
	}
	wg.Wait()
}
