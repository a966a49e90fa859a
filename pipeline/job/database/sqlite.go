package database

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"os"
	"path/filepath"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// File is the name of the SQLite database in its folder.
const File = "winnow.db"

// connections is how many statements may run at once.
const connections = 8

// Open opens the SQLite database in a folder, which it makes for this user alone.
func Open(ctx context.Context, dir string) (*DB, error) {
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
	return &DB{db: db, kind: kind{conflict: conflictInSQLite, coded: codedBySQLite}}, nil
}

func conflictInSQLite(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && (e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || e.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY)
}

// codedBySQLite decides which errors of the file pass.
func codedBySQLite(err error) error {
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return err
	}
	switch e.Code() & 0xff { // the rest says more of the same
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED: // another process writes, for longer than anybody waits
		return fault.New(fault.StoreUnavailable, "another process holds the database: %w", err)
	case sqlite3.SQLITE_FULL:
		return fault.New(fault.StorageFull, "the database can't grow: %w", err)
	default:
		return err
	}
}
