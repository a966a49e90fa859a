package file_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/connectors/file"
)

// TestMutants damages files in seeded ways. Reading ends with rows or an error, and never in a panic; a format with a
// checksum gives all rows as they were, or an error.
func TestMutants(t *testing.T) {
	rows := "{\"id\":1,\"text\":\"caf\\u00e9 \\\"quoted\\\"\"}\n{\"id\":2,\"text\":\"two\",\"nest\":{\"a\":[1,2.5,null]}}\n"
	contents := map[string]struct {
		content []byte
		checked bool
	}{
		"a.jsonl":     {[]byte(strings.Repeat(rows, 20)), false},
		"a.csv":       {[]byte("id,text\n" + strings.Repeat("1,\"a \"\"b\"\"\nc\"\r\n2,plain\n", 20)), false},
		"a.jsonl.gz":  {gzipped(t, strings.Repeat(rows, 20)), true}, // one member: a cut between two can't be told
		"a.jsonl.zst": {encodings["zstd"](t, strings.Repeat(rows, 20)), true},
	}
	n := 1000
	if testing.Short() {
		n = 100
	}
	for name, c := range contents {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), name)
			if err := os.WriteFile(path, c.content, 0o644); err != nil {
				t.Fatal(err)
			}
			_, whole := readAll(t, file.SourceConfig{Path: path}, nil)
			for seed := range uint64(n) {
				if err := os.WriteFile(path, mutant(c.content, seed), 0o644); err != nil {
					t.Fatal(err)
				}
				_, got := readAll(t, file.SourceConfig{Path: path}, nil)
				if c.checked && got.Err == "" && !cmp.Equal(got, whole) {
					t.Fatalf("seed %d: a silent difference: %d rows of %d, %d bytes of %d", seed, len(got.Rows), len(whole.Rows), len(mutant(c.content, seed)), len(c.content))
				}
			}
		})
	}
}

func gzipped(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write([]byte(text))
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// mutant cuts, flips, zeroes or doubles a part of a content.
func mutant(content []byte, seed uint64) []byte {
	r := rand.New(rand.NewPCG(seed, 1))
	b := append([]byte(nil), content...)
	at := r.IntN(len(b))
	switch seed % 4 {
	case 0:
		return b[:at]
	case 1:
		b[at] ^= 1 << r.IntN(8)
	case 2:
		clear(b[at:min(at+16, len(b))])
	default:
		return append(b[:at], content[max(0, at-r.IntN(50)):]...)
	}
	return b
}
