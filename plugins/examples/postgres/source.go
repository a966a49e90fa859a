package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/jackc/pgx/v5"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/plugins/sdk"
)

// maxSplits is how many ranges of keys a table may be read in: each is a line in a run's state.
const maxSplits = 10_000

// source reads a table, or a query, in the order of a key: an integer of which no two rows have the same. A record's offset is its
// key, and a split is a range of keys: of [k, k+1) times split_keys, whatever rows there are, so that splits stay the same while
// rows come.
type source struct {
	relation
	key         string // in SQL
	fingerprint string
}

var _ pipeline.Source = (*source)(nil)

// newSource makes the source of a configuration. It touches nothing outside yet.
func newSource(_ context.Context, t sdk.Task) (pipeline.Source, error) {
	c, err := configOf(t)
	switch {
	case err != nil:
		return nil, err
	case c.Changes != nil:
		return newChanges(c)
	case (c.Table == "") == (c.Query == ""):
		return nil, errors.New("a source needs a table, or a query")
	case len(c.Key) != 1:
		return nil, errors.New("a source needs one column as its key: an integer of which no two rows have the same")
	}
	if c.SplitKeys == 0 {
		c.SplitKeys = 100_000
	}
	s := &source{relation: relation{cfg: c, from: "(" + c.Query + ") AS r"}, key: quoted("r", c.Key[0])}
	if c.Table != "" {
		s.from = quoted(c.table()) + " AS r"
	}
	return s, nil
}

// Layout looks at the columns.
func (s *source) Layout(ctx context.Context) (*pipeline.Layout, error) {
	layout, err := s.look(ctx, s.identify)
	if err == nil {
		layout.Replayable = true
	}
	return layout, err
}

// identify sees to it that the key is one, and finds out what tells this table from another one of its name.
func (s *source) identify(ctx context.Context, conn *pgx.Conn) error {
	if s.typeOf(s.cfg.Key[0]) != arrow.INT64 {
		return fmt.Errorf("the key %s is no column of integers", s.cfg.Key[0])
	}
	if s.cfg.Query != "" {
		sum := sha256.Sum256([]byte(s.cfg.Query))
		s.fingerprint = hex.EncodeToString(sum[:8])
		return nil
	}
	var unique bool
	err := conn.QueryRow(ctx, `
		SELECT to_regclass($1)::oid::text, EXISTS (
			SELECT FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
			WHERE i.indrelid = to_regclass($1) AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indnkeyatts = 1 AND a.attname = $2
				AND a.attnotnull)`, quoted(s.cfg.table()), s.cfg.Key[0]).Scan(&s.fingerprint, &unique)
	if err == nil && !unique {
		err = fmt.Errorf("the key %s has no unique index of its own, or may be null: rows could be missed", s.cfg.Key[0])
	}
	return err
}

// Splits lists the ranges of keys from the smallest to the largest.
func (s *source) Splits(ctx context.Context) (splits []*pipeline.Split, err error) {
	var low, high *int64
	err = s.ask(ctx, func(conn *pgx.Conn) error {
		return conn.QueryRow(ctx, fmt.Sprintf("SELECT min(%s)::bigint, max(%s)::bigint FROM %s", s.key, s.key, s.from)).Scan(&low, &high)
	})
	if err != nil || low == nil {
		return nil, err
	}
	if *low < 0 {
		return nil, fmt.Errorf("the key %s is %d somewhere: an offset is not below 0. Read a query that adds to it", s.cfg.Key[0], *low)
	}
	size := s.cfg.SplitKeys
	first, last := *low/size, *high/size
	if last-first >= maxSplits {
		return nil, fmt.Errorf("the keys from %d to %d are %d ranges of %d, and at most %d are read: raise split_keys", *low, *high, last-first+1, size, maxSplits)
	}
	for k := first; k <= last; k++ {
		name := s.cfg.Table
		if name == "" {
			name = "query"
		}
		id := fmt.Sprintf("%s[%d:%d]", name, k*size, (k+1)*size)
		splits = append(splits, &pipeline.Split{ID: id, File: id, Start: k * size, End: (k + 1) * size, Fingerprint: s.fingerprint})
	}
	return splits, nil
}

// Open reads a range from a key on, in a session of its own.
func (s *source) Open(ctx context.Context, split *pipeline.Split, from pipeline.Position, want pipeline.Projection) (pipeline.Reader, error) {
	conn, err := s.connect(ctx)
	if err != nil {
		return nil, err
	}
	return &reader{rows: s.byKey(s.cfg.Key[0], s.key, want), conn: conn, split: split, next: from.Offset}, nil
}
