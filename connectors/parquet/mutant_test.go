package parquet

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	pq "github.com/apache/arrow-go/v18/parquet"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/test/race"
)

// mutations damage a file as RELIABILITY measures it.
var mutations = map[string]func(data []byte, rng *rand.Rand) []byte{
	"truncate": func(data []byte, rng *rand.Rand) []byte { return data[:rng.IntN(len(data))] },
	"bit": func(data []byte, rng *rand.Rand) []byte {
		out := bytes.Clone(data)
		out[rng.IntN(len(out))] ^= 1 << rng.IntN(8)
		return out
	},
	"footer": func(data []byte, rng *rand.Rand) []byte {
		out := bytes.Clone(data)
		n := int(out[len(out)-8]) | int(out[len(out)-7])<<8 | int(out[len(out)-6])<<16
		out[len(out)-8-1-rng.IntN(n)] = byte(rng.Uint32())
		return out
	},
	"zeros": func(data []byte, rng *rand.Rand) []byte {
		out := bytes.Clone(data)
		at := rng.IntN(len(out) - 64)
		clear(out[at : at+64])
		return out
	},
}

// contentOf is what a reader of the file sees: the columns' values under their names.
func contentOf(t testing.TB, path string, fields []arrow.Field) (map[string]arrow.Array, error) {
	t.Helper()
	alloc := checked(t)
	batches, err := readAll(t, NewSource(SourceConfig{Path: path}, osEnv), pipeline.Projection{Columns: fields, Rows: 1000, Alloc: alloc})
	defer release(batches)
	if err != nil {
		if _, coded := fault.As(err); !coded {
			t.Errorf("an error without code: %v", err)
		}
		return nil, err
	}
	out := map[string]arrow.Array{}
	for _, f := range fields {
		out[f.Name] = plainColumn(t, batches, f.Name)
	}
	return out, nil
}

func TestMutants(t *testing.T) {
	dir := t.TempDir()
	foreign, ours, path := dir+"/foreign.parquet", dir+"/ours.parquet", dir+"/mutant.parquet"
	rec := randomRecord(everyType(), 400, rand.New(rand.NewPCG(5, 6)))
	defer rec.Release()
	writeForeign(t, foreign, rec, 150, pq.WithDataPageVersion(pq.DataPageV2))
	src := NewSource(SourceConfig{Path: foreign}, osEnv)
	copyFile(t, src, SinkConfig{Path: ours}, pipeline.Projection{Rows: 100}, 0)
	layout, err := src.Layout(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	fields := layout.Schema.Fields()
	want, err := contentOf(t, ours, fields)
	if err != nil {
		t.Fatal(err)
	}
	n := 1000
	if testing.Short() || race.Enabled {
		n = 100
	}
	for _, file := range []string{ours, foreign} {
		if file == foreign {
			n /= 5 // without checksums there is less to promise: an error with a code, or any rows
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for name, mutate := range mutations {
			t.Run(fmt.Sprintf("%s/%s", file[len(dir)+1:], name), func(t *testing.T) {
				var failed, equal, silent int
				for seed := range uint64(n) {
					if err := os.WriteFile(path, mutate(data, rand.New(rand.NewPCG(seed, 9))), 0o600); err != nil {
						t.Fatal(err)
					}
					got, err := contentOf(t, path, fields)
					switch {
					case err != nil:
						failed++
					case sameContent(got, want):
						equal++
					default:
						silent++
						if file == ours {
							t.Errorf("seed %d is read without error, and differs in %s", seed, differing(got, want))
						}
					}
				}
				t.Logf("%d errors, %d equal, %d silent", failed, equal, silent)
			})
		}
	}
}

func sameContent(a, b map[string]arrow.Array) bool { return differing(a, b) == "" }

func differing(a, b map[string]arrow.Array) string {
	for name := range a {
		if !arrow.TypeEqual(a[name].DataType(), b[name].DataType()) || !array.Equal(a[name], b[name]) {
			return fmt.Sprintf("%s %s (%s)", name, a[name].DataType(), b[name].DataType())
		}
	}
	return ""
}
