package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/jackc/pgx/v5"

	"github.com/winnow-stream/winnow/pipeline"
)

const (
	defaultPoll = time.Second
	// defaultLag is how old a time has to be before it is read: more than passes between the moment that a transaction calls its
	// now and the one at which others see it.
	defaultLag = time.Second
)

// changes follows a table by a column that grows, without an end: an integer that no two rows share, or a time. Where a row stands
// is told by its values alone, so that any process can go on from an offset, and nothing is kept in the database. Rows are read up
// to a horizon, below which no transaction can bring more.
type changes struct {
	relation
	column string // in SQL
	timed  bool   // the column is a time, rather than an integer
	oid    string // of the table
	poll   time.Duration
	lag    time.Duration // of times
}

var _ pipeline.Source = (*changes)(nil)

func newChanges(c *config) (pipeline.Source, error) {
	switch {
	case c.Table == "" || c.Query != "":
		return nil, errors.New("changes are those of a table")
	case c.SplitKeys != 0:
		return nil, errors.New("split_keys has no meaning for changes, which are read in one piece")
	}
	poll, err := durationOf(c.Changes.Poll, defaultPoll)
	if err != nil {
		return nil, err
	}
	lag, err := durationOf(c.Changes.Lag, defaultLag)
	if err != nil {
		return nil, err
	}
	return &changes{
		relation: relation{cfg: c, from: quoted(c.table()) + " AS r"}, column: quoted("r", c.Changes.Column), poll: poll, lag: lag,
	}, nil
}

// Layout looks at the columns. Rows that were read may be others by the next time.
func (s *changes) Layout(ctx context.Context) (*pipeline.Layout, error) {
	return s.look(ctx, s.identify)
}

// identify sees to it that the column is one that can be followed, here.
func (s *changes) identify(ctx context.Context, conn *pgx.Conn) error {
	f, table := s.cfg.Changes, quoted(s.cfg.table())
	switch s.typeOf(f.Column) {
	case arrow.INT64:
	case arrow.TIMESTAMP:
		s.timed = true
	default:
		return fmt.Errorf("the column %s holds neither integers nor times with a zone: nothing tells what came after what", f.Column)
	}
	var (
		version                    int
		kind, kindOfTime           string
		standby, unique, keyed, by bool
		cache, low                 int64
	)
	err := conn.QueryRow(ctx, `
		WITH index AS (
			SELECT i.*, (SELECT array_agg(a.attname::text) FROM pg_attribute a WHERE a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)) AS names
			FROM pg_index i WHERE i.indrelid = to_regclass($1::text) AND i.indisvalid AND i.indpred IS NULL AND NOT 0 = ANY(i.indkey))
		SELECT c.oid::text, c.relkind::text, a.atttypid::regtype::text, current_setting('server_version_num')::int, pg_is_in_recovery(),
			EXISTS (SELECT FROM index WHERE indisunique AND names = ARRAY[$2::text]),
			EXISTS (SELECT FROM index WHERE indisunique AND names <@ $3::text[]),
			EXISTS (SELECT FROM index WHERE indkey[0] = a.attnum),
			coalesce((SELECT seqcache FROM pg_sequence WHERE seqrelid = pg_get_serial_sequence($1::text, $2::text)::regclass), 1)
		FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = $2::text WHERE c.oid = to_regclass($1::text)`,
		table, f.Column, s.cfg.Key).Scan(&s.oid, &kind, &kindOfTime, &version, &standby, &unique, &keyed, &by, &cache)
	if err != nil {
		return err
	}
	switch {
	case kind != "r" && kind != "p":
		return fmt.Errorf("%s is no table of its own: follow the one that is written into", s.cfg.Table)
	case version < 140001: // which names prepared transactions anew, and has no date_bin
		return errors.New("the server is older than PostgreSQL 14.1")
	case standby:
		return errors.New("the server is a standby, which does not tell who is writing: follow the table where it is written")
	case !by:
		return fmt.Errorf("no index begins with the column %s: each look would read the whole table", f.Column)
	case s.timed && kindOfTime != "timestamp with time zone":
		return fmt.Errorf("the times in %s have no zone, and are not in order where clocks are put back: make it a timestamptz", f.Column)
	case s.timed && len(s.cfg.Key) == 0:
		return errors.New("a column of times needs a key beside it: the columns that tell rows of the same time apart")
	case s.timed && !keyed:
		return fmt.Errorf("the key %v has no unique index: rows of the same time could not be told apart", s.cfg.Key)
	case !s.timed && !unique:
		return fmt.Errorf("the column %s has no unique index of its own: rows could be missed", f.Column)
	case !s.timed && f.Lag != "":
		return errors.New("lag is a time, and the column holds integers")
	case cache > 1:
		return fmt.Errorf("the sequence of %s gives each session %d values at a time, which come in no order: ALTER SEQUENCE … CACHE 1", f.Column, cache)
	}
	if f.WaitsFor == "" { // a time is most often that of its transaction's beginning, long before its row is written
		f.WaitsFor = map[bool]waiting{false: writers, true: transactions}[s.timed]
	}
	if s.timed {
		return nil
	}
	err = conn.QueryRow(ctx, fmt.Sprintf("SELECT coalesce(min(%s), 0)::bigint FROM %s", s.column, s.from)).Scan(&low)
	if err == nil && low < 0 {
		err = fmt.Errorf("the column %s is %d somewhere: an offset is not below 0", f.Column, low)
	}
	return err
}

// Splits is the table.
func (s *changes) Splits(context.Context) ([]*pipeline.Split, error) {
	id := s.cfg.Table + "." + s.cfg.Changes.Column
	return []*pipeline.Split{{ID: id, File: id, End: -1, Fingerprint: s.oid}}, nil
}

// Open reads on from an offset, in a session of its own.
func (s *changes) Open(ctx context.Context, split *pipeline.Split, from pipeline.Position, want pipeline.Projection) (pipeline.Reader, error) {
	conn, err := s.connect(ctx)
	if err != nil {
		return nil, err
	}
	f := &follower{conn: conn, split: split, poll: s.poll, horizon: newHorizon(s), next: from.Offset}
	if s.timed {
		f.rows, f.backlog = s.byTime(want), newBacklog(s)
	} else {
		f.rows = s.byKey(s.cfg.Changes.Column, s.column, want)
	}
	return f, nil
}

// Acknowledge has nothing to do: what was read is still there.
func (s *changes) Acknowledge(context.Context, map[string]int64) error { return nil }
