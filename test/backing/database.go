package backing

import (
	"context"
	"testing"
	"time"

	"github.com/winnow-stream/winnow/pipeline/job/database"
)

// Open opens a test's database: empty the first time, the same one afterwards, as other processes of a server would. It is
// closed when the test ends.
type Open func() *database.DB

// Databases runs a test over every kind of database there is.
func Databases(t *testing.T, test func(t *testing.T, open Open)) {
	t.Helper()
	for _, kind := range databases {
		t.Run(kind.name, func(t *testing.T) {
			again := kind.open(t)
			test(t, func() *database.DB {
				db, err := again()
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { db.Close() })
				return db
			})
		})
	}
}

// Stores runs a test over what is kept in every kind of database there is. It is opened for each.
func Stores[S any](t *testing.T, open func(context.Context, *database.DB) (S, error), test func(t *testing.T, s S)) {
	t.Helper()
	Databases(t, func(t *testing.T, db Open) {
		s, err := open(t.Context(), db())
		if err != nil {
			t.Fatal(err)
		}
		test(t, s)
	})
}

type databaseKind struct {
	name string
	open func(t *testing.T) func() (*database.DB, error)
}

var sqlite = databaseKind{"SQLite", func(t *testing.T) func() (*database.DB, error) {
	dir := t.TempDir()
	return func() (*database.DB, error) { return database.Open(t.Context(), dir) }
}}

// Tick returns in a later millisecond than it was called in: stores keep times in milliseconds, and rows made in the
// same one have no order.
func Tick() {
	for begun := time.Now().UnixMilli(); time.Now().UnixMilli() == begun; {
		time.Sleep(100 * time.Microsecond)
	}
}
