package host_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

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
	s := plugintest.Host(t).Source(host.SourceConfig{
		Program: plugintest.Program(t, "evil", "1", "feeds, "+how), Config: []byte(dir), CallTimeout: 7 * time.Second,
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
