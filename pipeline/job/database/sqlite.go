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
	if err := codedBySQLite(reserve(ctx, db)); err != nil && !fault.Is(err, fault.StorageFull) { // there may be room from before
		_ = db.Close()
		if _, ok := fault.As(err); ok {
			return nil, err
		}
		return nil, fault.New(fault.ServerData, "write to the database: %w", err).At(where)
	}
	return &DB{db: db, kind: kind{conflict: conflictInSQLite, coded: codedBySQLite, relieve: relieveSQLite}}, nil
}

// reserve makes room in the database's files, so that the state of what is there can be written on a full disk, too: a job
// that has filled it can be cancelled, and deleted. What is deleted leaves free pages, and a log as long as they were.
func reserve(ctx context.Context, db *sql.DB) error {
	for _, statement := range []string{
		"CREATE TABLE IF NOT EXISTS reserve (room BLOB NOT NULL)", "INSERT INTO reserve VALUES (zeroblob(262144))", "DELETE FROM reserve",
		"PRAGMA wal_checkpoint(PASSIVE)",
	} {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

func conflictInSQLite(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && (e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || e.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY)
}

// relieveSQLite moves what is in the log to its place in the database, so that the log is written from its beginning again
// and need not grow.
func relieveSQLite(ctx context.Context, db *sql.DB) error {
	var busy, length, moved int64
	if err := db.QueryRowContext(ctx, "PRAGMA wal_checkpoint(RESTART)").Scan(&busy, &length, &moved); err != nil {
		return err
	}
	if busy != 0 {
		return errors.New("the database is in use")
	}
	return nil
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
