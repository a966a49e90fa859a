package file_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
	"golang.org/x/text/encoding/unicode"

	"github.com/winnow-stream/winnow/connectors/file"
	"github.com/winnow-stream/winnow/pipeline"
)

// mixed are contents with everything that makes offsets and rows differ: blank lines, line ends of both kinds, quoted
// line ends, records that are wrong or too large, and a last line without its end.
var mixed = map[string]string{
	"a.jsonl": func() string {
		var b strings.Builder
		b.WriteString("\xef\xbb\xbf")
		for i := range 40 {
			switch i % 8 {
			case 3:
				b.WriteString("\n  \r\n")
			case 5:
				b.WriteString("{\"text\":broken}\n")
			case 6:
				fmt.Fprintf(&b, "{\"text\":\"%s\"}\r\n", strings.Repeat("long ", 30))
			}
			fmt.Fprintf(&b, "{\"id\":%d,\"text\":\"caf\u00e9 %d\"}\r\n", i, i)
		}
		b.WriteString(`{"id":99,"text":"cut`)
		return b.String()
	}(),
	"a.csv": func() string {
		var b strings.Builder
		b.WriteString("\nid,\"the\ntext\"\r\n")
		for i := range 40 {
			switch i % 8 {
			case 2:
				b.WriteString("\n\r\n")
			case 4:
				b.WriteString("1,2,3\n")
			case 5:
				b.WriteString("x,a \"bare\" quote\n")
			case 6:
				fmt.Fprintf(&b, "%d,%s\n", i, strings.Repeat("long ", 30))
			}
			fmt.Fprintf(&b, "%d,\"two\r\nlines, \"\"and\"\" %d\"\n", i, i)
		}
		b.WriteString("7,last")
		return b.String()
	}(),
	"a.txt": strings.Repeat("one\n\ntwo caf\u00e9\r\n"+strings.Repeat("long ", 30)+"\n \nthree\n", 10) + "last",
}

// encodings are ways of storing a content.
var encodings = map[string]func(t *testing.T, text string) []byte{
	"plain": func(_ *testing.T, text string) []byte { return []byte(text) },
	"gzip": func(t *testing.T, text string) []byte {
		var b bytes.Buffer
		for _, part := range []string{text[:len(text)/2], text[len(text)/2:]} { // two members
			w := gzip.NewWriter(&b)
			if _, err := w.Write([]byte(part)); err != nil {
				t.Fatal(err)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
		}
		return b.Bytes()
	},
	"zstd": func(t *testing.T, text string) []byte {
		w, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
		if err != nil {
			t.Fatal(err)
		}
		return w.EncodeAll([]byte(text), nil)
	},
	"utf-16": func(t *testing.T, text string) []byte {
		b, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().Bytes([]byte(strings.TrimPrefix(text, "\xef\xbb\xbf")))
		if err != nil {
			t.Fatal(err)
		}
		return b
	},
}

func TestResumeAnywhere(t *testing.T) {
	for name, text := range mixed {
		for how, encode := range encodings {
			t.Run(name+"/"+how, func(t *testing.T) {
				path := filepath.Join(t.TempDir(), name)
				if err := os.WriteFile(path, encode(t, text), 0o644); err != nil {
					t.Fatal(err)
				}
				resumeAnywhere(t, path)
			})
		}
	}
}

// resumeAnywhere reads a file in batches of several sizes, and again from every position that reading gave.
func resumeAnywhere(t *testing.T, path string) {
	alloc := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer alloc.AssertSize(t, 0)
	s := newSource(t, file.SourceConfig{Path: path})
	layout, err := s.Layout(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	splits, err := s.Splits(context.Background())
	if err != nil || len(splits) != 1 {
		t.Fatal(splits, err)
	}
	want := everything(layout, alloc)
	want.MaxRecord = 100
	start := pipeline.Position{Offset: splits[0].Start, Byte: -1}
	whole, _ := readSplit(t, s, splits[0], start, want)
	if whole.Err != "" || len(whole.Rows) < 40 {
		t.Fatalf("%d rows, %s", len(whole.Rows), whole.Err)
	}
	var positions []pipeline.Position
	for _, rows := range []int{1, 7, 4096} {
		want.Rows = rows
		got, at := readSplit(t, s, splits[0], start, want)
		if d := cmp.Diff(whole, got); d != "" {
			t.Fatalf("with batches of %d rows: %s", rows, d)
		}
		positions = append(positions, at...)
	}
	for _, at := range positions {
		for _, from := range []pipeline.Position{at, {Offset: at.Offset, Byte: -1}} {
			got, _ := readSplit(t, s, splits[0], from, want)
			rest := whole.Rows
			for len(rest) > 0 && rest[0].Offset < at.Offset {
				rest = rest[1:]
			}
			if d := cmp.Diff(rest, append([]row{}, got.Rows...)); d != "" || got.Err != "" {
				t.Fatalf("from %+v: %s %s", from, d, got.Err)
			}
		}
	}
}
