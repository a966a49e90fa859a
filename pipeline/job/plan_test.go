package job

import (
	"context"
	"regexp"
	"strings"
	"testing"

	"github.com/winnow-stream/winnow/pipeline/job/database"
	"github.com/winnow-stream/winnow/test/backing"
)

// TestPlans has many jobs that have ended: what is asked every second or so finds its own by an index.
func TestPlans(t *testing.T) { backing.Stores(t, NewStore, testPlans) }

func testPlans(t *testing.T, s *Store) {
	for _, statement := range []string{
		`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
			INSERT INTO jobs (id, account, state, config, created, ended, ticket, ticket_until, ticket_fields)
			SELECT 'batch_' || i, 'account' || i, CASE WHEN i % 10 = 0 THEN 'cancelled' ELSE 'completed' END, '{}', i, i, CAST(CAST(i AS TEXT) AS BYTEA), 0, '{}' FROM n`,
		`ANALYZE`,
	} {
		if _, err := s.db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name, query string
		args        []any
	}{
		{"jobs whose end is not told", unannounced, []any{Cancelled, Expired, 4990}},
		{"jobs that nobody runs", claiming, []any{"a", 9000, 8000, 8000}},
		{"jobs that wait", advancing, []any{Processing, 8000, 8000}},
	} {
		plan := plan(t, s.db, c.query, c.args...)
		if all := regexp.MustCompile(`SCAN [jqr]|Seq Scan on jobs`); all.MatchString(plan) {
			t.Errorf("%s are looked for among all:\n%s", c.name, plan)
		}
	}
}

// plan is how a database goes about a statement.
func plan(t *testing.T, db *database.DB, query string, args ...any) string {
	t.Helper()
	explained := func(how string, scan func(database.Scanner) (string, error)) (string, error) {
		lines, err := database.All(context.WithoutCancel(t.Context()), db, scan, how+query, args...)
		return strings.Join(lines, "\n"), err
	}
	text, err := explained("EXPLAIN QUERY PLAN ", func(row database.Scanner) (line string, err error) {
		var id, parent, unused int64
		return line, row.Scan(&id, &parent, &unused, &line)
	})
	if err != nil { // it is no SQLite
		text, err = explained("EXPLAIN ", func(row database.Scanner) (line string, err error) { return line, row.Scan(&line) })
	}
	if err != nil {
		t.Fatal(err)
	}
	return text
}
