package pipeline

import (
	"context"
	"maps"
	"slices"
	"time"
)

// stallLooks is how often within Config.StallTimeout a stream is looked at.
const stallLooks = 12

// stall finds splits that have records to read and get nowhere: neither a broker that sends nothing nor a sink that hangs
// may look like a quiet hour. It looks from outside, now and then, and costs the records nothing.
type stall struct {
	timeout time.Duration
	splits  map[string]*rest // by ID: a split that was rewound is another *Split
}

// rest is since when a split has not moved.
type rest struct {
	best  int64 // the furthest that it got; a rewind is no progress, nor is reading the same again
	since time.Time
	idle  bool // it had nothing to read
	held  bool
}

// look takes in where the splits stand and returns those that are stalled, by ID, and since when the first of them is.
func (s *stall) look(now time.Time, splits []SplitStatus) (ids []string, since time.Time) {
	for _, r := range s.splits {
		r.held = false
	}
	for _, st := range splits {
		r := s.splits[st.ID]
		if r == nil {
			r = &rest{best: st.Next, since: now}
			s.splits[st.ID] = r
		}
		if st.Next > r.best || r.idle || st.Lag == 0 {
			r.best, r.since = max(r.best, st.Next), now
		}
		r.idle, r.held = st.Lag == 0, true
		if now.Sub(r.since) >= s.timeout {
			ids = append(ids, st.ID)
			if since.IsZero() || r.since.Before(since) {
				since = r.since
			}
		}
	}
	maps.DeleteFunc(s.splits, func(_ string, r *rest) bool { return !r.held })
	slices.Sort(ids)
	return ids, since
}

// watchStall looks at a membership until stop is called.
func (p *Pipeline) watchStall(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		s := &stall{timeout: p.cfg.StallTimeout, splits: make(map[string]*rest)}
		tick := time.NewTicker(max(s.timeout/stallLooks, time.Millisecond))
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				p.status.stalled(nil, time.Time{})
				return
			case <-tick.C:
				ids, since := s.look(time.Now(), p.status.standings())
				if p.status.stalled(ids, since) {
					p.tellStall(ids, since)
				}
			}
		}
	}()
	return func() {
		cancel()
		<-done
	}
}

func (p *Pipeline) tellStall(ids []string, since time.Time) {
	if len(ids) == 0 {
		p.cfg.Log.Info().Str("pipeline", p.cfg.Name).Msg("the stalled splits move again")
		return
	}
	p.cfg.Log.Warn().Str("pipeline", p.cfg.Name).Strs("splits", ids).Time("since", since).Msg("there are records to read, and no progress")
}
