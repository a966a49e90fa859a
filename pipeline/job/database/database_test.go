package database_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/job/database"
	"github.com/winnow-stream/winnow/test/backing"
)

var first = fstest.MapFS{"00001_words.sql": {Data: []byte("-- +goose Up\nCREATE TABLE words (word TEXT PRIMARY KEY);\n")}}

func Example() {
	dir, err := os.MkdirTemp("", "winnow")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	db, err := database.Open(ctx, dir)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer db.Close()
	if err := database.Migrate(ctx, db, first, "word_migrations"); err != nil {
		fmt.Println(err)
		return
	}
	if _, err := db.ExecContext(ctx, "INSERT INTO words VALUES (?), (?)", "winnow", "chaff"); err != nil {
		fmt.Println(err)
		return
	}
	words, err := database.All(ctx, db, func(row database.Scanner) (word string, err error) { return word, row.Scan(&word) },
		"SELECT word FROM words ORDER BY word")
	fmt.Println(words, err)
	// Output: [chaff winnow] <nil>
}

func TestMain(m *testing.M) { os.Exit(backing.Main(m).Run()) }

// TestVersions opens a database with older, the same and newer migrations.
func TestVersions(t *testing.T) { backing.Databases(t, testVersions) }

func testVersions(t *testing.T, open backing.Open) {
	db := open()
	second := fstest.MapFS{"00001_words.sql": first["00001_words.sql"], "00002_count.sql": {Data: []byte("-- +goose Up\nALTER TABLE words ADD COLUMN n BIGINT;\n")}}
	for range 2 {
		if err := database.Migrate(t.Context(), db, second, "word_migrations"); err != nil {
			t.Fatal(err)
		}
	}
	if err := database.Migrate(t.Context(), db, first, "word_migrations"); !fault.Is(err, fault.StateNewer) {
		t.Errorf("a newer database: %v", err)
	}
	third := fstest.MapFS{"00003_bad.sql": {Data: []byte("-- +goose Up\nCREATE TABLE words (x TEXT);\n")}, "00001_words.sql": first["00001_words.sql"], "00002_count.sql": second["00002_count.sql"]}
	if err := database.Migrate(t.Context(), db, third, "word_migrations"); !fault.Is(err, fault.ServerData) && !fault.Is(err, fault.ServerDatabase) {
		t.Errorf("a migration that fails: %v", err)
	}
}

// TestAtOnce brings a database up to date from several processes at once: one of them does it.
func TestAtOnce(t *testing.T) { backing.Databases(t, testAtOnce) }

func testAtOnce(t *testing.T, open backing.Open) {
	var all [4]*database.DB
	for i := range all {
		all[i] = open()
	}
	var wg sync.WaitGroup
	for _, db := range all {
		wg.Go(func() {
			if err := database.Migrate(t.Context(), db, first, "word_migrations"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

// TestStatements writes, reads, collides and goes back.
func TestStatements(t *testing.T) { backing.Databases(t, testStatements) }

func testStatements(t *testing.T, open backing.Open) {
	db, ctx := open(), t.Context()
	migrations := fstest.MapFS{"00001_words.sql": {Data: []byte("-- +goose Up\nCREATE TABLE words (word TEXT PRIMARY KEY, hash BYTEA NOT NULL, n BIGINT NOT NULL);\n")}}
	if err := database.Migrate(ctx, db, migrations, "word_migrations"); err != nil {
		t.Fatal(err)
	}
	insert := func(word string) error {
		_, err := db.ExecContext(ctx, "INSERT INTO words (word, hash, n) VALUES (?, ?, ?)", word, []byte("12"), 7)
		return err
	}
	if err := insert("a"); err != nil {
		t.Fatal(err)
	}
	if err := insert("a"); !db.Conflict(err) || db.Conflict(nil) || db.Conflict(sql.ErrNoRows) {
		t.Errorf("a word twice: %v", err)
	}
	var hash []byte
	var n int64
	if err := db.QueryRowContext(ctx, "UPDATE words SET n = n + ? WHERE word = ? RETURNING hash, n", 1, "a").Scan(&hash, &n); err != nil || string(hash) != "12" || n != 8 {
		t.Errorf("%q, %d, %v", hash, n, err)
	}
	undo := errors.New("undo")
	err := db.Together(ctx, func(tx *database.Tx) error {
		if _, err := tx.ExecContext(ctx, "UPDATE words SET n = ? WHERE word = ?", 100, "a"); err != nil {
			t.Error(err)
		}
		return undo
	})
	if !errors.Is(err, undo) {
		t.Error(err)
	}
	if err := db.QueryRowContext(ctx, "SELECT n FROM words WHERE word = ?", "a").Scan(&n); err != nil || n != 8 {
		t.Errorf("after an undone change: %d, %v", n, err)
	}
	for _, word := range []string{"b", "a\x00", "\x00", "\xff", "a\xed\xa0\x80"} {
		if err := db.QueryRowContext(ctx, "SELECT n FROM words WHERE word = ?", word).Scan(&n); !errors.Is(err, sql.ErrNoRows) {
			t.Errorf("no row of %q: %v", word, err)
		}
	}
	if err := insert("b"); err != nil {
		t.Fatal(err)
	}
	number := func(row database.Scanner) (n int64, err error) { return n, row.Scan(&n) }
	if all, err := database.All(ctx, db, number, "SELECT n FROM words WHERE n >= ? ORDER BY n", 7); err != nil || !slices.Equal(all, []int64{7, 8}) {
		t.Errorf("all rows: %d, %v", all, err)
	}
	for what, query := range map[string]string{
		"no table":             "SELECT n FROM nowhere",
		"rows of another type": "SELECT word FROM words",
		"a row that fails":     "SELECT 10 / (8 - n) FROM words ORDER BY n", // the second one divides by 0
	} {
		if all, err := database.All(ctx, db, number, query); err == nil || all != nil {
			t.Errorf("%s: %d, %v", what, all, err)
		}
	}
}

func TestOpen(t *testing.T) {
	file := t.TempDir() + "/file"
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := database.Open(t.Context(), file); !fault.Is(err, fault.ServerData) {
		t.Errorf("a folder that is a file: %v", err)
	}
}
