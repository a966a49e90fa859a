package database_test

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/job/database"
)

// TestFull fills the disk around a database: rows that are there can be changed all the same, for as long as one likes, and some
// can be added.
func TestFull(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=4m"); err != nil {
		t.Skip("no right to mount a disk that can be filled: ", err)
	}
	defer func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) }()
	db, err := database.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := database.Migrate(t.Context(), db, first, "word_migrations"); err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), "INSERT INTO words VALUES ('winnow')"); err != nil {
		t.Fatal(err)
	}
	file, err := os.Create(dir + "/filler")
	if err != nil {
		t.Fatal(err)
	}
	for block := bytes.Repeat([]byte{1}, 4096); err == nil; {
		_, err = file.Write(block)
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	change := []func() error{
		func() error { _, err := db.ExecContext(t.Context(), "UPDATE words SET word = word || '.'"); return err },
		func() error {
			var word string
			return db.QueryRowContext(t.Context(), "UPDATE words SET word = word || '.' RETURNING word").Scan(&word)
		},
		func() error {
			return db.Together(t.Context(), func(tx *database.Tx) error {
				_, err := tx.ExecContext(t.Context(), "UPDATE words SET word = word || '.'")
				return err
			})
		},
	}
	const times = 300 // many more than the log has room for
	for i := range times {
		if err := change[i%len(change)](); err != nil {
			t.Fatalf("change %d: %v", i, err)
		}
	}
	for i := range 20 {
		if _, err := db.ExecContext(t.Context(), "INSERT INTO words VALUES (?)", strings.Repeat("w", 5000+i)); err != nil {
			t.Fatalf("row %d: %v", i, err)
		}
	}
	var length int
	if err := db.QueryRowContext(t.Context(), "SELECT LENGTH(word) FROM words WHERE word LIKE 'winnow%'").Scan(&length); err != nil || length != len("winnow")+times {
		t.Errorf("%d characters, %v", length, err)
	}
	if _, err := db.ExecContext(t.Context(), "INSERT INTO words VALUES (?)", strings.Repeat("w", 1<<20)); !fault.Is(err, fault.StorageFull) {
		t.Errorf("a row that there is no room for: %v", err)
	}
}
