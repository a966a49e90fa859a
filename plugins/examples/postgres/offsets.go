package main

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// offsetsName is the table in which sinks keep how far they have their inputs. It lies beside the table that they write into.
const offsetsName = "winnow_offsets"

// offsets are those of one sink.
type offsets struct {
	table string // quoted
	scope string
	owned map[string]int64 // the generation of each split that was taken over
}

// newOffsets makes the table where it is missing.
func newOffsets(ctx context.Context, conn *pgx.Conn, schema, scope string) (*offsets, error) {
	o := &offsets{table: quoted(schema, offsetsName), scope: scope, owned: make(map[string]int64)}
	err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		// Two that make the table at once would be in each other's way, whatever IF NOT EXISTS says.
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock(hashtext($1))", o.table); err != nil {
			return err
		}
		var there bool
		if err := tx.QueryRow(ctx, "SELECT to_regclass($1) IS NOT NULL", o.table).Scan(&there); err != nil || there {
			return err
		}
		_, err := tx.Exec(ctx, "CREATE TABLE "+o.table+` (
			scope text, split text, next bigint NOT NULL, generation bigint NOT NULL, changed timestamptz NOT NULL DEFAULT now(),
			PRIMARY KEY (scope, split))`)
		return err
	})
	return o, coded(conn, err)
}

// resume takes a split over: it waits for the transaction of another owner that is about to end, and no later one of it comes
// about. It returns the offset after what is committed of the split; -1 where nothing is.
func (o *offsets) resume(ctx context.Context, conn *pgx.Conn, split string) (next int64, err error) {
	var generation int64
	err = conn.QueryRow(ctx, "INSERT INTO "+o.table+` AS o (scope, split, next, generation) VALUES ($1, $2, -1, 1)
		ON CONFLICT (scope, split) DO UPDATE SET generation = o.generation + 1, changed = now() RETURNING next, generation`,
		o.scope, split).Scan(&next, &generation)
	if err != nil {
		return 0, err
	}
	o.owned[split] = generation
	return next, nil
}

// advance moves splits on in a transaction, in one order, so that two processes don't wait for each other in a circle.
func (o *offsets) advance(ctx context.Context, tx pgx.Tx, spans []*pipeline.Span) error {
	spans = slices.SortedStableFunc(slices.Values(spans), func(a, b *pipeline.Span) int {
		return cmp.Or(cmp.Compare(a.Split.ID, b.Split.ID), cmp.Compare(a.Next, b.Next))
	})
	batch := new(pgx.Batch)
	for _, s := range spans {
		batch.Queue("UPDATE "+o.table+" SET next = $1, changed = now() WHERE scope = $2 AND split = $3 AND generation = $4",
			s.Next, o.scope, s.Split.ID, o.owned[s.Split.ID])
	}
	results := tx.SendBatch(ctx, batch)
	var errs []error
	for _, s := range spans {
		done, err := results.Exec()
		if err == nil && done.RowsAffected() == 0 {
			err = fault.New(fault.PluginFenced, "another process has taken over %s", s.Split.ID)
		}
		errs = append(errs, err)
	}
	return cmp.Or(errors.Join(errs...), results.Close())
}

// clear forgets the offsets of a run that is over.
func (o *offsets) clear(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, "DELETE FROM "+o.table+" WHERE scope = $1", o.scope)
	return err
}
