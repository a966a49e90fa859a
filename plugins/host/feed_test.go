package host_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
	"github.com/winnow-stream/winnow/plugins/host"
	"github.com/winnow-stream/winnow/plugins/plugintest"
)

// newFeed starts a feed that keeps its offsets in a folder.
func newFeed(t *testing.T, dir, how string) *host.Feed {
	t.Helper()
	patience := time.Minute
	if strings.Contains(how, "hangs") {
		patience = 7 * time.Second // longer than it takes to be told that nothing has come
	}
	s := plugintest.Host(t).Source(host.SourceConfig{
		Program: plugintest.Program(t, "evil", "1", "feeds, "+how), Config: []byte(dir), CallTimeout: patience, StartTimeout: time.Minute,
	})
	if unbounded, err := s.Unbounded(t.Context()); err != nil || !unbounded {
		t.Fatalf("unbounded %t, %v", unbounded, err)
	}
	return host.NewFeed(s, host.Place{FS: disk.OS{}, Dir: filepath.Join(dir, "state")})
}

// follow runs a feed into a sink until so many records have come.
func follow(t *testing.T, feed *host.Feed, sink pipeline.Sink, limit int64) (*pipeline.Summary, error) {
	t.Helper()
	p, err := pipeline.New(pipeline.Config{
		Source: feed, Sinks: []pipeline.NamedSink{{Name: "default", Sink: sink}}, BatchRows: 20, Limit: limit,
		Commit: pipeline.CommitCadence{Records: 100, Interval: 100 * time.Millisecond}, Log: zerolog.New(zerolog.NewTestWriter(t)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return p.Run(t.Context())
}

// TestFeed has a source without an end die or hang wherever it can, in two runs: each record is in a table that keeps offsets once,
// those of a split that comes later as well.
func TestFeed(t *testing.T) {
	for _, how := range []string{
		"", "dies before read", "hangs before read", "dies before acknowledge", "dies after acknowledge", "is busy",
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			var read int64
			for _, limit := range []int64{250, feedSplits*feedRecords - 250} {
				s, err := follow(t, newFeed(t, dir, how), newTable(t, dir, ""), limit)
				if err != nil {
					t.Fatal(err)
				}
				if read += s.Counts.Read; s.Plan.Guarantee != pipeline.ExactlyOnce {
					t.Errorf("delivery %s: %s", s.Plan.Guarantee, s.Plan.Reason)
				}
			}
			l := pipelinetest.NewLedger()
			l.InSource(pipelinetest.NewMemSource(feedSplits, feedRecords))
			l.Out("table", tableIDs(t, dir)...)
			if err := l.Check(); err != nil {
				t.Error(err)
			}
			if read != feedSplits*feedRecords {
				t.Errorf("%d records were read", read)
			}
		})
	}
}

// TestFeedAtLeastOnce goes on at the offsets that are kept, into a sink that keeps none.
func TestFeedAtLeastOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store := &pipelinetest.MemStore{}
	var ids []string
	for range 2 {
		sink := &pipelinetest.MemSink{Store: store}
		s, err := follow(t, newFeed(t, dir, ""), sink, feedSplits*feedRecords/2)
		if err != nil {
			t.Fatal(err)
		}
		if s.Plan.Guarantee != pipeline.AtLeastOnce {
			t.Errorf("delivery %s: %s", s.Plan.Guarantee, s.Plan.Reason)
		}
		for _, line := range store.Lines() {
			some, err := pipelinetest.JSONL("id")([]byte(line))
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, some...)
		}
		store = &pipelinetest.MemStore{}
	}
	l := pipelinetest.NewLedger()
	l.InSource(pipelinetest.NewMemSource(feedSplits, feedRecords))
	l.Out("memory", ids...)
	if err := l.Check(); err != nil {
		t.Error(err)
	}
}

// TestFeedBacklog has a source tell how many records there are, by their number or by the last one's offset, and when they came about.
func TestFeedBacklog(t *testing.T) {
	for how, timed := range map[string]bool{"counts": true, "": false} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			feed := newFeed(t, t.TempDir(), how)
			if _, err := feed.Layout(t.Context()); err != nil {
				t.Fatal(err)
			}
			s, err := feed.Join(t.Context(), pipeline.JoinOptions{Want: pipeline.Projection{Rows: 30, Bytes: 1 << 20, MaxRecord: 1 << 20, Alloc: memory.DefaultAllocator}})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = s.Close() }() // that is another test's
			handed := make(map[string]int64)
			for range 2 * 7 { // of two splits, all
				b, err := s.Next(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if handed[b.Split.ID] += int64(b.Len()); timed && !b.Time.Equal(countsFrom.Add(time.Duration(b.Next.Offset-1)*time.Second)) {
					t.Errorf("the records below %d came about at %v", b.Next.Offset, b.Time)
				}
				b.Record.Release()
				for _, h := range s.Held() { // the next batch may have been read
					if h.Split == b.Split && (h.Backlog.Handed < handed[b.Split.ID] || h.Backlog.Handed+h.Backlog.Ahead != feedRecords) {
						t.Errorf("%d records were handed out; %+v", handed[b.Split.ID], *h.Backlog)
					}
				}
			}
		})
	}
}

// TestFeedRefuses has one case for each thing that is no ground to go on from.
func TestFeedRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		how, file string
		want      *fault.Code
	}{
		"goes back": {how: "goes back", want: fault.PluginBadReply},
		"torn":      {file: `{"version": 1, "ne`, want: fault.StateDamaged},
		"newer":     {file: `{"version": 99}`, want: fault.StateNewer},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if c.file != "" {
				err := os.Mkdir(filepath.Join(dir, "state"), 0o700)
				if err := errors.Join(err, os.WriteFile(filepath.Join(dir, "state", "offsets.json"), []byte(c.file), 0o600)); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := follow(t, newFeed(t, dir, c.how), pipelinetest.NewMemSink(), 1000); !fault.Is(err, c.want) {
				t.Error(err)
			}
		})
	}
}
