package host

import (
	"context"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/plugins/proto"
)

// supervisor keeps one process of a plugin running: it starts one when it is asked for one, and counts how often they end.
// It is safe for concurrent use.
type supervisor struct {
	program *Program
	kind    proto.Kind
	within  time.Duration // a start may take
	silence time.Duration // it may leave a question unanswered
	most    time.Duration // it may be idle before it ends, until it is asked again; 0: forever
	log     zerolog.Logger
	// ready readies a process that was started: what it is asked before it is used.
	ready func(ctx context.Context, p *process) error

	meter meter

	mu     sync.Mutex
	now    *process    // guarded by mu; nil where there is none
	ends   []time.Time // guarded by mu: when processes ended that should not have
	last   error       // guarded by mu: how the last of them did
	closed bool        // guarded by mu
	spare  bool        // guarded by mu: nobody needs it any more, but for calls that have begun
}

// watches sets what is watched over.
func (s *supervisor) watches(p *Program, kind proto.Kind, ready func(context.Context, *process) error, within, silence time.Duration, log zerolog.Logger) {
	s.program, s.kind, s.ready, s.within, s.silence, s.log = p, kind, ready, within, silence, log
}

// process returns the running one, or starts one. patient starts one however often they ended.
func (s *supervisor) process(ctx context.Context, patient bool) (*process, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return nil, fault.New(fault.PluginFailed, "plugin %s: it was stopped", s.program.Name)
	case s.now != nil:
		return s.now, nil
	}
	if n := len(s.ends); n > maxRestarts && !patient && time.Since(s.ends[n-1-maxRestarts]) < restartWindow {
		return nil, fault.New(fault.PluginCrashed, "plugin %s: it ended %d times within %s; the last time: %v",
			s.program.Name, maxRestarts+1, restartWindow, s.last)
	}
	p, err := launch(ctx, s.program, s.within, s.log)
	if err != nil {
		return nil, err
	}
	if err := s.ready(ctx, p); err != nil {
		p.kill()
		if isCrash(err) {
			err = fault.New(fault.PluginCrashed, "plugin %s: it ended before it was ready: %v", s.program.Name, err)
		}
		return nil, err
	}
	s.now = p
	s.watch(p)
	return p, nil
}

// running is the process that runs; nil where none does.
func (s *supervisor) running() *process {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// ended takes note that a process ended. The first call for each one counts.
func (s *supervisor) ended(p *process, how error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now != p {
		return
	}
	s.now, s.last = nil, how
	s.ends = append(s.ends, time.Now())
	s.meter.restart()
	s.log.Warn().Str("plugin", s.program.Name).Err(how).Msg("the plugin ended, and is started again")
}

// count is how many processes have ended, forgive lets it be that many again: a record was at fault, not the plugin.
func (s *supervisor) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.ends)
}

func (s *supervisor) forgive(count int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ends = s.ends[:min(count, len(s.ends))]
}

// close ends the process for good.
func (s *supervisor) close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	return s.rest()
}

// rest ends the process until one is asked for again.
func (s *supervisor) rest() error {
	p, err := s.stop()
	if p != nil {
		p.watched.Wait()
	}
	return err
}

// stop is rest, without waiting for who looks after the process.
func (s *supervisor) stop() (*process, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.now
	if p == nil {
		return nil, nil
	}
	s.now = nil
	return p, p.stop()
}
