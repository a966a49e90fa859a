package file_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/connectors/file"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

func TestStdin(t *testing.T) {
	tests := []struct {
		name, content, format string
		want                  int
	}{
		{"jsonl", mixed["a.jsonl"], "jsonl", 51},
		{"text", "one line, of text\nand more\n", "text", 2},
		{"csv", "id,text\n1,a\n2,b\n", "csv", 2},
		{"gzip", string(encodings["gzip"](t, "id,text\n1,a\n2,b\n")), "csv", 2},
		{"utf-16", string(encodings["utf-16"](t, "one\ntwo\n")), "text", 2},
		{"long", strings.Repeat("some line of text\n", 500_000), "text", 500_000},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			layout, res := readAll(t, file.SourceConfig{Path: "-", Stdin: strings.NewReader(tt.content)}, nil)
			if res.Err != "" || len(res.Rows) != tt.want || layout.Format != tt.format || layout.Replayable {
				t.Errorf("%d rows of %s, %s", len(res.Rows), layout.Format, res.Err)
			}
		})
	}
	_, res := readAll(t, file.SourceConfig{Path: "-", Stdin: strings.NewReader("")}, nil)
	if !strings.Contains(res.Err, "standard input: input.empty") {
		t.Error(res.Err)
	}
	_, res = readAll(t, file.SourceConfig{Path: "-", Stdin: strings.NewReader("PK\x03\x04")}, nil)
	if !strings.Contains(res.Err, "standard input: input.unsupported") {
		t.Error(res.Err)
	}
	_, res = readAll(t, file.SourceConfig{Path: "-", Stdin: io.MultiReader(strings.NewReader("one\n"), broken{})}, nil)
	if !strings.Contains(res.Err, "standard input: input.read: the pipe broke") {
		t.Error(res.Err)
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("the pipe broke") }

// TestSlowStdin writes a line now and then: what has come is handed on without waiting for the end.
func TestSlowStdin(t *testing.T) {
	r, w := io.Pipe()
	s := newSource(t, file.SourceConfig{Path: "-", Stdin: r})
	go io.WriteString(w, "first\n")
	splits, err := s.Splits(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := pipeline.Projection{Rows: 1000, Bytes: 1 << 20, Alloc: memory.DefaultAllocator}
	ctx, cancel := context.WithCancel(t.Context())
	reader, err := s.Open(ctx, splits[0], pipeline.Position{Byte: -1}, want)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"second\n", "third\n", "fourth\n"} {
		b, err := reader.Next(ctx)
		if err != nil || b.Len() != 1 {
			t.Fatal(b, err)
		}
		b.Record.Release()
		go io.WriteString(w, line)
	}
	b, err := reader.Next(ctx)
	if err != nil {
		t.Fatal(err)
	}
	b.Record.Release()
	time.AfterFunc(20*time.Millisecond, cancel)
	if _, err := reader.Next(ctx); !errors.Is(err, context.Canceled) {
		t.Error("a cancelled read from a silent pipe gave", err)
	}
	if err := reader.Close(); err != nil {
		t.Error(err)
	}
	if err := w.CloseWithError(io.EOF); err != nil { // ends the read that is under way
		t.Error(err)
	}
}

func TestStdinIsReadOnce(t *testing.T) {
	s := newSource(t, file.SourceConfig{Path: "-", Stdin: strings.NewReader("a\nb\n")})
	splits, err := s.Splits(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := pipeline.Projection{Rows: 1, Bytes: 1 << 20, Alloc: memory.DefaultAllocator}
	for i := range 2 {
		r, err := s.Open(t.Context(), splits[0], pipeline.Position{Byte: -1}, want)
		if i == 1 {
			if !fault.Is(err, fault.InputRead) && !fault.Is(err, fault.InputUnsupported) {
				t.Error(err)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}
