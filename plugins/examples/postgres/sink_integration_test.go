//go:build integration

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/jackc/pgx/v5"

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
	config, err := json.Marshal(config{URL: url, Table: "labelled", Key: []string{"id"}})
	if err != nil {
		t.Fatal(err)
	}
	return host.SinkConfig{Program: plugintest.Program(t, "postgres", "1.0.0"), Config: config}
}

// TestConform holds the sink to the protocol's promises.
func TestConform(t *testing.T) {
	url, conn := database(t, "CREATE TABLE labelled (id bigint PRIMARY KEY, text text, label text, confidence real)")
	conform.Sink(t.Context(), plugintest.Host(t), sinkConfig(t, url), func(r conform.Result) {
		if r.Err != nil {
			t.Errorf("%s: %v", r.Promise, r.Err)
		}
	})
	var rows, distinct int
	if err := conn.QueryRow(t.Context(), "SELECT count(*), count(DISTINCT id) FROM labelled").Scan(&rows, &distinct); err != nil {
		t.Fatal(err)
	}
	fmt.Println(rows, distinct, errors.ErrUnsupported)
}
