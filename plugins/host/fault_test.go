package host_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/plugins/host"
	"github.com/winnow-stream/winnow/plugins/plugintest"
)

// start starts the evil plugin.
func start(t *testing.T, h *host.Host, how string) (*host.Classifier, error) {
	t.Helper()
	return h.Classifier(t.Context(), host.ClassifierConfig{
		Program: plugintest.Program(t, "evil", "1", how), Answers: "evil-1", Config: []byte(filepath.Join(t.TempDir(), "marker")),
		StartTimeout: 2 * time.Second, CallTimeout: 2 * time.Second,
	})
}

func column(texts ...string) *array.String {
	b := array.NewStringBuilder(memory.DefaultAllocator)
	defer b.Release()
	b.AppendValues(texts, nil)
	return b.NewStringArray()
}

// holds matches an error's text, in which numbers of processes and files differ.
func holds(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !regexp.MustCompile("(?s)^"+want+"$").MatchString(err.Error()) {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// TestStart has one case for each way in which a process is no plugin, and for each kind that it might have been.
func TestStart(t *testing.T) {
	kinds := map[string]func(*host.Host, host.Program) error{
		"classifier": func(h *host.Host, p host.Program) error {
			_, err := h.Classifier(t.Context(), host.ClassifierConfig{Program: p, StartTimeout: 2 * time.Second})
			return err
		},
		"source": func(h *host.Host, p host.Program) error {
			_, err := h.Source(host.SourceConfig{Program: p, StartTimeout: 2 * time.Second}).Layout(t.Context())
			return err
		},
		"sink": func(h *host.Host, p host.Program) error {
			_, err := h.Sink(t.Context(), host.SinkConfig{Program: p, StartTimeout: 2 * time.Second})
			return err
		},
	}
	for how, want := range map[string]string{
		"exits":       `plugin.handshake: plugin evil: it ended before its handshake: exit status 3; its last words: there is no license`,
		"greets":      `plugin.handshake: plugin evil: instead of a handshake it printed "Hello, world!"`,
		"floods":      `plugin.handshake: plugin evil: instead of a handshake it printed "all work .*"…`,
		"silent":      `plugin.start_timeout: plugin evil: no handshake within 2s`,
		"protocol 99": `plugin.version: plugin evil: it speaks protocol "99", and this winnow speaks 1`,
		"other name":  `plugin.kind: plugin evil 1: the process says that it is "angel" "1"`,
		"no kind":     `plugin.kind: plugin evil: the process serves no KIND`,
	} {
		for kind, begin := range kinds {
			t.Run(how+" "+kind, func(t *testing.T) {
				t.Parallel()
				err := begin(plugintest.Host(t), plugintest.Program(t, "evil", "1", how))
				holds(t, err, strings.ReplaceAll(want, "KIND", kind))
			})
		}
	}
}

// TestLies has one case for each way to break the protocol in an answer: the run ends, and the same run goes on with a plugin that keeps
// it. Each record is delivered once.
func TestLies(t *testing.T) {
	for how, want := range map[string]string{
		"order":    `it answered request \d+, and was asked request \d+`,
		"twice":    `it answered request \d+, and was asked request \d+`,
		"rows":     `21 answers for 20 texts`,
		"NaN":      `row 1 has the confidence NaN`,
		"label":    `row 1 has the label 2, and there are 2`,
		"huge":     `a message of more than 64 MiB`,
		"no Arrow": `17 bytes are no stream of Arrow batches: .*`,
		"columns":  `the columns are label utf8, and have to be .*`,
		"failures": `rows that failed are out of order, or not of the batch`,
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			r := newLedgered(t)
			holds(t, r.run(r.classified(how)), "plugin.bad_reply: plugin evil: "+want)
			if err := r.run(r.classified("texts")); err != nil {
				t.Fatal(err)
			}
			r.check()
		})
	}
}

// TestBomb is told a GiB in a message of some kilobytes, and takes no more memory than a batch may.
func TestBomb(t *testing.T) {
	r := newLedgered(t)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	holds(t, r.run(r.classified("bomb")), `plugin.bad_reply: plugin evil: the batch can't be read: .*: it claims more than 256 MiB`)
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > 320<<20 {
		t.Errorf("%d MiB were allocated", took>>20)
	}
	if err := r.run(r.classified("texts")); err != nil {
		t.Fatal(err)
	}
	r.check()
}

// TestRecordsAtFault lets records end the process, and has the others answered.
func TestRecordsAtFault(t *testing.T) {
	for how, want := range map[string]string{
		"die":   `plugin.record: plugin evil: exit status 7`,
		"panic": `plugin.record: plugin evil: exit status 2; its last words: .*`,
		"hang":  `plugin.record: plugin evil: it did not answer in time`,
		"child": `plugin.record: plugin evil: exit status 7; its last words: a child is left`,
		"fail":  `plugin.refused: plugin evil: no answer to this one`,
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			c, err := start(t, plugintest.Host(t), "texts")
			if err != nil {
				t.Fatal(err)
			}
			rounds := 1
			if how == "die" { // more processes end than a plugin at fault would be allowed
				rounds = 3
			}
			for range rounds {
				var out classify.Results
				if err := c.Classify(t.Context(), column("a", how, "b", "c"), &out); err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(out.Label, []int32{0, -1, 0, 0}) || len(out.Failures) != 1 || out.Failures[0].Row != 1 {
					t.Fatalf("labels %v, failures %v", out.Label, out.Failures)
				}
				holds(t, out.Failures[0].Err, want)
			}
		})
	}
}

// TestInnocent ends the process once while many calls are on their way: each is answered, and none is at fault.
func TestInnocent(t *testing.T) {
	t.Parallel()
	c, err := start(t, plugintest.Host(t), "texts")
	if err != nil {
		t.Fatal(err)
	}
	var calls sync.WaitGroup
	for i := range 16 {
		calls.Go(func() {
			text := "a"
			if i == 7 {
				text = "once"
			}
			var out classify.Results
			if err := c.Classify(t.Context(), column("a", text), &out); err != nil || len(out.Failures) > 0 {
				t.Errorf("call %d: %v %v", i, err, out.Failures)
			}
		})
	}
	calls.Wait()
}

// TestPluginAtFault ends the process at every record: that is no record's fault.
func TestPluginAtFault(t *testing.T) {
	t.Parallel()
	c, err := start(t, plugintest.Host(t), "texts")
	if err != nil {
		t.Fatal(err)
	}
	for _, texts := range [][]string{{"die", "die", "die", "die", "die"}, {"die"}} {
		var out classify.Results
		err = c.Classify(t.Context(), column(texts...), &out)
		holds(t, err, `plugin.crashed: plugin evil: it (ends whatever record it gets|ended 4 times within 10m0s).*exit status 7.*`)
	}
}

// TestRefusal passes the plugin's own error on as what a record may be at fault for.
func TestRefusal(t *testing.T) {
	t.Parallel()
	c, err := start(t, plugintest.Host(t), "texts")
	if err != nil {
		t.Fatal(err)
	}
	err = c.Classify(t.Context(), column("refuse"), new(classify.Results))
	holds(t, err, `plugin.refused: plugin evil: I don't like it`)
	if fault.FateOf(err) != fault.Row {
		t.Error("it is about the pipeline")
	}
}

// TestLater asks again for a row that may have an answer later, and sets one aside that has none for as long as a call may take.
func TestLater(t *testing.T) {
	t.Parallel()
	c, err := start(t, plugintest.Host(t), "texts")
	if err != nil {
		t.Fatal(err)
	}
	var out classify.Results
	if err := c.Classify(t.Context(), column("a", "not yet", "fail"), &out); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(out.Label, []int32{0, 0, -1}) || len(out.Failures) != 1 {
		t.Errorf("labels %v, failures %v", out.Label, out.Failures)
	}
	if err := c.Classify(t.Context(), column("never", "a"), &out); err != nil || len(out.Failures) != 1 || out.Failures[0].Row != 0 {
		t.Fatalf("%v, failures %v", err, out.Failures)
	}
	holds(t, out.Failures[0].Err, `plugin.refused: for 2s: plugin.unavailable: plugin evil: not now`)
}

// TestCancel gives up a call without harm to the next one.
func TestCancel(t *testing.T) {
	t.Parallel()
	c, err := start(t, plugintest.Host(t), "texts")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := c.Classify(ctx, column("hang"), new(classify.Results)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if err := c.Classify(t.Context(), column("a"), new(classify.Results)); err != nil {
		t.Error(err)
	}
}

// TestEnvironment shows a plugin what is on the list, and nothing else.
func TestEnvironment(t *testing.T) {
	t.Setenv("AWS_SECRET_ACCESS_KEY", "hidden")
	t.Setenv("WANTED", "seen")
	var log bytes.Buffer
	h := host.New(zerolog.New(&log))
	p := plugintest.Program(t, "evil", "1", "texts")
	p.Env = []string{"WANTED"}
	c, err := h.Classifier(t.Context(), host.ClassifierConfig{Program: p})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Classify(t.Context(), column("environment"), new(classify.Results)); err != nil {
		t.Fatal(err)
	}
	h.Close() // all that it printed is in the log now
	if s := log.String(); !strings.Contains(s, "WANTED=seen") || strings.Contains(s, "hidden") || strings.Contains(s, "HOME=") {
		t.Errorf("it sees %s", s)
	}
}

// TestSecrets hides the secrets of a configuration in what the plugin prints, refuses and says last.
func TestSecrets(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	h := host.New(zerolog.New(&log))
	p := plugintest.Program(t, "evil", "1", "texts")
	p.Secrets = []string{"sesame"}
	c, err := h.Classifier(t.Context(), host.ClassifierConfig{Program: p, Config: []byte("sesame")})
	if err != nil {
		t.Fatal(err)
	}
	var out classify.Results
	err = c.Classify(t.Context(), column("tell"), &out)
	holds(t, err, `plugin.refused: plugin evil: the password is \*\*\*`)
	h.Close()
	if s := log.String(); strings.Contains(s, "sesame") || !strings.Contains(s, "password: ***") {
		t.Errorf("the log says %s", s)
	}
}

// TestChatter bounds what a plugin can put into the log.
func TestChatter(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	h := host.New(zerolog.New(&log))
	c, err := h.Classifier(t.Context(), host.ClassifierConfig{Program: plugintest.Program(t, "evil", "1", "texts")})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Classify(t.Context(), column("chatter"), new(classify.Results)); err != nil {
		t.Fatal(err)
	}
	h.Close()
	if n := strings.Count(log.String(), "chatter"); n == 0 || n > 10_000 {
		t.Errorf("%d of 100,000 lines are in the log", n)
	}
}

// TestProgram refuses files that are none to start.
func TestProgram(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name string, mode os.FileMode) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("#!/bin/sh\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	write("plain", 0o644)
	write("open", 0o777)
	for name, want := range map[string]string{
		"plain":       `.*plain: plugin.file: plugin evil: its program can't be executed`,
		"open":        `.*open: plugin.file: plugin evil: everybody may change its program`,
		"bin/missing": `.*missing: plugin.file: plugin evil: its program can't be had: .*`,
		"no-such-exe": `.*plugin.file: plugin evil: its folder holds no no-such-exe, and no folder of PATH does`,
	} {
		_, err := plugintest.Host(t).Classifier(t.Context(), host.ClassifierConfig{
			Program: host.Program{Name: "evil", Version: "1", Dir: dir, Command: []string{name}},
		})
		holds(t, err, want)
	}
}
