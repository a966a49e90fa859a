package parquet

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// FuzzSource reads whatever it is given: rows, or an error with a code.
func FuzzSource(f *testing.F) {
	files, err := filepath.Glob(filepath.Join(badFolder, "*.bad.parquet"))
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add(sound(f, false))
	path := filepath.Join(f.TempDir(), "fuzz.parquet")
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		batches, err := readAll(t, NewSource(SourceConfig{Path: path}, osEnv), pipeline.Projection{Rows: 64, Alloc: memory.DefaultAllocator})
		release(batches)
		if _, coded := fault.As(err); err != nil && !coded {
			t.Errorf("no code: %v", err)
		}
	})
}
