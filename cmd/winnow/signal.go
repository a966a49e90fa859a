package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/winnow-stream/winnow/pipeline"
)

// obey drains the pipeline at the first signal and stops it at the second, or at the first where it has not begun yet
// (it may wait for standard input); where that is not obeyed either, it ends the process.
func (m *Main) obey(s os.Signal, j *job, cancel context.CancelFunc, ended <-chan struct{}) {
	first := m.stopped == nil
	if first {
		m.stopped = s
	}
	if first && j.pipeline.Status().Phase != pipeline.Starting {
		if !m.quiet {
			fmt.Fprintln(m.Stderr, "winnow: stopping: finishing what has begun (again to stop at once)")
		}
		j.pipeline.Drain()
		return
	}
	cancel()
	select {
	case <-ended:
	case <-time.After(obeyWithin):
		m.Kill(signalCode(s))
	}
}

// signalCode is the exit status of a process that a signal ended.
func signalCode(s os.Signal) int {
	if n, ok := s.(syscall.Signal); ok {
		return 128 + int(n)
	}
	return 130
}

// interruptible is a context that the first signal ends, for commands without a pipeline; the second ends the process.
// The caller calls stop.
func (m *Main) interruptible(ctx context.Context) (_ context.Context, stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	signal.Notify(m.Signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		select {
		case m.stopped = <-m.Signals:
			signal.Stop(m.Signals)
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, func() { signal.Stop(m.Signals); cancel() }
}
