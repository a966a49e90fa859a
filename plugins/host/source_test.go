package host_test

import (
	"errors"
	"io"
	"path/filepath"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
	"github.com/winnow-stream/winnow/plugins/host"
	"github.com/winnow-stream/winnow/plugins/plugintest"
)

// TestSource judges a source at the other end of the socket by the suite that judges built-in ones.
func TestSource(t *testing.T) { // by itself: it looks for goroutines that are left
	h := host.New(zerolog.Nop())
	pipelinetest.Source(t, pipelinetest.SourceCase{
		New: func(t testing.TB) pipeline.Source {
			return h.Source(host.SourceConfig{Program: plugintest.Program(t, "evil", "1", "reads"), Config: []byte("{}")})
		},
		Bad:   []string{"record.type", "record.type"},
		Close: h.Close,
	})
	h.Close()
}

// readAll reads what there is of a split, again where it may be asked again.
func readAll(t *testing.T, s pipeline.Source) (rows int, err error) {
	t.Helper()
	if _, err := s.Layout(t.Context()); err != nil {
		return 0, err
	}
	splits, err := s.Splits(t.Context())
	if err != nil {
		return 0, err
	}
	want := pipeline.Projection{Rows: 3, Bytes: 1 << 20, MaxRecord: 1 << 20, Alloc: memory.DefaultAllocator}
	at := pipeline.Position{Offset: splits[0].Start, Byte: -1}
	for {
		r, err := s.Open(t.Context(), splits[0], at, want)
		for err == nil {
			var b *pipeline.Batch
			if b, err = r.Next(t.Context()); err == nil {
				rows += b.Len()
				at = b.Next
				b.Record.Release()
			}
		}
		if r != nil {
			if err := r.Close(); err != nil {
				t.Error(err)
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return rows, nil
		case fault.FateOf(err) != fault.Transient:
			return rows, err
		}
	}
}

// TestSourceEnds has the process end, or hang, while it reads: it is read on where it was, until that comes too often.
func TestSourceEnds(t *testing.T) {
	for how, want := range map[string]string{
		"reads":         ``,
		"reads, dies":   ``, // once
		"reads, hangs":  `plugin.crashed: plugin evil: it ended 4 times within 10m0s; the last time: it did not answer in time`,
		"reads, lies":   `plugin.bad_reply: plugin evil: the batch \[0, 3\) follows offset 3`,
		"reads, skips":  `plugin.bad_reply: plugin evil: the offset 5 follows 4 in the batch \[3, 5\)`,
		"reads, nested": `plugin.bad_reply: plugin evil: the column "nested" is of the type list<.*>, which can't be sent`,
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			s := plugintest.Host(t).Source(host.SourceConfig{
				Program: plugintest.Program(t, "evil", "1", how), Config: []byte(filepath.Join(t.TempDir(), "marker")), CallTimeout: time.Second,
			})
			rows, err := readAll(t, s)
			if want != "" {
				holds(t, err, want)
			} else if err != nil || rows != 12 {
				t.Errorf("%d rows, %v", rows, err)
			}
		})
	}
}

// TestSourceFaults has a source end, hang, grow or leave a child once: each record is delivered once, and bad ones are dead.
func TestSourceFaults(t *testing.T) {
	for _, how := range []string{"reads", "reads, dies", "reads, hangs once", "reads, grows", "reads, leaves a child"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			r := newLedgered(t)
			if err := r.run(r.read(how)); err != nil {
				t.Fatal(err)
			}
			r.check()
		})
	}
}

// TestSourceLies has one case for each way to break the protocol in a batch: the run ends, and the same run goes on with a source that
// keeps it.
func TestSourceLies(t *testing.T) {
	for how, want := range map[string]string{
		"columns":  `the columns are .*, and have to be .*`,
		"rows":     `a batch of 21 rows, and at most 20 were asked for`,
		"huge":     `a message of more than 64 MiB`,
		"bomb":     `the batch can't be read: .*: it claims more than 256 MiB`,
		"no Arrow": `17 bytes are no stream of Arrow batches: .*`,
		"order":    `the offset 0 follows 1 in the batch \[0, 3\)`,
		"twice":    `the offset 0 follows 0 in the batch \[0, 3\)`,
		"beyond":   `the offset 3 follows 1 in the batch \[0, 3\)`,
		"failures": `the row 1 of 3 fails, or fails again`,
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			r := newLedgered(t)
			holds(t, r.run(r.read("misreads, "+how)), "plugin.bad_reply: plugin evil: "+want)
			if err := r.run(r.read("reads")); err != nil {
				t.Fatal(err)
			}
			r.check()
		})
	}
}
