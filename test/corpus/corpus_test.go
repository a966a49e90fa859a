package corpus_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/winnow-stream/winnow/test/corpus"
)

func Example() {
	c, err := corpus.Open("../..")
	if err != nil {
		fmt.Println(err)
		return
	}
	row := c.Row(7)
	fmt.Println(row.ID, row.Created.Format("2006-01-02"), row.Text == c.Row(7).Text, row.Text == c.Row(8).Text)
	// Output: 7 2026-01-01 true false
}

func TestFilesHoldTheSameRows(t *testing.T) {
	c, err := corpus.Open("../..")
	if err != nil {
		t.Fatal(err)
	}
	const n = 2500
	dir := t.TempDir()
	jsonl, csv, pq := filepath.Join(dir, "a.jsonl"), filepath.Join(dir, "a.csv"), filepath.Join(dir, "a.parquet")
	for _, err := range []error{c.WriteJSONL(jsonl, n, 100), c.WriteCSV(csv, n, 0), c.WriteParquet(pq, n)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if got := lines(t, jsonl); got != n {
		t.Errorf("JSONL has %d lines, want %d", got, n)
	}
	if got := lines(t, csv); got != n+1 {
		t.Errorf("CSV has %d lines, want %d and a header", got, n)
	}
	rows, err := parquet.ReadFile[corpus.Row](pq)
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != n {
		t.Fatalf("Parquet has %d rows, want %d", len(rows), n)
	}
	for i, r := range rows {
		want := c.Row(i)
		r.Created, want.Created = r.Created.UTC(), want.Created.UTC()
		if r != want {
			t.Fatalf("row %d is %+v, want %+v", i, r, want)
		}
	}
}

func lines(t *testing.T, path string) int {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Count(b, []byte("\n"))
}
