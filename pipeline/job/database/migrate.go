package database

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Migrate applies what of the migrations was not applied yet, in order; the table counts them. Of several processes that
// do so at once, one does it and the others wait. A database that a newer version has migrated is refused.
func Migrate(ctx context.Context, db *DB, migrations fs.FS, table string) error {
	dialect := goose.DialectSQLite3
	options := []goose.ProviderOption{goose.WithTableName(table), goose.WithDisableGlobalRegistry(true)}
	if db.kind.numbered {
		dialect = goose.DialectPostgres
		locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 60)) // tried every second for a minute
		if err != nil {
			return fmt.Errorf("read migrations: %w", err)
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	p, err := goose.NewProvider(dialect, db.db, migrations, options...)
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	applied, known, err := p.GetVersions(ctx)
	if err != nil {
		return refused(db, "read the database's version", err)
	}
	if applied > known {
		return fault.New(fault.StateNewer, "the database has version %d of %s, and this winnow knows up to %d", applied, table, known).
			WithFix("use the newer winnow with this database")
	}
	for {
		_, err := p.Up(ctx)
		if err == nil {
			return nil
		}
		before := applied
		if applied, _, _ = p.GetVersions(ctx); applied > before { // SQLite has no lock for this: another process was first
			continue
		}
		if inner := errors.Unwrap(err); inner != nil {
			err = inner
		}
		return refused(db, "bring the database up to date", err)
	}
}

// refused is an error of a database that can't be brought up to date.
func refused(db *DB, what string, err error) error {
	if coded, ok := fault.As(db.kind.coded(err)); ok {
		return coded
	}
	if db.kind.numbered {
		return fault.New(fault.ServerDatabase, "%s: %w", what, err)
	}
	return fault.New(fault.ServerData, "%s: %w", what, err)
}
