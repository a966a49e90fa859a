package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// column is a column of a table.
type column struct {
	Name string
	// Given tells that the table fills it in by itself: by a default, an identity or an expression.
	Given bool
}

// columnsOf are the columns of the table, and the schema that it lies in.
func columnsOf(ctx context.Context, conn *pgx.Conn, schema, table string) (columns []column, found string, err error) {
	rows, _ := conn.Query(ctx, `
		SELECT n.nspname, a.attname, a.atthasdef OR a.attidentity <> ''
		FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE c.oid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`, quoted(schema, table))
	var c column
	_, err = pgx.ForEachRow(rows, []any{&found, &c.Name, &c.Given}, func() error {
		columns = append(columns, c)
		return nil
	})
	if err == nil && len(columns) == 0 {
		err = fault.New(fault.PluginFailed, "there is no table %s", quoted(schema, table)).WithFix("create it, and give the role its rights")
	} else {
		err = coded(conn, err)
	}
	return columns, found, err
}

// written are those columns of a table that records are written into: the ones that the configuration names; else those that
// records have, and where their fields are not known before they come, every one that the table does not fill in by itself.
func (c *config) written(table []column, in *pipeline.Layout, known []string) ([]string, error) {
	has := func(name string) bool {
		return slices.ContainsFunc(table, func(c column) bool { return c.Name == name })
	}
	for _, name := range slices.Concat(c.Columns, c.Key) {
		if !has(name) {
			return nil, fault.New(fault.PluginFailed, "the table %s has no column %q", c.Table, name)
		}
	}
	if len(c.Columns) > 0 {
		return c.complete(c.Columns)
	}
	var columns []string
	for _, column := range table {
		if slices.Contains(known, column.Name) || in.Open && !column.Given {
			columns = append(columns, column.Name)
		}
	}
	if len(columns) == 0 {
		return nil, fault.New(fault.PluginFailed, "the table %s has none of the records' columns: %v", c.Table, known)
	}
	return c.complete(columns)
}

// complete sees to it that the key is among the columns.
func (c *config) complete(columns []string) ([]string, error) {
	for _, k := range c.Key {
		if !slices.Contains(columns, k) {
			return nil, fault.New(fault.PluginFailed, "the key %q is no column that is written: %v", k, columns)
		}
	}
	return columns, nil
}

// upsert is the statement that takes the staged rows over into the table. Of rows with the same key the last one counts. Keys are
// written in their order, so that two processes don't wait for each other in a circle.
func (c *config) upsert(table string, columns []string) string {
	list := names(columns, "")
	if len(c.Key) == 0 {
		return fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM pg_temp.winnow_staged ORDER BY winnow_row", table, list, list)
	}
	key := names(c.Key, "")
	then := "DO NOTHING"
	var rest []string
	for _, column := range columns {
		if !slices.Contains(c.Key, column) {
			rest = append(rest, column)
		}
	}
	if len(rest) > 0 {
		then = fmt.Sprintf("DO UPDATE SET (%s) = ROW(%s)", names(rest, ""), names(rest, "EXCLUDED."))
	}
	return fmt.Sprintf("INSERT INTO %s (%s) SELECT DISTINCT ON (%s) %s FROM pg_temp.winnow_staged ORDER BY %s, winnow_row DESC ON CONFLICT (%s) %s",
		table, list, key, list, key, key, then)
}
