package database

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
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

// ExecContext runs a statement.
func (d *DB) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	r, err := d.db.ExecContext(ctx, d.kind.text(query), d.kind.args(args)...)
	return r, d.kind.coded(err)
}

// QueryContext runs a statement that returns rows.
func (d *DB) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	rows, err := d.db.QueryContext(ctx, d.kind.text(query), d.kind.args(args)...)
	return rows, d.kind.coded(err)
}

// QueryRowContext runs a statement that returns one row at most.
func (d *DB) QueryRowContext(ctx context.Context, query string, args ...any) *Row {
	return &Row{row: d.db.QueryRowContext(ctx, d.kind.text(query), d.kind.args(args)...), kind: &d.kind}
}

// Conflict tells whether an error says that a row would have stood beside another one that excludes it.
func (d *DB) Conflict(err error) bool { return err != nil && d.kind.conflict(err) }

// Together runs statements that take effect all or not at all.
func (d *DB) Together(ctx context.Context, do func(*Tx) error) error {
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
	return &Row{row: t.tx.QueryRowContext(ctx, t.kind.text(query), t.kind.args(args)...), kind: t.kind}
}

// Row is what a statement returned.
type Row struct {
	row  *sql.Row
	kind *kind
}

// Scan reads the row's columns. Where there is none, the error is sql.ErrNoRows.
func (r *Row) Scan(to ...any) error { return r.kind.coded(r.row.Scan(to...)) }
