package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// File is the database's name in its folder.
const File = "winnow.db"

// connections is how many may read at once.
const connections = 8

// Open opens the database in a folder, which it makes for this user alone.
func Open(ctx context.Context, dir string) (*sql.DB, error) {
	where := fault.Where{File: dir}
	dir, err := filepath.Abs(dir) // the file's address has no relative form
	if err != nil {
		return nil, fault.New(fault.ServerData, "find the data folder: %w", err).At(where)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fault.New(fault.ServerData, "make the data folder: %w", err).At(where)
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return nil, fault.New(fault.ServerData, "keep others out of the data folder: %w", err).At(where)
	}
	q := url.Values{"_txlock": {"immediate"}, "_pragma": {"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)"}}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: filepath.Join(dir, File), RawQuery: q.Encode()}).String())
	if err != nil {
		return nil, fault.New(fault.ServerData, "open the database: %w", err).At(where)
	}
	db.SetMaxOpenConns(connections)
	if err := db.PingContext(ctx); err != nil {
		_ = db.Close()
		return nil, fault.New(fault.ServerData, "open the database: %w", err).At(where)
	}
	return db, nil
}

// Migrate applies what of the migrations was not applied yet, in order; the table counts them. A database that a newer
// version has migrated is refused.
func Migrate(ctx context.Context, db *sql.DB, migrations fs.FS, table string) error {
	p, err := goose.NewProvider(goose.DialectSQLite3, db, migrations, goose.WithTableName(table), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	applied, known, err := p.GetVersions(ctx)
	if err != nil {
		return fault.New(fault.ServerData, "read the database's version: %w", err)
	}
	if applied > known {
		return fault.New(fault.StateNewer, "the database has version %d of %s, and this winnow knows up to %d", applied, table, known).
			WithFix("use the newer winnow with this folder")
	}
	if _, err := p.Up(ctx); err != nil {
		return fault.New(fault.ServerData, "bring the database up to date: %w", errors.Unwrap(err))
	}
	return nil
}
