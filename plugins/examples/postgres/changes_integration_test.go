//go:build integration

package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/plugins/conform"
	"github.com/winnow-stream/winnow/plugins/host"
	"github.com/winnow-stream/winnow/plugins/plugintest"
	"github.com/winnow-stream/winnow/plugins/sdk"
)

const tickets = `CREATE TABLE tickets (id bigserial PRIMARY KEY, text text NOT NULL, changed timestamptz NOT NULL DEFAULT now());
	CREATE INDEX ON tickets (changed)`

// followed are the two ways to follow the table tickets.
func followed(url string) map[string]config {
	const poll = "50ms"
	return map[string]config{
		"by an integer": {URL: url, Table: "tickets", Changes: &follow{Column: "id", Poll: poll}},
		"by a time":     {URL: url, Table: "tickets", Key: []string{"id"}, Changes: &follow{Column: "changed", Poll: poll}},
	}
}

// TestChangesConform holds the source to the protocol's promises, with many rows of the same time.
func TestChangesConform(t *testing.T) {
	url, _ := database(t, tickets, `INSERT INTO tickets (text) SELECT 'text ' || i FROM generate_series(1, 60) AS i`,
		`INSERT INTO tickets (text, changed) SELECT 'text ' || i, now() - make_interval(secs => i / 7) FROM generate_series(8, 60) AS i`)
	for name, c := range followed(url) {
		t.Run(name, func(t *testing.T) {
			conform.Source(t.Context(), plugintest.Host(t), sourceConfig(t, c), func(r conform.Result) {
				if r.Err != nil {
					t.Errorf("%s: %v", r.Promise, r.Err)
				}
			})
		})
	}
}

// following reads a split without an end.
type following struct {
	t *testing.T
	pipeline.Reader
}

// from reads a table from an offset on, its ids alone.
func from(t *testing.T, c config, offset int64, rows int) *following {
	t.Helper()
	s := hostSource(t, c)
	layout, err := s.Layout(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	splits, err := s.Splits(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	id, _ := layout.Schema.FieldsByName("id")
	r, err := s.Open(t.Context(), splits[0], pipeline.Position{Offset: offset, Byte: -1}, pipeline.Projection{
		Columns: id, Rows: rows, Bytes: 1 << 20, MaxRecord: 1 << 20, Alloc: memory.DefaultAllocator,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return &following{t: t, Reader: r}
}

// batch waits for the next batch, or, with no record, for word that nothing has come.
func (f *following) batch() *pipeline.Batch {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(f.t.Context(), 30*time.Second)
	defer cancel()
	b, err := f.Next(ctx)
	if err != nil {
		f.t.Fatal(err)
	}
	return b
}

// ids reads so many ids.
func (f *following) ids(n int) (ids []int64) {
	f.t.Helper()
	for len(ids) < n {
		if b := f.batch(); b.Record != nil {
			ids = append(ids, b.Record.Column(1).(*array.Int64).Int64Values()...)
			b.Record.Release()
		}
	}
	return ids
}

// TestLateRows keeps a row back that comes before one whose transaction is still open, whatever way that is: none is passed over.
func TestLateRows(t *testing.T) {
	const late = "BEGIN; INSERT INTO tickets (text) VALUES ('late')"
	for _, c := range []struct {
		name       string
		statements []string // of its transaction; before each one but the first, nothing is read
	}{
		{"written", []string{late, "COMMIT"}},
		{"rolled back", []string{late, "ROLLBACK"}},
		{"prepared", []string{late + "; PREPARE TRANSACTION 'WAY'", "COMMIT PREPARED 'WAY'"}},
		{"prepared later", []string{late, "PREPARE TRANSACTION 'later WAY'", "COMMIT PREPARED 'later WAY'"}},
		{"not yet written", []string{"BEGIN; SELECT nextval('tickets_id_seq')", "INSERT INTO tickets (id, text) VALUES (2, 'late'); COMMIT"}},
	} {
		for _, way := range []string{"by an integer", "by a time"} {
			t.Run(c.name+" "+way, func(t *testing.T) {
				t.Parallel()
				url, conn := database(t, tickets, "INSERT INTO tickets (text) VALUES ('first')")
				change := func(conn *pgx.Conn, statements string) {
					if _, err := conn.Exec(t.Context(), strings.ReplaceAll(statements, "WAY", way)); err != nil {
						t.Fatal(err)
					}
				}
				other, err := pgx.Connect(t.Context(), url)
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = other.Close(context.WithoutCancel(t.Context())) }()
				how := followed(url)[way]
				how.Changes.Poll = "1s" // so that both transactions have begun when it looks
				if c.name == "not yet written" {
					how.Changes.WaitsFor = transactions
				}
				f := from(t, how, 0, 10)
				got := f.ids(1)
				change(other, c.statements[0])
				change(conn, "INSERT INTO tickets (text) VALUES ('third')")
				for _, statement := range c.statements[1:] {
					if b := f.batch(); b.Record != nil {
						t.Fatalf("%v came before its time", b.Record)
					} else if want := map[string]int64{"by an integer": 4}[way]; b.High != want {
						t.Errorf("it goes up to %d, want %d", b.High, want)
					}
					change(other, statement)
				}
				rows, _ := conn.Query(t.Context(), "SELECT id FROM tickets ORDER BY id")
				all, err := pgx.CollectRows(rows, pgx.RowTo[int64])
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, f.ids(len(all)-1)...)
				slices.Sort(got) // of one hundredth of a second, any comes first
				if diff := cmp.Diff(all, got); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
}

// TestBacklog counts the rows that come next in the order of times, and tells how old those are that came.
func TestBacklog(t *testing.T) {
	url, _ := database(t, tickets,
		`INSERT INTO tickets (text, changed) SELECT 'text ' || i, now() - make_interval(secs => 10 + i) FROM generate_series(1, 25) AS i`)
	s, err := newSource(t.Context(), sdk.Task{Config: sourceConfig(t, followed(url)["by a time"]).Config})
	if err != nil {
		t.Fatal(err)
	}
	layout, err := s.Layout(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	splits, err := s.Splits(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Open(t.Context(), splits[0], pipeline.Position{Byte: -1}, pipeline.Projection{
		Columns: layout.Schema.Fields(), Rows: 10, Bytes: 1 << 20, MaxRecord: 1 << 20, Alloc: memory.DefaultAllocator,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }() // it only read
	for _, want := range []int64{15, 5, 0} {
		b, err := r.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		b.Record.Release()
		if got, age := r.(*follower).Ahead(), time.Since(b.Time); got != want || age < time.Duration(10+want)*time.Second || age > 5*time.Minute {
			t.Errorf("%d rows come next, want %d; those before are %v old", got, want, age)
		}
	}
}

// TestSameTime reads thousands of rows of one time in batches of some, each time from where the last batch ended, while rows that were
// read get another time: each of the others comes once.
func TestSameTime(t *testing.T) {
	const all = 3000
	url, conn := database(t, tickets, fmt.Sprintf("INSERT INTO tickets (text) SELECT 'text ' || i FROM generate_series(1, %d) AS i", all))
	var got []int64
	offset := int64(0)
	for len(got) < all {
		f := from(t, followed(url)["by a time"], offset, 100)
		b := f.batch()
		ids := b.Record.Column(1).(*array.Int64).Int64Values()
		got, offset = append(got, ids...), b.Next.Offset
		if _, err := conn.Exec(t.Context(), "UPDATE tickets SET changed = 'infinity' WHERE id = ANY($1) AND id % 3 = 0", ids); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(got)
	if n := len(slices.Compact(got)); n != all || len(got) != all {
		t.Errorf("%d rows came %d times", n, len(got))
	}
}

// TestChangesRefuses has one case for each table that can't be followed.
func TestChangesRefuses(t *testing.T) {
	url, _ := database(t, tickets, `CREATE TABLE odd (id bigserial PRIMARY KEY, n int, word text, zoneless timestamp, bare timestamptz, changed timestamptz)`,
		"CREATE INDEX ON odd (n); CREATE INDEX ON odd (zoneless); CREATE INDEX ON odd (changed)", "CREATE VIEW seen AS SELECT * FROM tickets",
		"CREATE TABLE cached (id bigserial PRIMARY KEY); ALTER SEQUENCE cached_id_seq CACHE 20",
		"CREATE TABLE below (id int PRIMARY KEY)", "INSERT INTO below VALUES (-1)")
	for _, c := range []struct {
		config
		want string
	}{
		{config{Query: "SELECT 1", Changes: &follow{Column: "id"}}, "changes are those of a table"},
		{config{Table: "tickets", SplitKeys: 5, Changes: &follow{Column: "id"}}, "split_keys has no meaning"},
		{config{Table: "gone", Changes: &follow{Column: "id"}}, `relation "gone" does not exist`},
		{config{Table: "tickets", Changes: &follow{Column: "text"}}, "the column text holds neither integers nor times"},
		{config{Table: "tickets", Changes: &follow{Column: "changed"}}, "a column of times needs a key beside it"},
		{config{Table: "tickets", Key: []string{"text"}, Changes: &follow{Column: "changed"}}, "the key [text] has no unique index"},
		{config{Table: "tickets", Changes: &follow{Column: "id", Lag: "1s"}}, "lag is a time, and the column holds integers"},
		{config{Table: "seen", Changes: &follow{Column: "id"}}, "seen is no table of its own"},
		{config{Table: "odd", Changes: &follow{Column: "n"}}, "the column n has no unique index of its own"},
		{config{Table: "odd", Key: []string{"id"}, Changes: &follow{Column: "bare"}}, "no index begins with the column bare"},
		{config{Table: "odd", Key: []string{"id"}, Changes: &follow{Column: "zoneless"}}, "the times in zoneless have no zone"},
		{config{Table: "cached", Changes: &follow{Column: "id"}}, "gives each session 20 values at a time"},
		{config{Table: "below", Changes: &follow{Column: "id"}}, "the column id is -1 somewhere"},
	} {
		c.URL = url
		if _, err := hostSource(t, c.config).Layout(t.Context()); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v %+v: %v", c.config, c.Changes, err)
		}
	}
}

// TestChanges follows a table that several write into at once, in transactions that stay open, are rolled back, and write much at
// once; the run is stopped and begun again, and its sessions are ended. Each row comes out once.
func TestChanges(t *testing.T) {
	for _, way := range []string{"by an integer", "by a time"} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			url, conn := database(t, tickets, "CREATE TABLE labelled (place bigserial, id bigint, text text)")
			state := t.TempDir()
			ctx, stop := context.WithTimeout(t.Context(), 12*time.Second)
			defer stop()
			var writing sync.WaitGroup
			for range 5 {
				writing.Go(func() { write(ctx, t, url) })
			}
			var rounds int
			for round := time.Second; ctx.Err() == nil; rounds++ {
				run(t, url, state, followed(url)[way], func(p *pipeline.Pipeline) {
					sleep(t, round)
					const end = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'winnow' AND datname = current_database()`
					if _, err := conn.Exec(t.Context(), end); err != nil {
						t.Error(err)
					}
					sleep(t, round)
					p.Drain()
				})
			}
			writing.Wait()
			want, _ := count(t, conn, "tickets")
			run(t, url, state, followed(url)[way], func(p *pipeline.Pipeline) {
				for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); sleep(t, 100*time.Millisecond) {
					if rows, _ := count(t, conn, "labelled"); rows >= want {
						break
					}
				}
				sleep(t, 2*time.Second) // for what there should not be
				p.Drain()
			})
			if rows, ids := count(t, conn, "labelled"); rows != want || ids != want {
				t.Errorf("%d rows with %d ids came out of %d", rows, ids, want)
			}
			t.Logf("%d rows in %d runs", want, rounds+1)
		})
	}
}

// write writes transactions into the table until ctx ends.
func write(ctx context.Context, t *testing.T, url string) {
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Error(err)
		return
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	for ctx.Err() == nil {
		err := pgx.BeginFunc(t.Context(), conn, func(tx pgx.Tx) error {
			sleep(t, rand.N(300*time.Millisecond)) // now() is that of the beginning
			for range 1 + rand.IntN(5) {
				if _, err := tx.Exec(t.Context(), "INSERT INTO tickets (text) SELECT 'text ' || i FROM generate_series(1, $1) AS i", 1+rand.IntN(20)); err != nil {
					return err
				}
				sleep(t, rand.N(200*time.Millisecond))
			}
			switch rand.IntN(10) {
			case 0:
				return errUndone
			case 1:
				_, err := tx.Exec(t.Context(), "INSERT INTO tickets (text) SELECT 'text ' || i FROM generate_series(1, 3000) AS i")
				return err
			case 2:
				sleep(t, 2*time.Second)
			}
			return nil
		})
		if err != nil && !errors.Is(err, errUndone) {
			t.Error(err)
			return
		}
	}
}

var errUndone = errors.New("undone")

func sleep(t *testing.T, d time.Duration) {
	select {
	case <-time.After(d):
	case <-t.Context().Done():
	}
}

// run follows a table into the table labelled, while meanwhile runs.
func run(t *testing.T, url, state string, c config, meanwhile func(p *pipeline.Pipeline)) {
	t.Helper()
	h := host.New(zerolog.Nop())
	defer h.Close()
	source := h.Source(sourceConfig(t, c))
	if unbounded, err := source.Unbounded(t.Context()); err != nil || !unbounded {
		t.Fatalf("unbounded %t, %v", unbounded, err)
	}
	into := sinkConfigOf(t, config{URL: url, Table: "labelled"})
	sink, err := h.Sink(t.Context(), into)
	if err != nil {
		t.Fatal(err)
	}
	p, err := pipeline.New(pipeline.Config{
		Name: "changes", Source: host.NewFeed(source, host.Place{FS: disk.OS{}, Dir: filepath.Join(state, "feed")}), BatchRows: 500,
		Sinks:  []pipeline.NamedSink{{Name: "default", Sink: host.NewResumer(sink)}},
		Commit: pipeline.CommitCadence{Records: 2000, Interval: 200 * time.Millisecond}, Log: zerolog.New(zerolog.NewTestWriter(t)),
	})
	if err != nil {
		t.Fatal(err)
	}
	go meanwhile(p)
	if s, err := p.Run(t.Context()); !fault.Is(err, fault.RunInterrupted) {
		t.Fatal(err)
	} else if s.Plan.Guarantee != pipeline.ExactlyOnce {
		t.Errorf("delivery %s: %s", s.Plan.Guarantee, s.Plan.Reason)
	}
}
