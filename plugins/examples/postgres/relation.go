package main

import (
	"context"
	"errors"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/jackc/pgx/v5"

	"github.com/winnow-stream/winnow/pipeline"
)

// relation is what is read, and its columns.
type relation struct {
	cfg     *config
	from    string     // in SQL, as r
	columns []selected // nil before look
}

// connect makes a session that can't change anything.
func (r *relation) connect(ctx context.Context) (*pgx.Conn, error) {
	conn, err := session(ctx, r.cfg)
	if err != nil {
		return nil, err
	}
	if _, err := conn.Exec(ctx, "SET default_transaction_read_only = on"); err != nil {
		return nil, errors.Join(coded(conn, err), conn.Close(ctx))
	}
	return conn, nil
}

// ask asks something in a session of its own.
func (r *relation) ask(ctx context.Context, ask func(*pgx.Conn) error) error {
	conn, err := r.connect(ctx)
	if err != nil {
		return err
	}
	return errors.Join(coded(conn, ask(conn)), conn.Close(ctx))
}

// look looks at the columns, and has identify look at them, those that are not read among them.
func (r *relation) look(ctx context.Context, identify func(context.Context, *pgx.Conn) error) (*pipeline.Layout, error) {
	layout := &pipeline.Layout{Format: "postgres"}
	err := r.ask(ctx, func(conn *pgx.Conn) (err error) {
		if r.columns, layout.Notes, err = selection(ctx, conn, r.from); err != nil {
			return err
		}
		return identify(ctx, conn)
	})
	if err != nil {
		return nil, err
	}
	if wanted := r.cfg.Columns; len(wanted) > 0 {
		r.columns = slices.DeleteFunc(r.columns, func(c selected) bool { return !slices.Contains(wanted, c.field.Name) })
	}
	var fields []arrow.Field
	for _, c := range r.columns {
		fields = append(fields, c.field)
	}
	layout.Schema = arrow.NewSchema(fields, nil)
	return layout, nil
}

// typeOf is the type of a column; arrow.NULL where there is none.
func (r *relation) typeOf(name string) arrow.Type {
	at := slices.IndexFunc(r.columns, func(c selected) bool { return c.field.Name == name })
	if at < 0 {
		return arrow.NULL
	}
	return r.columns[at].field.Type.ID()
}
