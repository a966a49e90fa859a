package host_test

import (
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
func TestSink(t *testing.T) { // by itself: it looks for goroutines that are left
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

// sinkRun is a run of 3 × 200 records into a sink, which may be begun several times.
type sinkRun struct {
	dir    string
	source *pipelinetest.MemSource
	dead   *pipelinetest.MemStore
}

func newSinkRun(t *testing.T) *sinkRun {
	return &sinkRun{dir: t.TempDir(), source: pipelinetest.NewMemSource(3, 200), dead: &pipelinetest.MemStore{}}
}

// run runs into the sink of a way to fail.
func (r *sinkRun) run(t *testing.T, how string) (*pipeline.Summary, error) {
	t.Helper()
	program := plugintest.Program(t, "evil", "1", how)
	if strings.Contains(how, "grows") {
		program.Memory = 256 << 20
	}
	sink, err := plugintest.Host(t).Sink(t.Context(), host.SinkConfig{Program: program, Config: []byte(r.dir), CallTimeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	p, err := pipeline.New(pipeline.Config{
		Source: r.source, Sinks: []pipeline.NamedSink{{Name: "default", Sink: sink}}, DeadLetters: &pipelinetest.MemSink{Store: r.dead},
		State: filepath.Join(r.dir, "state"), BatchRows: 20, Commit: pipeline.CommitCadence{Records: 100}, MaxErrorRate: 1,
		Log: zerolog.New(zerolog.NewTestWriter(t)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return p.Run(t.Context())
}

// came is the ids that came out, and those of dead letters.
func (r *sinkRun) came(t *testing.T) (ids, dead []string) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(r.dir, "out.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	if ids, err = pipelinetest.JSONL("id")(data); err != nil {
		t.Fatal(err)
	}
	if dead, err = pipelinetest.JSONL("record.id")([]byte(strings.Join(r.dead.Lines(), ""))); err != nil {
		t.Fatal(err)
	}
	return ids, dead
}

// check holds what came out to what went in, and returns how many records are dead.
func (r *sinkRun) check(t *testing.T) (dead int) {
	t.Helper()
	ids, lost := r.came(t)
	l := pipelinetest.NewLedger()
	l.InSource(r.source)
	l.Out("out.jsonl", ids...)
	l.Dead(lost...)
	if err := l.Check(); err != nil {
		t.Error(err)
	}
	return len(lost)
}

// TestSinkFaults has a sink end, hang or refuse wherever it can: the run comes to its end by itself, and each record is delivered or
// dead-lettered once.
func TestSinkFaults(t *testing.T) {
	for _, how := range []string{
		"", "dies before write", "dies after write", "dies before prepare", "dies after prepare", "dies before commit",
		"dies after commit", "dies before encode", "hangs before encode", "meets", "dies before seal", "dies after seal",
		"hangs before write", "hangs before prepare", "hangs before commit", "is busy", "refuses", "refuses whole",
		"grows before write", "grows before commit", "leaves before write", "leaves before commit",
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			r := newSinkRun(t)
			s, err := r.run(t, "takes, "+how)
			if err != nil {
				t.Fatal(err)
			}
			dead := r.check(t)
			if refuses := strings.HasPrefix(how, "refuses"); s.Plan.Guarantee != pipeline.ExactlyOnce || refuses != (dead == 87) {
				t.Errorf("delivery %s, %d dead", s.Plan.Guarantee, dead)
			}
			if c := s.Counts; c.Read != 600 || c.Dead != int64(dead) {
				t.Errorf("%+v, and %d are dead", c, dead)
			}
		})
	}
}

// TestSinkLater delivers records again that a sink takes later: each of them once, though not in their order.
func TestSinkLater(t *testing.T) {
	t.Parallel()
	r := newSinkRun(t)
	if _, err := r.run(t, "takes, is slow"); err != nil {
		t.Fatal(err)
	}
	ids, dead := r.came(t)
	var want []string
	for split := range 3 {
		want = append(want, r.source.IDs(split)...)
	}
	slices.Sort(want)
	slices.Sort(ids)
	if diff := cmp.Diff(want, ids); diff != "" || len(dead) > 0 {
		t.Errorf("%d dead\n%s", len(dead), diff)
	}
}

// TestPlainSink gets records again after its process has ended, and loses none: it says so before.
func TestPlainSink(t *testing.T) {
	t.Parallel()
	r := newSinkRun(t)
	s, err := r.run(t, "takes, at once")
	if err != nil {
		t.Fatal(err)
	}
	if s.Plan.Guarantee != pipeline.AtLeastOnce || !strings.Contains(s.Plan.Reason, "the plugin evil does not prepare and commit") {
		t.Errorf("delivery %s: %s", s.Plan.Guarantee, s.Plan.Reason)
	}
	ids, _ := r.came(t)
	seen := make(map[string]bool)
	for _, id := range ids {
		seen[id] = true
	}
	for split := range 3 {
		for _, id := range r.source.IDs(split) {
			if !seen[id] {
				t.Errorf("%s is lost", id)
			}
		}
	}
	if len(ids) != 620 {
		t.Errorf("%d records, want 20 of 600 twice", len(ids))
	}
}

// TestSinkLies stops the pipeline at an answer that breaks the protocol, and at an error that the plugin has no way out of. The same run
// goes on with a sink that keeps it, and each record is delivered once.
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
			r := newSinkRun(t)
			_, err := r.run(t, how)
			holds(t, err, want)
			if _, err := r.run(t, "takes, "); err != nil {
				t.Fatal(err)
			}
			if dead := r.check(t); dead > 0 {
				t.Errorf("%d are dead", dead)
			}
		})
	}
}
