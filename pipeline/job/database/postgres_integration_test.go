//go:build integration

package database_test

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/job/database"
	"github.com/winnow-stream/winnow/test/backing"
)

// TestUnreachable has addresses of databases that can't be used. Each error says what is wrong, and none the password.
func TestUnreachable(t *testing.T) {
	address := backing.Postgres(t)
	backing.SQL(t, address, "CREATE ROLE reader LOGIN PASSWORD 'canary-7291'", "REVOKE CREATE ON SCHEMA public FROM PUBLIC")
	with := func(change func(u *url.URL)) string {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		u.User = url.UserPassword("reader", "canary-7291")
		change(u)
		return u.String()
	}
	for _, c := range []struct{ name, address, want, fix string }{
		{"no address", "postgres://reader:canary-7291@host:port/x", "the setting is no address of a PostgreSQL database", "write it as"},
		{"no host", with(func(u *url.URL) { u.Host = "nowhere.invalid:5432" }), `there is no host "nowhere.invalid"`, "check the host"},
		{"nobody there", with(func(u *url.URL) { u.Host = "127.0.0.1:1" }), "no PostgreSQL answers at 127.0.0.1:1: ", "start it"},
		{"wrong password", with(func(u *url.URL) { u.User = url.UserPassword("reader", "canary-7291x") }), `refuses the login of "reader": password authentication failed`, "pg_hba.conf"},
		{"no database", with(func(u *url.URL) { u.Path = "/none" }), `has no database "none"`, "CREATE DATABASE none OWNER reader"},
		{"no TLS", with(func(u *url.URL) { u.RawQuery = "sslmode=require" }), "no PostgreSQL answers at", "check host and port"},
		{"no rights", with(func(*url.URL) {}), "lets the user not do this: permission denied for schema public", "GRANT CREATE"},
	} {
		err := attempt(t, c.address)
		e, ok := fault.As(err)
		if !ok || e.Code != fault.ServerDatabase || !strings.Contains(e.What, c.want) || !strings.Contains(e.Remedy(), c.fix) {
			t.Errorf("%s: %v", c.name, err)
		}
		if strings.Contains(err.Error()+e.Remedy(), "canary") {
			t.Errorf("%s: the error has the password: %v", c.name, err)
		}
	}
}

// attempt connects and makes a table.
func attempt(t *testing.T, address string) error {
	db, err := database.Postgres(t.Context(), address)
	if err != nil {
		return err
	}
	defer db.Close()
	return database.Migrate(t.Context(), db, first, "word_migrations")
}

// TestLost ends a connection while it is used: what comes then is an error that passes, and the next statement goes through.
func TestLost(t *testing.T) {
	address := backing.Postgres(t)
	db, err := database.Postgres(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	backing.SQL(t, address, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'winnow' AND datname = current_database()")
	var one int
	err = db.QueryRowContext(t.Context(), "SELECT 1").Scan(&one)
	if err != nil && !fault.Is(err, fault.StoreUnavailable) { // database/sql may have tried again by itself
		t.Errorf("a connection that was ended: %v", err)
	}
	if err := db.QueryRowContext(t.Context(), "SELECT 1").Scan(&one); err != nil || one != 1 {
		t.Errorf("after that: %d, %v", one, err)
	}
	err = db.Together(t.Context(), func(tx *database.Tx) error {
		_, err := tx.ExecContext(context.WithoutCancel(t.Context()), "SELECT pg_terminate_backend(pg_backend_pid())")
		return err
	})
	if !fault.Is(err, fault.StoreUnavailable) {
		t.Errorf("a connection that ended within: %v", err)
	}
}
