package table

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	_ "modernc.org/sqlite" // the driver

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Sink writes records as lines of JSON into the table rows of a database file, which processes may share.
type Sink struct {
	Path string

	db    *sql.DB
	scope string
	lines []string // since the last commit
	spans []*pipeline.Span
	owned map[string]int64 // the generation of each split that was taken over
}

var (
	_ pipeline.Sink     = (*Sink)(nil)
	_ pipeline.SpanSink = (*Sink)(nil)
	_ pipeline.Resumer  = (*Sink)(nil)
)

// Need asks for the records' columns.
func (s *Sink) Need(*pipeline.Layout) pipeline.Need { return pipeline.Need{Columns: true} }

// Open makes the tables where they are missing.
func (s *Sink) Open(ctx context.Context, o pipeline.SinkOpen) (err error) {
	if s.db == nil {
		if s.db, err = open(ctx, s.Path); err != nil {
			return err
		}
	}
	s.scope, s.lines, s.owned = o.Scope, nil, make(map[string]int64)
	return nil
}

func open(ctx context.Context, path string) (*sql.DB, error) {
	at := url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: "_txlock=immediate&_pragma=busy_timeout(10000)&_pragma=synchronous(off)"}
	db, err := sql.Open("sqlite", at.String())
	if err != nil {
		return nil, err
	}
	_, err = db.ExecContext(ctx, `
		CREATE TABLE IF NOT EXISTS rows (line TEXT NOT NULL);
		CREATE TABLE IF NOT EXISTS offsets (scope TEXT, split TEXT, next INTEGER, generation INTEGER, PRIMARY KEY (scope, split))`)
	return db, err
}

// Resume makes a new generation of the split.
func (s *Sink) Resume(ctx context.Context, split *pipeline.Split) (next int64, err error) {
	var generation int64
	err = s.db.QueryRowContext(ctx, `
		INSERT INTO offsets VALUES (?, ?, -1, 1)
		ON CONFLICT DO UPDATE SET generation = generation + 1 RETURNING next, generation`, s.scope, split.ID).Scan(&next, &generation)
	s.owned[split.ID] = generation
	return next, err
}

// Write keeps lines until the commit.
func (s *Sink) Write(_ context.Context, b *pipeline.Batch) error {
	for i := range b.Count() {
		row := i
		if b.Rows != nil {
			row = int(b.Rows[i])
		}
		line, err := lineOf(b.Record, row)
		if err != nil {
			return err
		}
		s.lines = append(s.lines, line)
	}
	return nil
}

// lineOf is a record without the runtime's own columns as a line of JSON.
func lineOf(record arrow.RecordBatch, row int) (string, error) {
	fields := make(map[string]any)
	for i, f := range record.Schema().Fields() {
		if !strings.HasPrefix(f.Name, "_") {
			fields[f.Name] = record.Column(i).GetOneForMarshal(row)
		}
	}
	line, err := json.Marshal(fields)
	return string(line) + "\n", err
}

// Cover notes what the next commit covers.
func (s *Sink) Cover(spans []*pipeline.Span) { s.spans = spans }

// Prepare has nothing to do: Commit does everything in one step.
func (s *Sink) Prepare(context.Context, int64) (pipeline.Receipt, error) {
	return pipeline.Receipt("{}"), nil
}

// Commit writes lines and offsets, unless another sink owns one of the splits.
func (s *Sink) Commit(ctx context.Context, _ pipeline.Receipt) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after the commit it does nothing
	for _, span := range s.spans {
		done, err := tx.ExecContext(ctx, `UPDATE offsets SET next = ? WHERE scope = ? AND split = ? AND generation = ?`,
			span.Next, s.scope, span.Split.ID, s.owned[span.Split.ID])
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, fault.New(fault.PluginFenced, "another process has taken over %s", span.Split.ID))
		}
	}
	for _, line := range s.lines {
		if _, err := tx.ExecContext(ctx, `INSERT INTO rows VALUES (?)`, line); err != nil {
			return fmt.Errorf("insert a line: %w", err)
		}
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	s.lines, s.spans = nil, nil
	return nil
}

// Abort forgets the lines.
func (s *Sink) Abort(context.Context) error {
	s.lines, s.spans = nil, nil
	return nil
}

// Close closes the database.
func (s *Sink) Close() error {
	if s.db == nil {
		return nil
	}
	return s.db.Close()
}

// Lose puts a database file back to an older copy, which lacks the last n lines of one split.
func Lose(ctx context.Context, path string, n int) (err error) {
	db, err := open(ctx, path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	_, err = db.ExecContext(ctx, `
		DELETE FROM rows WHERE rowid IN (SELECT rowid FROM rows ORDER BY rowid DESC LIMIT ?);
		UPDATE offsets SET next = max(next - ?, -1)`, n, n)
	return err
}

// Lines are the lines that a database file holds, in the order of their commits.
func Lines(ctx context.Context, path string) (lines []string, err error) {
	db, err := open(ctx, path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	rows, err := db.QueryContext(ctx, `SELECT line FROM rows ORDER BY rowid`)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // Err tells what went wrong
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			return nil, err
		}
		lines = append(lines, line)
	}
	return lines, rows.Err()
}
