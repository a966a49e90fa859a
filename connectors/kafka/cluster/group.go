package cluster

import (
	"context"
	"errors"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// coordinatorWait is the pause between two questions to a coordinator that is not there yet.
const coordinatorWait = 200 * time.Millisecond

// Committed are the offsets that a group has committed; none for a group that does not exist.
func Committed(ctx context.Context, cl *kgo.Client, group string) (kadm.OffsetResponses, error) {
	var done kadm.OffsetResponses
	err := Coordinated(ctx, func() (err error) {
		done, err = kadm.NewClient(cl).FetchOffsets(ctx, group)
		return err
	})
	if errors.Is(err, kerr.GroupIDNotFound) {
		return nil, nil
	}
	return done, err
}

// Coordinated asks a group's coordinator until there is one: a cluster's first group makes the broker make the topic of
// offsets, and a broker that took it over reads it first.
func Coordinated(ctx context.Context, ask func() error) error {
	for {
		err := ask()
		if !errors.Is(err, kerr.CoordinatorNotAvailable) && !errors.Is(err, kerr.CoordinatorLoadInProgress) && !errors.Is(err, kerr.NotCoordinator) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(coordinatorWait):
		}
	}
}
