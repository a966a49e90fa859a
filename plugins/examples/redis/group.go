package main

import (
	"context"
	"log"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// groupWait is how long a commit may wait for a group that only shows how far it is.
const groupWait = 2 * time.Second

// group is a consumer group that nobody reads by. It is where the last commit is: Redis' own tools show by it how far winnow is, and
// what may be trimmed.
type group struct {
	mu   sync.Mutex
	away bool // guarded by mu; the last time Redis was not there
}

// move moves the group of a stream to an offset, up to which so many entries were added; -1: that is not known. A group that can't be
// moved now is moved the next time.
func (g *group) move(ctx context.Context, client redis.UniversalClient, stream, name string, next, read int64) error {
	ctx, cancel := context.WithTimeout(ctx, groupWait)
	defer cancel()
	err := tell(ctx, client, "SETID", stream, name, next, read)
	if redis.HasErrorPrefix(err, "NOGROUP") {
		err = tell(ctx, client, "CREATE", stream, name, next, read)
	}
	if err != nil && strings.Contains(err.Error(), "requires the key to exist") {
		err = nil // there is nothing to show
	}
	err = coded(err)
	g.mu.Lock()
	defer g.mu.Unlock()
	before := g.away
	if g.away = err != nil && fault.FateOf(err) == fault.Transient; !g.away {
		return err
	}
	if !before {
		log.Printf("stream %s: the group %s is moved later: %v", stream, name, err)
	}
	return nil
}

func tell(ctx context.Context, client redis.UniversalClient, verb, stream, name string, next, read int64) error {
	args := []any{"XGROUP", verb, stream, name, idOf(next - 1)}
	if read >= 0 {
		args = append(args, "ENTRIESREAD", read)
	}
	cmd := redis.NewStatusCmd(ctx, args...)
	cmd.SetFirstKeyPos(2)
	return client.Process(ctx, cmd)
}
