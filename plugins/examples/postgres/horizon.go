package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// blockedAfter is how long a transaction may hold up the horizon before the log names it, and again every so often.
const blockedAfter = time.Minute

// horizon finds out up to where a table is settled: no transaction can bring rows below that any more.
//
// A row's value is given before its transaction commits, so that a larger one may be seen before a smaller one. Whoever begins after
// some moment gives values above all that had been given by then. So the horizon notes the largest value, then lists the transactions that
// could have been given a smaller one, and when each of those has ended the value is settled. Who writes into a table, even by a
// prepared transaction, has a lock on it before a sequence is asked; a transaction's now() is older than that, and so for times all
// transactions count.
type horizon struct {
	newest, open string // queries: the offset after the largest value, and the transactions that are open
	args         []any  // of newest
	table        string
	oid          string

	settled int64 // no rows come below it
	high    int64 // the offset after the largest value; 0 where that is no number of rows
	counted bool  // it is one

	pending int64            // settled once those ended
	holders map[string]int32 // transactions that were open then, with their processes; 0: prepared
	since   time.Time        // they were listed
	told    time.Time        // the log heard of them
}

func newHorizon(s *changes) *horizon {
	h := &horizon{table: s.cfg.Table, oid: s.oid, counted: !s.timed}
	if s.timed {
		h.newest = `SELECT date_bin('10 milliseconds', clock_timestamp() - make_interval(secs => $1), 'epoch')`
		h.args = []any{s.lag.Seconds()}
	} else {
		h.newest = fmt.Sprintf("SELECT coalesce(max(%s), -1)::bigint FROM %s", s.column, s.from)
	}
	h.open = `
		SELECT DISTINCT l.virtualtransaction, coalesce(l.pid, 0) FROM pg_locks l
		WHERE l.granted AND l.pid IS DISTINCT FROM pg_backend_pid() AND (l.locktype = 'relation' AND l.mode = 'RowExclusiveLock'
			AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
			AND l.relation IN (SELECT $1::oid UNION ALL SELECT relid FROM pg_partition_tree($1::oid))`
	if s.cfg.Changes.WaitsFor == transactions {
		h.open += `
			OR l.locktype = 'virtualxid' AND l.mode = 'ExclusiveLock'
			AND EXISTS (SELECT FROM pg_stat_activity a WHERE a.pid = l.pid AND a.datname = current_database() AND a.usesysid IS NOT NULL)`
	}
	h.open += ")"
	return h
}

// look moves the horizon on as far as it can.
func (h *horizon) look(ctx context.Context, conn *pgx.Conn) error {
	newest, err := h.largest(ctx, conn)
	if err != nil {
		return err
	}
	open := make(map[string]int32) // listed after the largest value was seen: who is not among them begins later
	var id string
	var pid int32
	found, _ := conn.Query(ctx, h.open, h.oid)
	if _, err := pgx.ForEachRow(found, []any{&id, &pid}, func() error {
		open[id] = pid
		return nil
	}); err != nil {
		return err
	}
	maps.DeleteFunc(h.holders, func(id string, _ int32) bool { // one that is prepared meanwhile keeps its name
		_, still := open[id]
		return !still
	})
	if len(h.holders) > 0 {
		h.tell()
		return nil
	}
	h.settled, h.pending = max(h.settled, h.pending), newest
	if h.holders, h.since = open, time.Now(); len(open) == 0 {
		h.settled = max(h.settled, newest)
	}
	return nil
}

// largest is the offset after the largest value there is.
func (h *horizon) largest(ctx context.Context, conn *pgx.Conn) (int64, error) {
	row := conn.QueryRow(ctx, h.newest, h.args...)
	if !h.counted {
		var at time.Time
		err := row.Scan(&at)
		return placeOf(at, 0), err
	}
	var value int64
	err := row.Scan(&value)
	h.high = value + 1
	return value + 1, err
}

// tell has the log know who holds the horizon up.
func (h *horizon) tell() {
	if now := time.Now(); now.Sub(h.since) >= blockedAfter && now.Sub(h.told) >= blockedAfter {
		h.told = now
		fmt.Fprintf(os.Stderr, "the changes of %s wait for transactions that have been open since %s: processes %v of PostgreSQL (0: prepared)\n",
			h.table, h.since.UTC().Format(time.RFC3339), slices.Sorted(maps.Values(h.holders)))
	}
}
