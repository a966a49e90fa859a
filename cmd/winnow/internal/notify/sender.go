package notify

import (
	"context"
	"math/rand/v2"
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
)

// Channel tells notes to somebody. It is safe for concurrent use.
type Channel interface {
	Tell(ctx context.Context, n *job.Note) error
}

// Outbox is where notes wait.
type Outbox interface {
	Take(ctx context.Context, while time.Duration) (*job.Note, error)
	Settle(ctx context.Context, id string, next time.Time) error
}

// Channels finds channels.
type Channels interface {
	// Channel is the one of a note; nil: there is none any more.
	Channel(ctx context.Context, n *job.Note) (Channel, error)
}

// Sender tells the notes of an outbox. Several servers may do so at once.
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
	announced := time.Time{}
	for {
		if s.Announce != nil && time.Since(announced) >= announceEvery {
			announced = time.Now()
			if err := s.Announce(ctx); err != nil && ctx.Err() == nil {
				s.Log.Error().Err(err).Msg("look for jobs that have ended")
			}
		}
		n, err := s.Outbox.Take(ctx, 2*timeout)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			s.Log.Error().Err(err).Msg("look for notes")
		case n != nil:
			s.tell(ctx, n)
			continue
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
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
