package wire_test

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/table"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/wire"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

// TestPartialResults cuts what a job has left to the records that are done, and to whole lines.
func TestPartialResults(t *testing.T) {
	long := strings.Repeat("x", 1<<20) + "\n"
	for _, c := range []struct {
		name, left string
		done       int64
		want       string
	}{
		{"all of them", "a\nb\n", 2, "a\nb\n"},
		{"what was not committed", "a\nb\nc\n", 2, "a\nb\n"},
		{"half a line", "a\nb", 2, "a\n"},
		{"nothing done", "a\n", 0, ""},
		{"lines beyond what is read at once", long + "b\n" + long, 2, long + "b\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, wire.JobResults+".part"), []byte(c.left), 0o600); err != nil {
				t.Fatal(err)
			}
			r, err := wire.PartialResults(dir, c.done)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			if got, err := io.ReadAll(r); err != nil || string(got) != c.want {
				t.Errorf("%v: %d bytes, want %d", err, len(got), len(c.want))
			}
		})
	}
	if r, err := wire.PartialResults(t.TempDir(), 5); r != nil || err != nil {
		t.Errorf("an empty folder: %v, %v", r, err)
	}
}

// TestPartialTable has what a job that was stopped has committed as a whole file of each format. The job goes on after that,
// and its output begins with those rows.
func TestPartialTable(t *testing.T) {
	var b strings.Builder
	b.WriteString("id,body\n")
	for i := range 60_000 {
		fmt.Fprintf(&b, "%d,\"refund, or\nthe app crashes %d\"\n", i, i)
	}
	input := written(t, "upload", b.String())
	shape, err := table.Look(t.Context(), disk.OS{}, input, table.Input{})
	if err != nil {
		t.Fatal(err)
	}
	const previewed = 5_000 // rows, which are less than a preview's bytes
	labels := &spec.Classify{Labels: classify.LabelSet{{Name: "billing"}, {Name: "technical"}}, Mode: classify.Single}
	for _, format := range table.Formats {
		t.Run(format, func(t *testing.T) {
			dir := t.TempDir()
			c := &table.Config{Input: shape.Input, Text: []string{"body"}, TopK: 1, Output: table.Output{Format: format, Formulas: "neutralize"}}
			run := func(stop bool) (*pipeline.Summary, error) {
				t.Helper()
				p, err := wire.Table("batch_a", input, dir, c, labels, nil, zerolog.Nop())
				if err != nil {
					t.Fatal(err)
				}
				if !stop {
					return p.Run(t.Context())
				}
				drained := make(chan struct{})
				go func() {
					defer close(drained)
					for p.Status().Counts.Read == 0 {
						runtime.Gosched()
					}
					p.Drain()
				}()
				s, err := p.Run(t.Context())
				<-drained
				return s, err
			}
			part := func() (rows []string) {
				t.Helper()
				err := wire.PartialTable(t.Context(), "batch_a", input, dir, c, labels, nil, zerolog.Nop(), func(path string) error {
					page, err := table.Preview(t.Context(), disk.OS{}, path, c.Output, previewed)
					for _, row := range page.Rows {
						rows = append(rows, string(row))
					}
					return err
				})
				if err != nil {
					t.Fatal(err)
				}
				return rows
			}
			if rows := part(); rows != nil {
				t.Errorf("%d rows before it began", len(rows))
			}
			stopped, err := run(true)
			if !fault.Is(err, fault.RunInterrupted) {
				t.Skipf("it was quicker: %v", err)
			}
			first := part()
			if n := stopped.Committed.Read; n == 0 || int64(len(first)) != min(n, previewed) {
				t.Errorf("%d rows, and %d are committed", len(first), stopped.Committed.Read)
			}
			if again := part(); len(again) != len(first) {
				t.Errorf("again: %d rows", len(again))
			}
			if _, err := run(false); err != nil {
				t.Fatal(err)
			}
			whole := part() // of a job that was completed, and not published
			if len(whole) < len(first) || !slices.Equal(whole[:len(first)], first) {
				t.Errorf("%d rows, which %d don't begin", len(whole), len(first))
			}
		})
	}
}
