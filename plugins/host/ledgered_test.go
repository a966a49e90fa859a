package host_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
	"github.com/winnow-stream/winnow/plugins/host"
	"github.com/winnow-stream/winnow/plugins/plugintest"
)

// ledgered is a run that may be begun several times, each time with a plugin that is bad in another way, until it comes to its end. Then
// each record has to be in its output, once.
type ledgered struct {
	t     *testing.T
	host  *host.Host
	dir   string
	store *pipelinetest.MemStore // what was delivered
	dead  *pipelinetest.MemStore
	in    *pipelinetest.MemSource
	bad   []string // ids of records that can't be read
}

func newLedgered(t *testing.T) *ledgered {
	return &ledgered{
		t: t, host: plugintest.Host(t), dir: t.TempDir(), store: &pipelinetest.MemStore{}, dead: &pipelinetest.MemStore{},
		in: pipelinetest.NewMemSource(3, 200),
	}
}

// classified is the run with a classifier that is bad in a way.
func (r *ledgered) classified(how string) pipeline.Config {
	r.t.Helper()
	k, err := r.host.Classifier(r.t.Context(), host.ClassifierConfig{
		Program: plugintest.Program(r.t, "evil", "1", how), Answers: "evil-1", StartTimeout: time.Minute,
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return pipeline.Config{Source: r.in, Stages: []pipeline.Stage{&pipelinetest.TextStage{Column: "text"}}, Classifier: k}
}

// read is the run with a source that is bad in a way.
func (r *ledgered) read(how string) pipeline.Config {
	r.in, r.bad = pipelinetest.NewMemSource(badSplits, badRecords), nil
	for split := 1; split < badSplits; split++ {
		r.bad = append(r.bad, r.in.IDs(split)[badRecord])
	}
	p := plugintest.Program(r.t, "evil", "1", how)
	if strings.Contains(how, "grows") { // a liar may need as much to make its lie, under the race detector
		p.Memory = 256 << 20
	}
	cfg := host.SourceConfig{Program: p, Config: []byte(filepath.Join(r.dir, "marker")), StartTimeout: time.Minute}
	if strings.Contains(how, "hangs") {
		cfg.CallTimeout = time.Second
	}
	return pipeline.Config{Source: r.host.Source(cfg)}
}

// run begins the run, or goes on with it.
func (r *ledgered) run(cfg pipeline.Config) error {
	r.t.Helper()
	cfg.Sinks = []pipeline.NamedSink{{Name: "default", Sink: &pipelinetest.MemSink{Store: r.store}}}
	cfg.DeadLetters = &pipelinetest.MemSink{Store: r.dead}
	cfg.State, cfg.BatchRows, cfg.Commit, cfg.MaxErrorRate = filepath.Join(r.dir, "state"), 20, pipeline.CommitCadence{Records: 100}, 1
	cfg.Log = zerolog.New(zerolog.NewTestWriter(r.t))
	p, err := pipeline.New(cfg)
	if err != nil {
		r.t.Fatal(err)
	}
	_, err = p.Run(r.t.Context())
	return err
}

// check holds the output to the input.
func (r *ledgered) check() {
	r.t.Helper()
	ids, err := pipelinetest.JSONL("id")([]byte(strings.Join(r.store.Lines(), "")))
	if err != nil {
		r.t.Fatal(err)
	}
	l := pipelinetest.NewLedger()
	for split := range r.in.Sizes {
		l.In(r.in.SplitID(split), slices.DeleteFunc(r.in.IDs(split), func(id string) bool { return slices.Contains(r.bad, id) })...)
	}
	l.Out("memory", ids...)
	if err := l.Check(); err != nil {
		r.t.Error(err)
	}
	if n := len(r.dead.Lines()); n != len(r.bad) {
		r.t.Errorf("%d records are dead, want %d", n, len(r.bad))
	}
}
