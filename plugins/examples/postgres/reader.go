package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// byKey reads rows in the order of their keys, each batch by a query of its own: nothing stays open in the database between two.
type byKey struct {
	rows
	name  string // of the key
	query string
	key   int64
}

// byKey reads a relation by a key, which is key in SQL.
func (r *relation) byKey(name, key string, want pipeline.Projection) *byKey {
	made := &byKey{rows: *r.rows(want), name: name}
	made.target = append([]any{&made.key}, made.target...)
	made.query = fmt.Sprintf("SELECT %s FROM %s WHERE %s >= $1 AND %s < $2 ORDER BY %s LIMIT $3",
		strings.Join(append([]string{key + "::bigint"}, made.list...), ", "), r.from, key, key, key)
	return made
}

// read reads rows whose key is in [first, end); nil where there are none. One row more is asked for, since two with the same key
// might lie on both sides of a batch's end.
func (k *byKey) read(ctx context.Context, conn *pgx.Conn, split *pipeline.Split, first, end int64) (*pipeline.Batch, error) {
	limit := max(k.want.Rows, 1)
	found, err := conn.Query(ctx, k.query, first, end, limit+1)
	if err != nil {
		return nil, coded(conn, err)
	}
	defer found.Close()
	made := k.records()
	defer made.release()
	next := first
	for found.Next() {
		if err := found.Scan(k.target...); err != nil {
			return nil, err
		}
		if made.n > 0 && k.key < next {
			return nil, fault.New(fault.PluginFailed, "two rows have the key %d in %s", k.key, k.name)
		}
		if made.n == limit || made.n > 0 && made.size >= k.want.Bytes {
			break
		}
		made.append(k.key)
		next = k.key + 1
	}
	found.Close()
	if err := found.Err(); err != nil {
		return nil, coded(conn, err)
	}
	return made.batch(made.n, split, first, next), nil
}

// reader reads a range of keys, in a session of its own.
type reader struct {
	rows  *byKey
	conn  *pgx.Conn
	split *pipeline.Split
	next  int64 // the smallest key that comes next
}

// Next reads the next rows of the range, and io.EOF where there are none.
func (r *reader) Next(ctx context.Context) (*pipeline.Batch, error) {
	b, err := r.rows.read(ctx, r.conn, r.split, r.next, r.split.End)
	switch {
	case err != nil:
		return nil, err
	case b == nil:
		return nil, io.EOF
	}
	r.next = b.Next.Offset
	return b, nil
}

// Close ends the session.
func (r *reader) Close() error { return hangUp(r.conn) }
