package job

import (
	"context"
	"sync"

	"github.com/winnow-stream/winnow/pipeline"
)

// steps are what a job goes through while it is run, one after the other. Somebody else may halt it at any time, and look
// how far it is.
type steps struct {
	mu     sync.Mutex
	halted bool                     // guarded by mu
	halt   func()                   // guarded by mu; ends the step that is being done
	seen   func() (Progress, error) // guarded by mu; nil: there is no pipeline yet
}

// begin makes a step the one that is being done. It must not be begun where the job was halted before.
func (s *steps) begin(halt func()) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.halted {
		return context.Canceled
	}
	s.halt = halt
	return nil
}

// do does a step that its context ends.
func (s *steps) do(ctx context.Context, step func(context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if err := s.begin(cancel); err != nil {
		return err
	}
	return step(ctx)
}

// run runs the pipeline, which drains when it is halted; before is what earlier runs have committed.
func (s *steps) run(ctx context.Context, p *pipeline.Pipeline, before Progress) (Progress, error) {
	if err := s.begin(p.Drain); err != nil {
		return before, err
	}
	s.mu.Lock()
	s.seen = func() (Progress, error) {
		st := p.Status()
		return progress(&st), st.Trouble
	}
	s.mu.Unlock()
	summary, err := p.Run(ctx)
	return progress(&summary.Status), err
}

// stop halts the job.
func (s *steps) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.halted = true
	if s.halt != nil {
		s.halt()
	}
}

// progress is what is committed so far, and what the pipeline tries again now; nil: nothing.
func (s *steps) progress() (p Progress, trouble error) {
	s.mu.Lock()
	seen := s.seen
	s.mu.Unlock()
	if seen == nil {
		return Progress{}, nil
	}
	return seen()
}
