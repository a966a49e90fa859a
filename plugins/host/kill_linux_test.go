package host_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
	"github.com/winnow-stream/winnow/plugins/host"
	"github.com/winnow-stream/winnow/plugins/plugintest"
)

// runOf is the variable that makes a test process a run into the folder that it names.
const runOf = "TEST_RUN"

// TestKilled kills the host, the source, the classifier and the sink of a run in turn, and judges what comes out in the end.
func TestKilled(t *testing.T) {
	if dir := os.Getenv(runOf); dir != "" {
		actRun(t, dir)
		return
	}
	t.Parallel()
	dir := t.TempDir()
	kills := map[string]int{}
	for round := 0; ; round++ {
		if round > 30 {
			t.Fatalf("the run does not end; killed: %v", kills)
		}
		cmd := exec.Command(os.Args[0], "-test.run=^TestKilled$", "-test.count=1")
		cmd.Env = append(os.Environ(), runOf+"="+dir)
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		killed, err := harass(cmd.Process.Pid, kills, ended)
		if err == nil {
			break
		}
		if !killed { // a plugin that is killed before it is ready ends the run, which then goes on like any other
			t.Fatalf("the run ended by itself: %v\n%s", err, out.Bytes())
		}
	}
	t.Logf("killed: %v", kills)
	data, err := os.ReadFile(filepath.Join(dir, "out.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	ids, err := pipelinetest.JSONL("id")(data)
	if err != nil {
		t.Fatal(err)
	}
	ledger := pipelinetest.NewLedger()
	ledger.InSource(pipelinetest.NewMemSource(manySplits, manyRecords))
	ledger.Out("out.jsonl", ids...)
	if err := ledger.Check(); err != nil {
		t.Error(err)
	}
}

// harass kills the run or one of its plugins now and then, each kind three times in all, until the run ends. It tells whether it
// killed something.
func harass(pid int, kills map[string]int, ended <-chan error) (killed bool, err error) {
	for {
		select {
		case err := <-ended:
			return killed, err
		case <-time.After(time.Duration(100+rand.IntN(200)) * time.Millisecond):
		}
		plugins := children(pid)
		switch pick := rand.IntN(2); {
		case pick == 0 && kills["host"] < 3:
			kills["host"]++
			killed = true
			_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended
		case kills["plugin"] < 3 && len(plugins) > 0:
			kills["plugin"]++
			killed = true
			_ = syscall.Kill(plugins[rand.IntN(len(plugins))], syscall.SIGKILL)
		}
	}
}

// children are the processes that a process has started.
func children(pid int) []int {
	lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	var all []int
	for _, path := range lists {
		data, _ := os.ReadFile(path) // the thread may have ended
		for _, field := range strings.Fields(string(data)) {
			if child, err := strconv.Atoi(field); err == nil {
				all = append(all, child)
			}
		}
	}
	return all
}

// actRun runs the pipeline to its end, or as far as it gets.
func actRun(t *testing.T, dir string) {
	h := host.New(zerolog.Nop())
	defer h.Close()
	classifier, err := h.Classifier(context.Background(), host.ClassifierConfig{
		Program: plugintest.Program(t, "evil", "1", "texts"), Answers: "evil-1", Config: []byte("{}"),
	})
	if err != nil {
		t.Fatal(err)
	}
	sink, err := h.Sink(context.Background(), host.SinkConfig{Program: plugintest.Program(t, "evil", "1", "takes"), Config: []byte(dir)})
	if err != nil {
		t.Fatal(err)
	}
	p, err := pipeline.New(pipeline.Config{
		Source:     h.Source(host.SourceConfig{Program: plugintest.Program(t, "evil", "1", "reads, many"), Config: []byte("{}")}),
		Stages:     []pipeline.Stage{&pipelinetest.TextStage{Column: "text"}},
		Classifier: classifier,
		Sinks:      []pipeline.NamedSink{{Name: "default", Sink: sink}},
		State:      filepath.Join(dir, "state"),
		BatchRows:  20,
		Commit:     pipeline.CommitCadence{Records: 200},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
}
