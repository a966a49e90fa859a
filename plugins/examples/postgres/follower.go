package main

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/winnow-stream/winnow/pipeline"
)

// queryTimeout is how long a query of a follower may take: less than a call may.
const queryTimeout = 50 * time.Second

// ordered reads the rows whose offsets are in [first, end), some at a time; nil where there are none.
type ordered interface {
	read(ctx context.Context, conn *pgx.Conn, split *pipeline.Split, first, end int64) (*pipeline.Batch, error)
}

// follower reads what comes into a table, for ever.
type follower struct {
	conn    *pgx.Conn
	split   *pipeline.Split
	rows    ordered
	poll    time.Duration
	horizon *horizon
	backlog *backlog  // nil: offsets count rows
	next    int64     // the smallest offset that comes next
	seen    int64     // nothing is left below it
	looked  time.Time // when the horizon was looked at last
}

// Next waits for rows below the horizon. A query that has begun is not given up when ctx ends because it took long: it would only
// begin anew.
func (f *follower) Next(ctx context.Context) (*pipeline.Batch, error) {
	for {
		if f.seen < f.horizon.settled {
			b, err := f.read(ctx)
			if b != nil || err != nil {
				return b, err
			}
			f.seen = f.horizon.settled
		}
		if err := f.wait(ctx); err != nil {
			return nil, err
		}
		asking, done := patient(ctx)
		err := f.horizon.look(asking, f.conn)
		if err == nil {
			err = f.backlog.look(asking, f.conn, f.next)
		}
		done()
		if f.looked = time.Now(); err != nil {
			return nil, coded(f.conn, err)
		}
	}
}

// read reads the next rows below the horizon.
func (f *follower) read(ctx context.Context) (*pipeline.Batch, error) {
	asking, done := patient(ctx)
	defer done()
	b, err := f.rows.read(asking, f.conn, f.split, f.next, f.horizon.settled)
	if b == nil || err != nil {
		return b, err
	}
	f.next = b.Next.Offset
	if b.High = f.horizon.high; f.backlog == nil {
		return b, nil
	}
	offsets := b.Offsets()
	b.Time = timeOf(offsets[len(offsets)-1])
	if err := f.backlog.read(asking, f.conn, f.next, len(offsets)); err != nil {
		b.Record.Release()
		return nil, coded(f.conn, err)
	}
	return b, nil
}

// wait waits until the horizon is to be looked at again.
func (f *follower) wait(ctx context.Context) error {
	t := time.NewTimer(time.Until(f.looked.Add(f.poll)))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// High is the offset after the last row, also of those that are kept back.
func (f *follower) High() int64 { return f.horizon.high }

// Ahead is how many rows come next, as far as they are counted; -1 where offsets count them.
func (f *follower) Ahead() int64 {
	if f.backlog == nil {
		return -1
	}
	return f.backlog.rows
}

// Close ends the session.
func (f *follower) Close() error { return hangUp(f.conn) }

// patient is a context that ends when another one is cancelled, but not at that one's deadline.
func patient(ctx context.Context) (context.Context, context.CancelFunc) {
	asking, cancel := context.WithTimeout(context.WithoutCancel(ctx), queryTimeout)
	stop := context.AfterFunc(ctx, func() {
		if errors.Is(ctx.Err(), context.Canceled) {
			cancel()
		}
	})
	return asking, func() {
		stop()
		cancel()
	}
}
