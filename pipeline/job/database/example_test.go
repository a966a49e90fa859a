package database_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"testing/fstest"

	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/job/database"
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
	_, err = db.ExecContext(ctx, "INSERT INTO words VALUES ('winnow')")
	fmt.Println(err)
	// Output: <nil>
}

// TestVersions opens a database with older, the same and newer migrations.
func TestVersions(t *testing.T) {
	db, err := database.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
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
	if err := database.Migrate(t.Context(), db, third, "word_migrations"); !fault.Is(err, fault.ServerData) {
		t.Errorf("a migration that fails: %v", err)
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
