//go:build integration

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
	"github.com/winnow-stream/winnow/plugins/conform"
	"github.com/winnow-stream/winnow/plugins/host"
	"github.com/winnow-stream/winnow/plugins/plugintest"
	"github.com/winnow-stream/winnow/plugins/proto"
	"github.com/winnow-stream/winnow/test/backing"
)

func TestMain(m *testing.M) {
	if os.Getenv(proto.CookieKey) != "" {
		main()
		os.Exit(0)
	}
	os.Exit(backing.Main(m).Run())
}

// database is a new database with the tables that statements make.
func database(t *testing.T, statements ...string) (url string, conn *pgx.Conn) {
	t.Helper()
	url = backing.Postgres(t)
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	for _, s := range statements {
		if _, err := conn.Exec(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	return url, conn
}

// newHostSink starts the plugin as a sink into the table labelled, with its key id.
func newHostSink(t *testing.T, url string) *host.Resumer {
	t.Helper()
	s, err := plugintest.Host(t).Sink(t.Context(), sinkConfig(t, url))
	if err != nil {
		t.Fatal(err)
	}
	return host.NewResumer(s)
}

func sinkConfig(t *testing.T, url string) host.SinkConfig {
	return sinkConfigOf(t, config{URL: url, Table: "labelled", Key: []string{"id"}})
}

func sinkConfigOf(t *testing.T, c config) host.SinkConfig {
	t.Helper()
	encoded, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	return host.SinkConfig{Program: plugintest.Program(t, "postgres", "1.0.0"), Config: encoded}
}

// TestConform holds the sink to the protocol's promises.
func TestConform(t *testing.T) {
	url, conn := database(t, "CREATE TABLE labelled (id bigint PRIMARY KEY, text text, label text, confidence real)")
	conform.Sink(t.Context(), plugintest.Host(t), sinkConfig(t, url), func(r conform.Result) {
		if r.Err != nil {
			t.Errorf("%s: %v", r.Promise, r.Err)
		}
	})
	if rows, keys := count(t, conn, "labelled"); rows < 8000 || rows != keys {
		t.Errorf("%d rows with %d keys", rows, keys)
	}
}

// count counts the rows of a table, and how many ids they have.
func count(t *testing.T, conn *pgx.Conn, table string) (rows, ids int) {
	t.Helper()
	if err := conn.QueryRow(t.Context(), "SELECT count(*), count(DISTINCT id) FROM "+table).Scan(&rows, &ids); err != nil {
		t.Fatal(err)
	}
	return rows, ids
}

// TestUpsert writes a table twice, the second time with half of the keys: rows take the place of others, also of those that came
// with the same commit, and a column that records don't have stays as it is.
func TestUpsert(t *testing.T) {
	url, conn := database(t, `CREATE TABLE labelled (id bigint PRIMARY KEY, text text, seen timestamptz NOT NULL DEFAULT now(), note text)`,
		`INSERT INTO labelled (id, note) VALUES (3, 'mine'), (99, 'not mine')`)
	s := newHostSink(t, url)
	if err := s.Open(t.Context(), sinkOpen); err != nil {
		t.Fatal(err)
	}
	for epoch, texts := range [][]string{{"a", "b", "c", "d", "d again"}, {"", "B"}} {
		first := int64(10 * epoch)
		b := batch(first, texts, func(i int) int64 { return int64(min(i, 3)) })
		if err := errors.Join(s.Write(t.Context(), b), commit(t, s, first, first+int64(len(texts)))); err != nil {
			t.Fatal(err)
		}
	}
	rows, _ := conn.Query(t.Context(), "SELECT concat_ws(' ', id, text, note) FROM labelled ORDER BY id")
	got, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"0 ", "1 B", "2 c", "3 d again mine", "99 not mine"}, got); diff != "" {
		t.Error(diff)
	}
}

// TestRefused refuses by itself what the table does not take.
func TestRefused(t *testing.T) {
	url, conn := database(t, `CREATE TABLE labelled (id smallint PRIMARY KEY, text text NOT NULL CHECK (text <> 'bad'))`)
	s := newHostSink(t, url)
	if err := s.Open(t.Context(), sinkOpen); err != nil {
		t.Fatal(err)
	}
	ids := []int64{1, 2, 70000, 4, 5, 6}
	err := s.Write(t.Context(), batch(0, []string{"a", "bad", "c", "d", "nul \x00", "f"}, func(i int) int64 { return ids[i] }))
	var refused *pipeline.RowErrors
	if !errors.As(err, &refused) {
		t.Fatal(err)
	}
	var got []string
	for _, f := range refused.Rows {
		got = append(got, fmt.Sprint(f.Row, " ", f.Err))
	}
	const table = "record.type: plugin postgres: the table does not take it: "
	want := []string{
		"1 " + table + `new row for relation "winnow_staged" violates check constraint "labelled_text_check"`,
		"2 " + table + `value "70000" is out of range for type smallint`,
		"4 " + table + "unsupported Unicode escape sequence",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if err := commit(t, s, 0, 6); err != nil {
		t.Fatal(err)
	}
	if rows, _ := count(t, conn, "labelled"); rows != 3 {
		t.Errorf("%d rows", rows)
	}
}

// TestLostSessions has the server end the sink's sessions, again and again, under a stream and under a bounded input: each record is
// in the table once.
func TestLostSessions(t *testing.T) {
	for _, streamed := range []bool{true, false} {
		t.Run(fmt.Sprint("streamed=", streamed), func(t *testing.T) {
			url, conn := database(t, "CREATE TABLE labelled (id text, text text)")
			c := sinkConfig(t, url)
			c.Config = fmt.Appendf(nil, `{"url": %q, "table": "labelled"}`, url)
			sink, err := plugintest.Host(t).Sink(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			stream := pipelinetest.NewMemStream(3, 4000)
			stream.Level, stream.NoRaw = pipeline.AtLeastOnce, true
			stream.Script = pipelinetest.Slow("next", time.Millisecond)
			cfg := pipeline.Config{
				Source: stream, Sinks: []pipeline.NamedSink{{Name: "default", Sink: host.NewResumer(sink)}}, BatchRows: 20,
				Commit: pipeline.CommitCadence{Records: 500}, Log: zerolog.New(zerolog.NewTestWriter(t)),
			}
			if !streamed {
				cfg.Source, cfg.State = stream.MemSource, t.TempDir()
			}
			p, err := pipeline.New(cfg)
			if err != nil {
				t.Fatal(err)
			}
			done := make(chan error, 1)
			go func() {
				_, err := p.Run(t.Context())
				done <- err
			}()
			ended := 0
			for running, last := true, 0; running; {
				select {
				case err := <-done:
					if running = false; err != nil {
						t.Fatal(err)
					}
				case <-time.After(10 * time.Millisecond):
					rows, _ := count(t, conn, "labelled")
					if rows < last+2000 {
						continue
					}
					last = rows
					var n int
					err := conn.QueryRow(t.Context(), `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
						WHERE application_name = 'winnow' AND datname = current_database()`).Scan(&n)
					if err != nil {
						t.Fatal(err)
					}
					ended += n
				}
			}
			if rows, ids := count(t, conn, "labelled"); ended == 0 || rows != 12000 || ids != 12000 {
				t.Errorf("%d rows with %d ids after %d sessions", rows, ids, ended)
			}
		})
	}
}

var sinkOpen = pipeline.SinkOpen{
	Pipeline: "p", RunID: "r", Scope: "p/default", Stream: true, Rows: -1, Alloc: memory.DefaultAllocator,
	Input: &pipeline.Layout{Format: "test", Schema: arrow.NewSchema([]arrow.Field{
		{Name: "id", Type: arrow.PrimitiveTypes.Int64, Nullable: true}, {Name: "text", Type: arrow.BinaryTypes.String, Nullable: true},
	}, nil)},
}

// batch is a batch of the split in/0.
func batch(first int64, texts []string, id func(i int) int64) *pipeline.Batch {
	fields := append([]arrow.Field{{Name: pipeline.ColOffset, Type: arrow.PrimitiveTypes.Int64}}, sinkOpen.Input.Schema.Fields()...)
	build := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema(fields, nil))
	defer build.Release()
	for i, text := range texts {
		build.Field(0).(*array.Int64Builder).Append(first + int64(i))
		build.Field(1).(*array.Int64Builder).Append(id(i))
		build.Field(2).(*array.StringBuilder).Append(text)
	}
	return &pipeline.Batch{
		Split: &pipeline.Split{ID: "in/0", End: -1}, First: first, Next: pipeline.Position{Offset: first + int64(len(texts)), Byte: -1},
		Record: build.NewRecordBatch(),
	}
}

// commit commits a part of the split in/0.
func commit(t *testing.T, s *host.Resumer, first, next int64) error {
	s.Cover([]*pipeline.Span{{Split: &pipeline.Split{ID: "in/0", End: -1}, First: first, Next: next}})
	_, err := s.Prepare(t.Context(), 1)
	return err
}
