package host_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
	"github.com/winnow-stream/winnow/plugins/host"
	"github.com/winnow-stream/winnow/plugins/plugintest"
)

// TestSink judges a sink at the other end of the socket by the suite that judges built-in ones. Its disk is in this process, and
// loses power there.
func TestSink(t *testing.T) {
	h := host.New(zerolog.Nop())
	var disks diskServers
	end := func() {
		h.Close()
		disks.close()
	}
	defer end()
	pipelinetest.Sink(t, pipelinetest.SinkCase{
		New: func(t testing.TB, fsys disk.FS) pipeline.Sink {
			s, err := h.Sink(t.Context(), host.SinkConfig{
				Program: plugintest.Program(t, "evil", "1", "takes", disks.serve(t, fsys)), Config: []byte("{}"),
			})
			if err != nil {
				t.Fatal(err)
			}
			return s
		},
		Output: func(_ testing.TB, d *pipelinetest.Disk) ([]byte, bool) {
			data := d.Get("/out/out.jsonl")
			return data, data != nil
		},
		IDs: pipelinetest.JSONL("id"), Points: 2, Records: 30, Close: end,
	})
}

// sinkRun runs 3 × 200 records into the sink of a way to fail, and returns the ids that came out, dead ones included.
func sinkRun(t *testing.T, how string) (*pipeline.Summary, *pipelinetest.MemSource, []string, []string, error) {
	t.Helper()
	dir := t.TempDir()
	sink, err := plugintest.Host(t).Sink(t.Context(), host.SinkConfig{
		Program: plugintest.Program(t, "evil", "1", how), Config: []byte(dir), CallTimeout: time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	source, dead := pipelinetest.NewMemSource(3, 200), pipelinetest.NewMemSink()
	p, err := pipeline.New(pipeline.Config{
		Source: source, Sinks: []pipeline.NamedSink{{Name: "default", Sink: sink}}, DeadLetters: dead,
		State: filepath.Join(dir, "state"), BatchRows: 20, Commit: pipeline.CommitCadence{Records: 100}, MaxErrorRate: 1,
		Log: zerolog.New(zerolog.NewTestWriter(t)),
	})
	if err != nil {
		t.Fatal(err)
	}
	s, err := p.Run(t.Context())
	if err != nil {
		return s, source, nil, nil, err
	}
	data, err := os.ReadFile(filepath.Join(dir, "out.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	ids, err := pipelinetest.JSONL("id")(data)
	if err != nil {
		t.Fatal(err)
	}
	lost, err := pipelinetest.JSONL("record.id")([]byte(strings.Join(dead.Store.Lines(), "")))
	if err != nil {
		t.Fatal(err)
	}
	return s, source, ids, lost, nil
}

// TestSinkFaults has a sink end, hang or refuse wherever it can: the run comes to its end by itself, and each record is delivered or
// dead-lettered once.
func TestSinkFaults(t *testing.T) {
	for _, how := range []string{
		"", "dies before write", "dies after write", "dies before prepare", "dies after prepare", "dies before commit",
		"dies after commit", "dies before encode", "hangs before encode", "meets", "dies before seal", "dies after seal", "hangs before write", "hangs before prepare",
		"hangs before commit", "is busy", "refuses", "refuses whole",
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			s, source, ids, dead, err := sinkRun(t, "takes, "+how)
			if err != nil {
				t.Fatal(err)
			}
			l := pipelinetest.NewLedger()
			l.InSource(source)
			l.Out("out.jsonl", ids...)
			l.Dead(dead...)
			if err := errors.Join(l.Check(), l.CheckCounts(s.Counts)); err != nil {
				t.Error(err)
			}
			if refuses := strings.HasPrefix(how, "refuses"); s.Plan.Guarantee != pipeline.ExactlyOnce || refuses != (len(dead) == 87) {
				t.Errorf("delivery %s, %d dead", s.Plan.Guarantee, len(dead))
			}
		})
	}
}

// TestSinkLater delivers records again that a sink takes later: each of them once, though not in their order.
func TestSinkLater(t *testing.T) {
	t.Parallel()
	_, source, ids, dead, err := sinkRun(t, "takes, is slow")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for split := range 3 {
		want = append(want, source.IDs(split)...)
	}
	slices.Sort(want)
	slices.Sort(ids)
	if diff := cmp.Diff(want, ids); diff != "" || len(dead) > 0 {
		t.Errorf("%d dead\n%s", len(dead), diff)
	}
}

// TestPlainSink gets records again after its process has ended, and loses none: it says so before.
func TestPlainSink(t *testing.T) {
	s, source, ids, _, err := sinkRun(t, "takes, at once")
	if err != nil {
		t.Fatal(err)
	}
	if s.Plan.Guarantee != pipeline.AtLeastOnce || !strings.Contains(s.Plan.Reason, "the plugin evil does not prepare and commit") {
		t.Errorf("delivery %s: %s", s.Plan.Guarantee, s.Plan.Reason)
	}
	seen := make(map[string]bool)
	for _, id := range ids {
		seen[id] = true
	}
	for split := range 3 {
		for _, id := range source.IDs(split) {
			if !seen[id] {
				t.Errorf("%s is lost", id)
			}
		}
	}
	if len(ids) != 620 {
		t.Errorf("%d records, want 20 of 600 twice", len(ids))
	}
}

// TestSinkLies stops the pipeline at an answer that breaks the protocol, and at an error that the plugin has no way out of.
func TestSinkLies(t *testing.T) {
	for how, want := range map[string]string{
		"lies: twice":        `plugin.bad_reply: plugin evil: it answered request 1, and was asked request 2`,
		"lies: out of order": `plugin.bad_reply: plugin evil: it answered request 2, and was asked request 1`,
		"lies: count":        `plugin.bad_reply: plugin evil: it took 19 records and refused 0, of 20`,
		"lies: rows":         `plugin.bad_reply: plugin evil: records that it refuses are out of order, or not of the batch`,
		"lies: ready":        `plugin.bad_reply: plugin evil: it is ready for another batch than it was sent`,
		"lies: ends":         `plugin.bad_reply: plugin evil: it can't take records: no more of this`,
		"lies: receipt":      `plugin.bad_reply: plugin evil: a receipt of 102400 bytes, and at most 65536 are kept`,
		"takes, gives up":    `plugin.failed: plugin evil: the table is gone`,
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			_, _, _, _, err := sinkRun(t, how)
			holds(t, err, want)
		})
	}
}
