package main

import (
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/winnow-stream/winnow/plugins/sdk"
)

// config is what plugin.yaml's schema allows.
type config struct {
	URL       string   `json:"url"`
	Password  string   `json:"password"`
	Table     string   `json:"table"`
	Query     string   `json:"query"`
	Key       []string `json:"key"`
	Columns   []string `json:"columns"`
	SplitKeys int64    `json:"split_keys"`
	Changes   *follow  `json:"changes,omitempty"`
}

// follow is how a table's changes are followed.
type follow struct {
	Column   string  `json:"column"`
	Poll     string  `json:"poll"` // durations, as Go writes them
	Lag      string  `json:"lag"`
	WaitsFor waiting `json:"waits_for"`
}

// waiting names the transactions that may still bring rows which belong before those that are seen.
type waiting string

const (
	writers      waiting = "writers"      // that have begun to write into the table
	transactions waiting = "transactions" // all in the database
)

// durationOf reads a duration of a configuration, or what stands for one that is left out.
func durationOf(text string, otherwise time.Duration) (time.Duration, error) {
	if text == "" {
		return otherwise, nil
	}
	return time.ParseDuration(text)
}

// configOf reads a task's configuration.
func configOf(t sdk.Task) (*config, error) {
	c := new(config)
	if err := t.Decode(c); err != nil {
		return nil, err
	}
	if _, err := c.options(); err != nil {
		return nil, err
	}
	return c, nil
}

// options are how the server is reached. An error does not repeat the address, which may hold a password.
func (c *config) options() (*pgx.ConnConfig, error) {
	o, err := pgx.ParseConfig(c.URL)
	if err != nil {
		return nil, errors.New("url is no address of a PostgreSQL, such as postgres://user@host:5432/database?sslmode=verify-full")
	}
	if c.Password != "" {
		o.Password = c.Password
	}
	return o, nil
}

// table is the table's name, quoted, and its schema's; "" where that is the first of the search path.
func (c *config) table() (schema, name string) {
	schema, name, found := strings.Cut(c.Table, ".")
	if !found {
		return "", c.Table
	}
	return schema, name
}

// quoted is a name, in a schema where there is one, as SQL takes it.
func quoted(schema, name string) string {
	if schema == "" {
		return pgx.Identifier{name}.Sanitize()
	}
	return pgx.Identifier{schema, name}.Sanitize()
}

// names are columns as a list in SQL, each with something before it.
func names(columns []string, before string) string {
	all := make([]string, len(columns))
	for i, c := range columns {
		all[i] = before + pgx.Identifier{c}.Sanitize()
	}
	return strings.Join(all, ", ")
}
