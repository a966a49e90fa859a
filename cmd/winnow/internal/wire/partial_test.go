package wire_test

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/wire"
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
