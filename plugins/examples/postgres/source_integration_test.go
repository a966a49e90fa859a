//go:build integration

package main

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/plugins/conform"
	"github.com/winnow-stream/winnow/plugins/host"
	"github.com/winnow-stream/winnow/plugins/plugintest"
)

// everyType is a table with a column of each type that has one of its own, and of some that have not.
const everyType = `CREATE TABLE types (
	id int PRIMARY KEY, yes boolean, small smallint, big bigint, ratio real, word text, fixed char(3), bytes bytea, day date,
	moment timestamp, instant timestamptz, tree jsonb, list text[], price numeric(10, 2), uuid uuid, _hidden int)`

func hostSource(t *testing.T, c config) *host.Source {
	t.Helper()
	return plugintest.Host(t).Source(sourceConfig(t, c))
}

func sourceConfig(t *testing.T, c config) host.SourceConfig {
	t.Helper()
	encoded, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	return host.SourceConfig{Program: plugintest.Program(t, "postgres", "1.0.0"), Config: encoded}
}

// TestSourceConforms holds the source to the protocol's promises, over a table with gaps and over a query.
func TestSourceConforms(t *testing.T) {
	url, _ := database(t, everyType, `INSERT INTO types (id, word, small) SELECT i * 3, 'word ' || i, i FROM generate_series(2, 90) AS i`)
	for _, c := range []config{
		{URL: url, Table: "types", Key: []string{"id"}, SplitKeys: 50},
		{URL: url, Query: "SELECT id, upper(word) AS word FROM types WHERE id % 2 = 0", Key: []string{"id"}, SplitKeys: 100},
	} {
		conform.Source(t.Context(), plugintest.Host(t), sourceConfig(t, c), func(r conform.Result) {
			if r.Err != nil {
				t.Errorf("%s: %v", r.Promise, r.Err)
			}
		})
	}
}

// TestTypes reads a row of every type, one of nulls, and one that is at fault.
func TestTypes(t *testing.T) {
	url, _ := database(t, everyType, `INSERT INTO types VALUES
		(1, true, -2, 9007199254740993, 0.5, 'naïve', 'ab', '\x00ff', '2026-11-28', '2026-11-28 05:06:07.000008', '2026-11-28 07:06:07+02',
		 '{"a": [1]}', '{x,NULL}', 12.30, '00000000-0000-0000-0000-00000000002a', 7)`, "INSERT INTO types (id, moment) VALUES (2, NULL), (5, 'infinity')")
	s := hostSource(t, config{URL: url, Table: "types", Key: []string{"id"}})
	layout, err := s.Layout(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"the column _hidden is left out: its name begins with an underscore"}, layout.Notes); diff != "" {
		t.Error(diff)
	}
	splits, err := s.Splits(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Open(t.Context(), splits[0], pipeline.Position{Offset: splits[0].Start, Byte: -1}, pipeline.Projection{
		Columns: layout.Schema.Fields(), Rows: 10, Bytes: 1 << 20, MaxRecord: 1 << 20, Alloc: memory.DefaultAllocator,
	})
	if err != nil {
		t.Fatal(err)
	}
	b, err := r.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for row := range b.Len() {
		var values []string
		for _, c := range b.Record.Columns() {
			values = append(values, c.ValueStr(row))
		}
		rows = append(rows, strings.Join(values, " "))
	}
	want := []string{
		`1 1 true -2 9007199254740993 0.5 naïve ab AP8= 2026-11-28 2026-11-28T05:06:07.000008 2026-11-28T05:06:07Z {"a": [1]} ["x", null] 12.30 00000000-0000-0000-0000-00000000002a`,
		"2 2" + strings.Repeat(" (null)", 14),
		"5 5" + strings.Repeat(" (null)", 14),
	}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Error(diff)
	}
	if len(b.Faults) != 1 || b.Faults[0].Row != 2 || b.Faults[0].Err.Error() != "record.type: plugin postgres: moment: an infinite time can't be told" {
		t.Errorf("faults %v", b.Faults)
	}
	if _, err := r.Next(t.Context()); !errors.Is(err, io.EOF) {
		t.Error(err)
	}
}

// TestSourceRefuses has one case for each table that can't be read in an order.
func TestSourceRefuses(t *testing.T) {
	url, _ := database(t, "CREATE TABLE plain (id int, word text, n int NOT NULL)", "CREATE UNIQUE INDEX ON plain (id)",
		"CREATE TABLE wide (id bigint PRIMARY KEY)", "INSERT INTO wide VALUES (1), (4000000000)",
		"CREATE TABLE below (id int PRIMARY KEY)", "INSERT INTO below VALUES (-1)")
	for _, c := range []struct {
		config
		want string
	}{
		{config{Table: "plain"}, "a source needs one column as its key"},
		{config{Table: "plain", Query: "SELECT 1", Key: []string{"id"}}, "a source needs a table, or a query"},
		{config{Table: "gone", Key: []string{"id"}}, `relation "gone" does not exist`},
		{config{Table: "plain", Key: []string{"word"}}, "the key word is no column of integers"},
		{config{Table: "plain", Key: []string{"id"}}, "the key id has no unique index of its own, or may be null: rows could be missed"},
		{config{Table: "plain", Key: []string{"n"}}, "the key n has no unique index of its own, or may be null: rows could be missed"},
		{config{Table: "wide", Key: []string{"id"}}, "the keys from 1 to 4000000000 are 40001 ranges of 100000, and at most 10000 are read: raise split_keys"},
		{config{Table: "below", Key: []string{"id"}}, "the key id is -1 somewhere: an offset is not below 0. Read a query that adds to it"},
	} {
		c.URL = url
		s := hostSource(t, c.config)
		_, err := s.Layout(t.Context())
		if err == nil {
			_, err = s.Splits(t.Context())
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v", c.config, err)
		}
	}
}
