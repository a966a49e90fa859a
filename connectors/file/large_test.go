package file_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/connectors/file"
	"github.com/winnow-stream/winnow/pipeline"
)

// endless writes n times a block to a new file, between a head and a tail, packed or not.
func endless(t *testing.T, name, head, block string, n int, tail string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	var w io.WriteCloser = f
	if strings.HasSuffix(name, ".gz") {
		if w, err = gzip.NewWriterLevel(f, gzip.BestSpeed); err != nil {
			t.Fatal(err)
		}
	}
	_, err = io.WriteString(w, head)
	for range n {
		if _, e := io.WriteString(w, block); e != nil {
			err = e
		}
	}
	_, e := io.WriteString(w, tail)
	err = errors.Join(err, e, w.Close())
	if w != io.WriteCloser(f) {
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// TestTooLarge reads a line of 200 MiB between two good ones: it is one bad row, and little of it is ever held.
func TestTooLarge(t *testing.T) {
	mib := strings.Repeat("x", 1<<20)
	tests := []struct {
		name, head, tail string
		mib              int
	}{
		{"a.jsonl", "{\"text\":\"a\"}\n{\"text\":\"", "\"}\r\n{\"text\":\"b\"}\n", 200},
		{"a.jsonl.gz", "{\"text\":\"a\"}\n{\"text\":\"", "\"}\r\n{\"text\":\"b\"}\n", 40},
		{"a.csv", "text,n\na,1\n\"", "\",2\nb,3\n", 40},
		{"a.txt", "a\n", "\nb", 40},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := endless(t, tt.name, tt.head, mib, tt.mib, tt.tail)
			_, res := readAll(t, file.SourceConfig{Path: path}, func(p *pipeline.Projection) {
				p.Raw, p.Columns = false, p.Columns[:1]
				p.Alloc = &bounded{Allocator: p.Alloc, t: t, limit: 64 << 20}
			})
			if res.Err != "" || len(res.Rows) != 3 {
				t.Fatalf("%+v", res)
			}
			if good := res.Rows[0].Values + " " + res.Rows[2].Values; good != "text=a text=b" {
				t.Error(good)
			}
			_, prefix, _ := cutLast(tt.head, "\n")
			suffix, _, _ := strings.Cut(tt.tail, "\n")
			record := prefix + strings.Repeat(mib, tt.mib) + strings.TrimSuffix(suffix, "\r")
			want := fmt.Sprintf("record.too_large: the record has %d bytes, more than 16777216 (SHA-256 %x)", len(record), sha256.Sum256([]byte(record)))
			if !strings.Contains(res.Rows[1].Fault, want) {
				t.Errorf("%s, want %s", res.Rows[1].Fault, want)
			}
		})
	}
}

// bounded is an allocator that fails the test when more than a limit is in use.
type bounded struct {
	memory.Allocator
	t           *testing.T
	used, limit int
}

func (b *bounded) Allocate(size int) []byte {
	if b.used += size; b.used > b.limit {
		b.t.Errorf("%d bytes in use", b.used)
	}
	return b.Allocator.Allocate(size)
}

func (b *bounded) Reallocate(size int, old []byte) []byte {
	b.used += size - len(old)
	return b.Allocator.Reallocate(size, old)
}

func (b *bounded) Free(old []byte) {
	b.used -= len(old)
	b.Allocator.Free(old)
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return "", s, false
	}
	return s[:i], s[i+len(sep):], true
}

// TestBomb reads a small file that inflates to one line without an end.
func TestBomb(t *testing.T) {
	var member bytes.Buffer
	w := gzip.NewWriter(&member)
	if _, err := w.Write(make([]byte, 32<<20)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	path := write(t, "bomb.jsonl.gz", strings.Repeat(member.String(), 33))
	_, res := readAll(t, file.SourceConfig{Path: path, Encoding: "utf-8"}, nil)
	if !strings.Contains(res.Err, "bomb.jsonl.gz:1: input.too_large: a record of more than 1073741824 bytes begins here") {
		t.Error(res.Err)
	}
	_, res = readAll(t, file.SourceConfig{Path: path, Encoding: "utf-8", MaxInflated: 64 << 20}, nil)
	if !strings.Contains(res.Err, "bomb.jsonl.gz: input.too_large: the file inflates to more than 67108864 bytes") {
		t.Error(res.Err)
	}
}

func TestManyColumns(t *testing.T) {
	header := strings.TrimSuffix(strings.Repeat("c,", 20_000), ",") + "\n"
	_, res := readAll(t, file.SourceConfig{Path: write(t, "a.csv", header)}, nil)
	if !strings.Contains(res.Err, "a.csv:1: input.columns: the first row has 20000 columns, more than 16384") {
		t.Error(res.Err)
	}
}

// TestSwallowingQuote: a quote that is never closed is found out before it has swallowed the file.
func TestSwallowingQuote(t *testing.T) {
	path := endless(t, "a.csv", "id,text\n1,ok\n2,\"never closed\n", strings.Repeat("3,line\n", 1<<14), 200, "")
	_, res := readAll(t, file.SourceConfig{Path: path}, func(p *pipeline.Projection) { p.MaxRecord = 1 << 20 })
	if len(res.Rows) != 1 || !strings.Contains(res.Err, "a.csv:3: input.unclosed_quote: the quote opened on line 3 is not closed within 1048576 bytes") {
		t.Errorf("%d rows, %s", len(res.Rows), res.Err)
	}
	path = endless(t, "a.csv", "id,text\n1,ok\n", "3,line\n", 50_000, "4,\"open\n5,to the end\n")
	_, res = readAll(t, file.SourceConfig{Path: path}, nil)
	if len(res.Rows) != 50_001 || !strings.Contains(res.Err, "a.csv:50003: input.unclosed_quote: the quote opened on line 50003 is never closed") {
		t.Errorf("%d rows, %s", len(res.Rows), res.Err)
	}
}

// TestManySmallLimits cuts a text by tiny limits, which puts the ends of pieces everywhere.
func TestManySmallLimits(t *testing.T) {
	for name, text := range mixed {
		path := write(t, name, text)
		for limit := 1; limit < 60; limit += 3 {
			_, res := readAll(t, file.SourceConfig{Path: path}, func(p *pipeline.Projection) { p.MaxRecord, p.Rows = limit, 5 })
			if res.Err != "" {
				t.Fatal(res.Err)
			}
			lines := strings.Split(strings.TrimPrefix(text, "\ufeff"), "\n")
			for _, r := range res.Rows {
				if !strings.Contains(r.Fault, "record.too_large") && int(r.Offset) < len(lines) && len(lines[r.Offset]) > limit+1 && name != "a.csv" {
					t.Fatalf("%s: row %+v with limit %d", name, r, limit)
				}
			}
		}
	}
}
