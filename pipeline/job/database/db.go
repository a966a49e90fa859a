package database

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// DB is a database of either kind. It is safe for concurrent use; whoever opened it closes it.
type DB struct {
	db   *sql.DB
	kind kind
}

// kind is what differs between databases.
type kind struct {
	numbered bool              // parameters are $1, $2, …
	picky    bool              // texts are UTF-8 without NUL
	conflict func(error) bool  // whether a row would have stood beside another one that excludes it
	coded    func(error) error // what the database says, with a code where it has one
	// relieve makes room in the database's own files, where the disk has none; nil: it can't.
	relieve func(context.Context, *sql.DB) error
}

// text is a statement as the database reads it.
func (k *kind) text(query string) string {
	if !k.numbered {
		return query
	}
	var b strings.Builder
	for n := 1; ; n++ {
		before, after, found := strings.Cut(query, "?")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		b.WriteString("$" + strconv.Itoa(n))
		query = after
	}
}

// args are a statement's arguments as the database takes them. Clients ask for ids that it could not hold: those are none that
// there are, like any other that nobody has given out.
func (k *kind) args(args []any) []any {
	if !k.picky {
		return args
	}
	for i, a := range args {
		if text, ok := a.(string); ok && (strings.IndexByte(text, 0) >= 0 || !utf8.ValidString(text)) {
			args[i] = strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", "\uFFFD"), "\uFFFD")
		}
	}
	return args
}

// Close closes the database.
func (d *DB) Close() error { return d.db.Close() }

// write does something that writes: once more, where the disk is full and there is room in the database's own files.
func (d *DB) write(ctx context.Context, do func() error) error {
	err := do()
	if d.kind.relieve == nil || !fault.Is(err, fault.StorageFull) || d.kind.relieve(ctx, d.db) != nil {
		return err
	}
	return do()
}

// ExecContext runs a statement.
func (d *DB) ExecContext(ctx context.Context, query string, args ...any) (r sql.Result, err error) {
	err = d.write(ctx, func() error {
		r, err = d.db.ExecContext(ctx, d.kind.text(query), d.kind.args(args)...)
		return d.kind.coded(err)
	})
	return r, err
}

// Scanner is a row that was returned.
type Scanner interface {
	// Scan reads the row's columns.
	Scan(to ...any) error
}

var _ Scanner = (*Row)(nil)

// All runs a statement that returns rows, and scans every one of them. What it scanned is kept: scan makes each anew.
func All[T any](ctx context.Context, d *DB, scan func(Scanner) (T, error), query string, args ...any) ([]T, error) {
	rows, err := d.db.QueryContext(ctx, d.kind.text(query), d.kind.args(args)...)
	if err != nil {
		return nil, d.kind.coded(err)
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, d.kind.coded(err)
		}
		all = append(all, one)
	}
	if err := rows.Err(); err != nil { // a connection may be lost between rows
		return nil, d.kind.coded(err)
	}
	return all, nil
}

// QueryRowContext runs a statement that returns one row at most.
func (d *DB) QueryRowContext(ctx context.Context, query string, args ...any) *Row {
	row := d.db.QueryRowContext(ctx, d.kind.text(query), d.kind.args(args)...)
	return &Row{scan: func(to ...any) error {
		return d.write(ctx, func() error {
			if row == nil {
				row = d.db.QueryRowContext(ctx, d.kind.text(query), d.kind.args(args)...)
			}
			err := row.Scan(to...)
			row = nil // it was read
			return d.kind.coded(err)
		})
	}}
}

// Conflict tells whether an error says that a row would have stood beside another one that excludes it.
func (d *DB) Conflict(err error) bool { return err != nil && d.kind.conflict(err) }

// Together runs statements that take effect all or not at all. Where a full disk stood in the way, it may do so twice.
func (d *DB) Together(ctx context.Context, do func(*Tx) error) error {
	return d.write(ctx, func() error { return d.together(ctx, do) })
}

func (d *DB) together(ctx context.Context, do func(*Tx) error) error {
	tx, err := d.db.BeginTx(ctx, nil)
	if err != nil {
		return d.kind.coded(err)
	}
	defer func() { _ = tx.Rollback() }() // after the commit it says so, and does nothing
	if err := do(&Tx{tx: tx, kind: &d.kind}); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return d.kind.coded(fmt.Errorf("commit: %w", err))
	}
	return nil
}

// Tx runs statements of one transaction. Use it from one goroutine.
type Tx struct {
	tx   *sql.Tx
	kind *kind
}

// ExecContext runs a statement.
func (t *Tx) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	r, err := t.tx.ExecContext(ctx, t.kind.text(query), t.kind.args(args)...)
	return r, t.kind.coded(err)
}

// QueryRowContext runs a statement that returns one row at most.
func (t *Tx) QueryRowContext(ctx context.Context, query string, args ...any) *Row {
	row := t.tx.QueryRowContext(ctx, t.kind.text(query), t.kind.args(args)...)
	return &Row{scan: func(to ...any) error { return t.kind.coded(row.Scan(to...)) }}
}

// Row is what a statement returned.
type Row struct{ scan func(to ...any) error }

// Scan reads the row's columns. Where there is none, the error is sql.ErrNoRows.
func (r *Row) Scan(to ...any) error { return r.scan(to...) }
