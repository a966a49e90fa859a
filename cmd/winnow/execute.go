package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/control"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/ops"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/quality"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/term"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// job is a pipeline to run to its end, and what to tell of it.
type job struct {
	name     string
	memory   int64 // bytes that may be in flight
	pipeline *pipeline.Pipeline
	outputs  []string // where records go, for people
	rejected string   // where rejected ones go
	stdout   bool     // records go to standard output
	silent   bool     // tell nothing of how it ended: the command does
	flags    runFlags
	again    string       // how to go on after an interruption
	view     *view        // nil: progress as usual
	listener net.Listener // for metrics; nil: nobody asked for them
	reload   *reloader    // nil: the pipeline keeps its spec
}

// view is another way to show a pipeline while it runs.
type view struct {
	draw  func(*pipeline.Status, term.Style) []string // on a terminal
	line  func(*pipeline.Status) string               // elsewhere
	every time.Duration                               // between two lines
}

// execute runs a pipeline: it shows progress, drains on the first signal and stops on the second, answers those who
// ask for its status, and tells how it ended. The summary is never nil.
func (m *Main) execute(ctx context.Context, j *job) (*pipeline.Summary, error) {
	limitMemory(j.memory, j.pipeline.Streams())
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan struct{})
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		m.watch(j, cancel, ended)
	}()
	if s := m.serveStatus(ctx, j); s != nil {
		defer func() { _ = s.Close() }() // the socket was for others to look at
	}
	if j.listener != nil {
		version, _ := buildVersion()
		s := ops.Serve(j.listener, ops.Config{Name: j.name, Version: version, Status: j.pipeline.Status, Plugins: m.plugins.Status})
		if !m.quiet {
			m.Log.Info().Str("pipeline", j.name).Stringer("address", j.listener.Addr()).Msg("serving metrics")
		}
		defer func() { _ = s.Close() }() // whoever looked has seen enough
	}
	signal.Notify(m.Signals, os.Interrupt, syscall.SIGTERM)
	stopReloads := m.reloads(ctx, j)
	sum, err := j.pipeline.Run(ctx)
	signal.Stop(m.Signals)
	stopReloads()
	close(ended)
	<-watched
	if err != nil && ctx.Err() != nil && !fault.Is(err, fault.RunInterrupted) {
		err = fault.New(fault.RunInterrupted, "stopped before the first record")
	}
	if tellErr := m.tell(j, sum, err); err == nil {
		err = tellErr
	}
	if e, ok := fault.As(err); ok && e.Code == fault.RunInterrupted && j.again != "" && resumable(sum) {
		if j.flags.Overwrite {
			return sum, e.WithFix("%s without --overwrite: it goes on exactly there", j.again)
		}
		return sum, e.WithFix("%s: it goes on exactly there", j.again)
	}
	if err == nil && j.flags.FailOnRejects && sum.Counts.Dead > 0 {
		err = fault.New(fault.RunRejects, "%s rejected", term.Plural(sum.Counts.Dead, "record"))
	}
	return sum, err
}

// reloads makes the pipeline obey SIGHUP, where it can be reloaded, until the returned function is called.
func (m *Main) reloads(ctx context.Context, j *job) (stop func()) {
	if j.reload == nil {
		return func() {}
	}
	signal.Notify(m.Signals, syscall.SIGHUP)
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		j.reload.run(ctx, m)
	}()
	return func() {
		cancel()
		<-done
	}
}

// overhead is what the process needs beside the records in flight: code, model, tables, buffers of readers and writers.
const overhead = 96 << 20

// streamGarbage is garbage for a Kafka client, whose records are full of pointers: with 15 the collector took a third of
// the time of a pipeline that copies a topic (2.7 µs of CPU a record instead of 1.8).
const streamGarbage = 100

// garbage is how many per cent of what is in use may be garbage. Buffers are reused, so that collections are rare: with
// 15 in place of Go's 100, ten million lines take 37 of them in place of 8, and 77 MiB in place of 96.
const garbage = 15

// limitMemory makes the garbage collector work harder than by default, and harder still before the process outgrows what
// was promised. GOGC and GOMEMLIMIT win.
func limitMemory(inFlight int64, stream bool) {
	if os.Getenv("GOGC") == "" {
		percent := garbage
		if stream {
			percent = streamGarbage
		}
		debug.SetGCPercent(percent)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(inFlight + overhead)
	}
}

// resumable tells whether anything was kept that another run can continue from.
func resumable(sum *pipeline.Summary) bool {
	return sum.Plan != nil && sum.Plan.Guarantee != pipeline.AtMostOnce
}

// serveStatus opens the control socket. A pipeline runs without one where that is not possible.
func (m *Main) serveStatus(ctx context.Context, j *job) *control.Server {
	dir, err := control.Folder()
	if err != nil {
		return nil
	}
	s, err := control.Serve(ctx, dir, j.name, j.pipeline)
	if err != nil {
		m.Log.Debug().Err(err).Msg("no control socket")
		return nil
	}
	return s
}

// Intervals of watch.
const (
	drawEvery = 200 * time.Millisecond
	logEvery  = 10 * time.Second
	// obeyWithin is how long a second signal may take before the process is ended: what was committed stays anyway.
	obeyWithin = 500 * time.Millisecond
)

// watch draws or logs progress and obeys signals until the pipeline has ended.
func (m *Main) watch(j *job, cancel context.CancelFunc, ended <-chan struct{}) {
	screen := term.NewScreen(m.Stderr, m.color)
	live := screen.Live() && !m.quiet && !(j.stdout && term.IsTerminal(m.Stdout))
	every := logEvery
	if j.view != nil {
		every = j.view.every
	}
	if live {
		every = drawEvery
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	defer screen.Clear()
	for {
		select {
		case <-ended:
			return
		case s := <-m.Signals:
			screen.Clear()
			if s == syscall.SIGHUP && j.reload != nil {
				j.reload.ask()
				continue
			}
			m.obey(s, j, cancel, ended)
		case <-tick.C:
			st := j.pipeline.Status()
			switch {
			case live && j.view != nil:
				screen.Draw(j.view.draw(&st, screen.Style()))
			case live:
				screen.Draw(term.Progress(&st, screen.Style()))
			case j.view != nil && !m.quiet:
				fmt.Fprintln(m.Stderr, j.view.line(&st))
			case !m.quiet:
				m.logProgress(&st)
			}
		}
	}
}

func (m *Main) logProgress(st *pipeline.Status) {
	e := m.Log.Info().Str("pipeline", st.Name).Str("phase", string(st.Phase)).Int64("read", st.Counts.Read).
		Int64("delivered", st.Counts.Delivered).Int64("rejected", st.Counts.Dead).Float64("rate", st.Rate)
	if st.Size > 0 {
		e = e.Int64("done", st.Done).Int64("size", st.Size)
	}
	if st.ETA > 0 {
		e = e.Dur("eta", st.ETA)
	}
	if st.Phase == pipeline.Retrying {
		e = e.Str("error", st.LastError)
	}
	e.Msg("progress")
}

// tell prints the summary.
func (m *Main) tell(j *job, sum *pipeline.Summary, err error) error {
	failed := err != nil && !fault.Is(err, fault.RunInterrupted)
	if sum.Plan == nil || j.silent { // it ended before there was anything to tell
		return nil
	}
	t := &term.Summary{Summary: sum, Outputs: j.outputs, Rejected: j.rejected}
	if sum.Tally.Gold != nil {
		t.Quality = quality.New(&sum.Tally)
	}
	switch {
	case j.flags.JSON:
		return m.tellJSON(j, t)
	case m.quiet || failed && sum.Counts.Read == 0:
		return nil
	default:
		return term.WriteSummary(m.Stderr, t, m.errStyle())
	}
}
