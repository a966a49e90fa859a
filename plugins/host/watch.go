package host

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
)

// watch looks after a process until it ends: whether it answers, also while nobody asks it for anything, and whether it keeps
// to its memory. What ends it is told by the next call, or here where none comes.
func (s *supervisor) watch(p *process) {
	p.watched.Go(func() { s.watchHealth(p) })
	if p.program.Memory > 0 {
		p.watched.Go(func() { s.watchMemory(p) })
	}
}

func (s *supervisor) watchHealth(p *process) {
	tick := time.NewTicker(min(healthInterval, s.silence))
	defer tick.Stop()
	calls, since := int64(-1), time.Now()
	for {
		select {
		case <-p.group.ended:
			s.meter.hold(usage{})
			s.ended(p, &crash{p.obituary()})
			return
		case <-tick.C:
		}
		u, _ := usageOf(int(p.group.pid.Load())) // zero where the system does not tell
		s.meter.hold(u)
		p.greet(s.silence)
		switch n, busy := s.meter.count(); {
		case busy || n != calls:
			calls, since = n, time.Now()
		case s.mayRest(time.Since(since)):
			_, _ = s.stop() // that it had to be killed is of no interest any more
		}
	}
}

// greet asks the process whether it is well. Any answer will do, also that it does not know the question; a process that is silent
// for so long is ended.
func (p *process) greet(silence time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), silence)
	defer cancel()
	_, err := grpc_health_v1.NewHealthClient(p.conn).Check(ctx, &grpc_health_v1.HealthCheckRequest{Service: plugin.GRPCServiceName})
	if status.Code(err) == codes.DeadlineExceeded {
		p.hang()
	}
}

func (s *supervisor) watchMemory(p *process) {
	tick := time.NewTicker(memoryInterval)
	defer tick.Stop()
	for {
		select {
		case <-p.group.ended:
			return
		case <-tick.C:
		}
		u, err := usageOf(int(p.group.pid.Load()))
		if err != nil { // the system does not tell
			return
		}
		s.meter.hold(u)
		if own := u.resident - p.region.Held(); own > p.program.Memory { // what it shares, winnow has given it
			p.end(fmt.Sprintf("it held %d MiB of memory, and may hold %d", own>>20, p.program.Memory>>20))
			return
		}
	}
}

// mayRest tells whether a process may end that has been idle for so long.
func (s *supervisor) mayRest(idle time.Duration) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.spare || s.most > 0 && idle >= s.most
}

// spend says that nobody needs the process any more, but for calls that have begun: it ends when it has been idle.
func (s *supervisor) spend() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.spare = true
}
