package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/plugins/sdk"
)

// sink writes records into a table. Write puts them into a temporary table of the session, which looks like the table, so that a
// record that it does not take is refused at once and by itself. Prepare takes them over into the table, in one transaction with the
// offsets, and Commit ends that.
type sink struct {
	cfg *config

	conn    *pgx.Conn // nil between a failure and the next call
	open    pipeline.SinkOpen
	offsets *offsets
	columns []string // that are written
	stage   string   // the statement of Write
	upsert  string   // and that of Prepare
	spans   []*pipeline.Span
	tx      pgx.Tx // between Prepare and Commit; else nil
	staged  bool   // the temporary table holds records
}

var (
	_ pipeline.Sink     = (*sink)(nil)
	_ pipeline.SpanSink = (*sink)(nil)
	_ pipeline.Resumer  = (*sink)(nil)
	_ pipeline.Sealer   = (*sink)(nil)
)

// newSink makes the sink of a configuration. It touches nothing outside yet.
func newSink(_ context.Context, t sdk.Task) (sdk.Sink, error) {
	c, err := configOf(t)
	if err != nil {
		return nil, err
	}
	if c.Table == "" {
		return nil, errors.New("a sink needs a table")
	}
	return &sink{cfg: c}, nil
}

// Need asks for records as they came beside their columns.
func (s *sink) Need(*pipeline.Layout) pipeline.Need { return pipeline.Need{Columns: true, Raw: true} }

// Open connects, and looks at the table.
func (s *sink) Open(ctx context.Context, o pipeline.SinkOpen) error {
	if o.Scope == "" {
		return errors.New("this winnow does not let a sink keep offsets: take a newer one")
	}
	s.open = o
	s.drop()
	return s.connect(ctx)
}

// connect makes a session in which nothing is staged yet, unless there is one.
func (s *sink) connect(ctx context.Context) error {
	if s.conn != nil {
		return nil
	}
	conn, err := session(ctx, s.cfg)
	if err != nil {
		return err
	}
	if err := s.prepareSession(ctx, conn); err != nil {
		_ = conn.Close(ctx) // the error says more
		return err
	}
	s.conn = conn
	return nil
}

func (s *sink) prepareSession(ctx context.Context, conn *pgx.Conn) error {
	schema, name := s.cfg.table()
	all, schema, err := columnsOf(ctx, conn, schema, name)
	if err != nil {
		return err
	}
	if s.columns, err = s.cfg.written(all, s.open.Input, known(s.open.Input, s.open.Result)); err != nil {
		return err
	}
	if s.offsets, err = newOffsets(ctx, conn, schema, s.open.Scope); err != nil {
		return err
	}
	table := quoted(schema, name)
	statements := []string{"CREATE TEMPORARY TABLE winnow_staged (LIKE " + table + " INCLUDING CONSTRAINTS)"}
	for _, c := range all {
		if !slices.Contains(s.columns, c.Name) {
			statements = append(statements, "ALTER TABLE pg_temp.winnow_staged DROP COLUMN "+quoted("", c.Name)+" CASCADE")
		}
	}
	statements = append(statements, "ALTER TABLE pg_temp.winnow_staged ADD COLUMN winnow_row bigint GENERATED ALWAYS AS IDENTITY")
	if _, err := conn.Exec(ctx, strings.Join(statements, "; ")); err != nil {
		return coded(conn, err)
	}
	s.stage = fmt.Sprintf(`INSERT INTO pg_temp.winnow_staged (%s) SELECT %s
		FROM unnest($1::text[]) WITH ORDINALITY AS came (record, row), jsonb_populate_record(NULL::%s, came.record::jsonb) AS r
		ORDER BY came.row`,
		names(s.columns, ""), names(s.columns, "r."), table)
	s.upsert = s.cfg.upsert(table, s.columns)
	return nil
}

// failed is the error of a statement. With the connection what is staged is lost, so that the pipeline has to go back.
func (s *sink) failed(err error) error {
	if err == nil || s.conn == nil {
		return err
	}
	err = coded(s.conn, err)
	if s.conn.IsClosed() {
		lost := s.staged
		s.drop()
		if lost {
			return &pipeline.EpochError{Err: err}
		}
	}
	return err
}

// drop gives up the session, and everything in it.
func (s *sink) drop() {
	if s.conn != nil {
		_ = hangUp(s.conn) // nothing is in it that counts
	}
	s.conn, s.tx, s.staged, s.spans = nil, nil, false, nil
}

// Resume takes a split over.
func (s *sink) Resume(ctx context.Context, split *pipeline.Split) (int64, error) {
	if err := s.connect(ctx); err != nil {
		return 0, err
	}
	next, err := s.offsets.resume(ctx, s.conn, split.ID)
	return next, s.failed(err)
}

// Write stages records. Where the table does not take one of them, it takes none, and the pipeline looks for that one.
func (s *sink) Write(ctx context.Context, b *pipeline.Batch) error {
	if err := s.connect(ctx); err != nil {
		return err
	}
	var refused []pipeline.RowFault
	records := make([]string, 0, b.Len())
	for row := range b.Len() {
		r, err := record(b, row, s.open.Input.Raw == pipeline.RawJSON)
		if err != nil {
			refused = append(refused, pipeline.RowFault{Row: row, Err: fault.New(fault.RecordType, "it can't be written as JSON: %w", err)})
			continue
		}
		records = append(records, r)
	}
	if _, err := s.conn.Exec(ctx, s.stage, records); err != nil {
		return s.failed(err)
	}
	s.staged = true
	if len(refused) > 0 {
		return &pipeline.RowErrors{Rows: refused}
	}
	return nil
}

// Cover notes what the next Prepare covers.
func (s *sink) Cover(spans []*pipeline.Span) { s.spans = spans }

// Prepare writes what is staged into the table, and the offsets that it covers.
func (s *sink) Prepare(ctx context.Context, _ int64) (pipeline.Receipt, error) {
	if err := s.connect(ctx); err != nil {
		return nil, err
	}
	if err := s.prepare(ctx); err != nil {
		return nil, errors.Join(s.failed(err), s.rollback(ctx))
	}
	return pipeline.Receipt("{}"), nil
}

func (s *sink) prepare(ctx context.Context) (err error) {
	if s.tx, err = s.conn.Begin(ctx); err != nil {
		return err
	}
	if err := s.offsets.advance(ctx, s.tx, s.spans); err != nil {
		return err
	}
	if !s.staged {
		return nil
	}
	_, err = s.tx.Exec(ctx, s.upsert+"; TRUNCATE pg_temp.winnow_staged")
	return err
}

// rollback ends the transaction of a Prepare without effect.
func (s *sink) rollback(ctx context.Context) error {
	if s.tx == nil {
		return nil
	}
	err := s.tx.Rollback(ctx)
	s.tx = nil
	if errors.Is(err, pgx.ErrTxClosed) {
		return nil
	}
	return s.failed(err)
}

// Commit ends the transaction. Where the connection is lost over that, Resume tells whether it came about.
func (s *sink) Commit(ctx context.Context, _ pipeline.Receipt) error {
	if s.tx == nil { // it has
		return nil
	}
	err := s.tx.Commit(ctx)
	s.tx = nil
	if err != nil {
		return s.failed(err)
	}
	s.staged = false
	return nil
}

// Abort forgets what is staged.
func (s *sink) Abort(ctx context.Context) error {
	if s.conn == nil {
		return nil
	}
	if err := s.rollback(ctx); err != nil || s.conn == nil {
		return err
	}
	_, err := s.conn.Exec(ctx, "TRUNCATE pg_temp.winnow_staged")
	s.staged = false
	return s.failed(err)
}

// Seal forgets the offsets of a run that is over: another run begins with its input anew.
func (s *sink) Seal(ctx context.Context, _ pipeline.Receipt) error {
	if err := s.connect(ctx); err != nil {
		return err
	}
	return s.failed(s.offsets.clear(ctx, s.conn))
}

// Close ends the session.
func (s *sink) Close() error {
	s.drop()
	return nil
}
