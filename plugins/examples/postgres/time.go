package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// A place in the order of times, as an offset: hundredths of a second since 1970, 15 bits that the key is hashed to, and the rank
// among the rows that have both in common. So a statement that gives one time to a whole table may do so to some 20 million rows.
const (
	tick      = 10 * time.Millisecond
	rankBits  = 10
	placeBits = 15 + rankBits
)

// placeOf is the offset of the first row with a time and a hash.
func placeOf(t time.Time, hash int64) int64 {
	return t.UnixMicro()/tick.Microseconds()<<placeBits | hash<<rankBits
}

// timeOf is the beginning of the tick that an offset is in.
func timeOf(place int64) time.Time { return time.UnixMicro((place >> placeBits) * tick.Microseconds()) }

// byTime reads rows in the order of a column of times, in ticks. A batch ends behind a tick, or, where one alone has too many rows,
// behind a hash in it: a rank would be another one when a row that comes before has changed, and so got another time.
type byTime struct {
	rows
	key   string // names, for errors
	ticks string // a query: the rows of some ticks
	alone string // a query: those of one tick
	time  time.Time
	hash  int64
}

// byTime reads the relation by the column that its changes are followed by.
func (s *changes) byTime(want pipeline.Projection) *byTime {
	made := &byTime{rows: *s.rows(want), key: strings.Join(s.cfg.Key, ", ")}
	made.target = append([]any{&made.time, &made.hash}, made.target...)
	query := func(order string) string {
		// Inside, rows come by an index; only those that are taken are sorted.
		return fmt.Sprintf(`
			SELECT %s FROM (
				SELECT * FROM (
					SELECT r.*, date_bin('10 milliseconds', %s, 'epoch') AS winnow_tick,
						hashtextextended(ROW(%s)::text COLLATE "C", 0) & 32767 AS winnow_hash
					FROM %s WHERE %s >= $1 AND %s < $2) AS r
				WHERE (%s >= $3 OR winnow_hash >= $4)
				ORDER BY %s LIMIT $5) AS r
			ORDER BY winnow_tick, winnow_hash, %s`,
			strings.Join(append([]string{"winnow_tick", "winnow_hash"}, made.list...), ", "), s.column, names(s.cfg.Key, "r."), s.from,
			s.column, s.column, s.column, order, names(s.cfg.Key, "r."))
	}
	made.ticks, made.alone = query(s.column), query("winnow_hash, "+names(s.cfg.Key, "r."))
	return made
}

// read reads rows whose places are in [first, end), an end that begins a tick; nil where there are none.
func (t *byTime) read(ctx context.Context, conn *pgx.Conn, split *pipeline.Split, first, end int64) (*pipeline.Batch, error) {
	b, crowded, err := t.ask(ctx, conn, t.ticks, placeBits, split, first, end)
	if crowded >= 0 && err == nil {
		b, crowded, err = t.ask(ctx, conn, t.alone, rankBits, split, max(first, crowded), crowded+1<<placeBits)
	}
	if crowded < 0 || err != nil {
		if b != nil {
			b.First = first
		}
		return b, err
	}
	return nil, fault.New(fault.PluginFailed, "more rows of %s are alike in %s than a batch takes", timeOf(crowded).UTC().Format(time.RFC3339Nano), t.key).
		WithFix("let key name columns that tell rows apart, or raise batch.rows")
}

// ask reads rows whose places are in [first, end). A batch ends where the places of two rows differ in more than their last bits.
// Where it can't, since a tick has too many rows, crowded is the place where that begins; else it is -1.
func (t *byTime) ask(ctx context.Context, conn *pgx.Conn, query string, bits int, split *pipeline.Split, first, end int64) (b *pipeline.Batch, crowded int64, err error) {
	limit := max(t.want.Rows, 1)
	begin, hash, rank := timeOf(first), first%(1<<placeBits)>>rankBits, first%(1<<rankBits)
	found, err := conn.Query(ctx, query, begin, timeOf(end), begin.Add(tick), hash, int64(limit)+rank+1)
	if err != nil {
		return nil, -1, coded(conn, err)
	}
	defer found.Close()
	made := t.records()
	defer made.release()
	whole, next := 0, first // the rows before the last difference, and where it is
	more, last := false, int64(-1)
	for !more && found.Next() {
		if err := found.Scan(t.target...); err != nil {
			return nil, -1, err
		}
		alike := placeOf(t.time, t.hash)
		place := max(alike, last+1)
		if last >= 0 && alike>>bits != last>>bits {
			whole, next = made.n, alike>>bits<<bits
		}
		full := made.n > 0 && made.size >= t.want.Bytes && (whole == made.n || bits == placeBits)
		more = full || made.n == limit || place>>rankBits != alike>>rankBits
		if last = place; !more && place >= first { // else an earlier batch was cut among rows that are alike
			made.append(place)
		}
	}
	found.Close()
	switch err := found.Err(); {
	case err != nil:
		return nil, -1, coded(conn, err)
	case more && whole == 0:
		return nil, last >> placeBits << placeBits, nil
	case !more:
		whole, next = made.n, (last>>bits+1)<<bits
	}
	return made.batch(whole, split, first, next), -1, nil
}
