package main

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// maxBacklog is up to how many rows are counted: what takes an index some hundredths of a second.
	maxBacklog = 100_000
	// countEvery is how often they are counted while they are read.
	countEvery = 10 * time.Second
)

// backlog counts the rows that come next in the order of times, where offsets count nothing: those that transactions keep back as
// well, and not those that are too young to be read.
type backlog struct {
	query string
	lag   time.Duration

	rows    int64
	counted time.Time
}

func newBacklog(s *changes) *backlog {
	return &backlog{lag: s.lag, query: fmt.Sprintf(`
		SELECT count(*) FROM (
			SELECT FROM %s WHERE %s >= $1 AND %s < clock_timestamp() - make_interval(secs => $2) LIMIT %d) AS r`,
		s.from, s.column, s.column, maxBacklog)}
}

// look counts the rows from an offset on.
func (b *backlog) look(ctx context.Context, conn *pgx.Conn, next int64) error {
	if b == nil {
		return nil
	}
	b.counted = time.Now()
	return conn.QueryRow(ctx, b.query, timeOf(next), b.lag.Seconds()).Scan(&b.rows)
}

// read notes that rows were read up to an offset, and counts those behind it where that was long ago.
func (b *backlog) read(ctx context.Context, conn *pgx.Conn, next int64, rows int) error {
	if b.rows = max(b.rows-int64(rows), 0); time.Since(b.counted) < countEvery {
		return nil
	}
	return b.look(ctx, conn, next)
}
