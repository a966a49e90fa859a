package notify

import (
	"context"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/pipeline/job"
)

const (
	poll    = time.Second
	timeout = 30 * time.Second // of one try
	// GiveUp is how long a note is tried.
	GiveUp = 24 * time.Hour
	// announceEvery is how often is looked for what has ended without a runner.
	announceEvery = 5 * time.Second
	// first and last are the shortest and the longest time between two tries; it doubles in between.
	first, last = 5 * time.Second, 30 * time.Minute
	// most is how many notes are told at once. An account has some 20 ways to be told, each of which can be slow.
	most = 128
)

// Channel tells notes to somebody. It is safe for concurrent use.
type Channel interface {
	Tell(ctx context.Context, n *job.Note) error
}

// Outbox is where notes wait. It is safe for concurrent use.
type Outbox interface {
	// Take is a note that is due, of none of the ways that are taken.
	Take(ctx context.Context, while time.Duration, taken ...string) (*job.Note, error)
	Settle(ctx context.Context, id string, next time.Time) error
}

// Channels finds channels. It is safe for concurrent use.
type Channels interface {
	// Channel is the one of a note; nil: there is none any more.
	Channel(ctx context.Context, n *job.Note) (Channel, error)
}

// Sender tells the notes of an outbox: those that go one way, from an account by a channel, one after the other, and others beside
// them, so that nobody waits for another one's slow receiver. Several servers may do so at once.
type Sender struct {
	Outbox   Outbox
	Channels Channels
	// Announce puts into the outbox what nobody has put there yet; nil: there is no such thing.
	Announce func(context.Context) error
	Log      zerolog.Logger
}

// Run tells notes until ctx ends.
func (s *Sender) Run(ctx context.Context) error {
	tick := time.NewTicker(poll)
	defer tick.Stop()
	var telling sync.WaitGroup
	defer telling.Wait()
	announced, taken, told := time.Time{}, make(map[string]bool), make(chan string, most)
	for {
		if s.Announce != nil && time.Since(announced) >= announceEvery {
			announced = time.Now()
			if err := s.Announce(ctx); err != nil && ctx.Err() == nil {
				s.Log.Error().Err(err).Msg("look for jobs that have ended")
			}
		}
		if n := s.take(ctx, taken); n != nil {
			taken[n.Way()] = true
			telling.Go(func() {
				s.tell(ctx, n)
				told <- n.Way()
			})
			continue
		}
		select {
		case <-tick.C:
		case way := <-told:
			delete(taken, way)
		case <-ctx.Done():
			return nil
		}
	}
}

// take is a note that is due, of none of the ways that are taken; nil: there is none, or no room for it.
func (s *Sender) take(ctx context.Context, taken map[string]bool) *job.Note {
	if len(taken) == most || ctx.Err() != nil {
		return nil
	}
	n, err := s.Outbox.Take(ctx, 2*timeout, slices.Collect(maps.Keys(taken))...)
	if err != nil && ctx.Err() == nil {
		s.Log.Error().Err(err).Msg("look for notes")
	}
	return n
}

// tell tries a note once.
func (s *Sender) tell(ctx context.Context, n *job.Note) {
	log := s.Log.With().Str("job", n.Job).Str("event", n.Event).Str("channel", n.Channel).Str("note", n.ID).Logger()
	trying, cancel := context.WithTimeout(ctx, timeout)
	channel, err := s.Channels.Channel(trying, n)
	if err == nil && channel != nil {
		err = channel.Tell(trying, n)
	}
	cancel()
	switch {
	case err == nil && channel == nil: // it was taken out of the settings, or deleted
		s.settle(ctx, log, n, time.Time{})
	case err == nil:
		log.Info().Msg("told")
		s.settle(ctx, log, n, time.Time{})
	case ctx.Err() != nil: // it is due again when the server is back
	case time.Since(n.Created) > GiveUp:
		log.Error().Err(err).Msg("not told, and given up")
		s.settle(ctx, log, n, time.Time{})
	default:
		log.Warn().Err(err).Int("tries", n.Tries+1).Msg("not told")
		s.settle(ctx, log, n, time.Now().Add(pause(n.Tries)))
	}
}

// pause is how long to wait after a number of tries before: some tenth more or less, so that many don't come at once.
func pause(tries int) time.Duration {
	d := last
	if tries < 20 {
		d = min(first<<tries, last)
	}
	return d + rand.N(d/5) - d/10
}

func (s *Sender) settle(ctx context.Context, log zerolog.Logger, n *job.Note, next time.Time) {
	if err := s.Outbox.Settle(context.WithoutCancel(ctx), n.ID, next); err != nil {
		log.Error().Err(err).Msg("settle a note")
	}
}
