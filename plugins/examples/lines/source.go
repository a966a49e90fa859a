package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/plugins/sdk"
)

// config is what plugin.yaml's schema allows.
type config struct {
	Folder string `json:"folder"`
}

// lines reads the .txt files of a folder: each file is a split, each line a record, and its offset is its place in the file.
type lines struct{ folder string }

// columns are what its records have.
var columns = arrow.NewSchema([]arrow.Field{
	{Name: "line", Type: arrow.PrimitiveTypes.Int64, Nullable: true}, // counted from 1
	{Name: "text", Type: arrow.BinaryTypes.String, Nullable: true},
}, nil)

// open makes the source of a configuration. It touches nothing outside yet.
func open(_ context.Context, t sdk.Task) (pipeline.Source, error) {
	var c config
	if err := t.Decode(&c); err != nil {
		return nil, err
	}
	return &lines{folder: c.Folder}, nil
}

// Layout says what records are like, and that they can be read again: then a run is resumed where it was.
func (s *lines) Layout(context.Context) (*pipeline.Layout, error) {
	info, err := os.Stat(s.folder)
	if err == nil && !info.IsDir() {
		err = fmt.Errorf("%s is no folder", s.folder)
	}
	return &pipeline.Layout{Format: "lines", Schema: columns, Replayable: true}, err
}

// Splits lists the files. A file that was changed has another fingerprint: a run that began with it does not go on.
func (s *lines) Splits(context.Context) ([]*pipeline.Split, error) {
	paths, err := filepath.Glob(filepath.Join(s.folder, "*.txt"))
	if err != nil {
		return nil, err
	}
	splits := make([]*pipeline.Split, 0, len(paths))
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		splits = append(splits, &pipeline.Split{
			ID: filepath.Base(path), File: path, End: -1, Size: info.Size(),
			Fingerprint: fmt.Sprint(info.Size(), " ", info.ModTime().UnixNano()),
		})
	}
	return splits, nil
}

// Open reads a file from a line on.
func (s *lines) Open(_ context.Context, split *pipeline.Split, from pipeline.Position, want pipeline.Projection) (pipeline.Reader, error) {
	f, err := os.Open(filepath.Join(s.folder, split.ID))
	if err != nil {
		return nil, err
	}
	r := &reader{file: f, lines: bufio.NewScanner(f), split: split, want: want}
	r.lines.Buffer(nil, max(want.MaxRecord, bufio.MaxScanTokenSize))
	for r.next < from.Offset && r.lines.Scan() {
		r.next++
	}
	if r.next < from.Offset {
		return nil, errors.Join(fmt.Errorf("%s has %d lines, and line %d is asked for", split.ID, r.next, from.Offset), r.lines.Err(), f.Close())
	}
	return r, nil
}

// reader reads one file.
type reader struct {
	file  *os.File
	lines *bufio.Scanner
	split *pipeline.Split
	want  pipeline.Projection
	next  int64 // line, counted from 0
}

// Next makes a batch of the next lines, with the columns that are asked for.
func (r *reader) Next(ctx context.Context) (*pipeline.Batch, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	fields := append([]arrow.Field{{Name: pipeline.ColOffset, Type: arrow.PrimitiveTypes.Int64}}, r.want.Columns...)
	b := array.NewRecordBuilder(r.want.Alloc, arrow.NewSchema(fields, nil))
	defer b.Release()
	first, size := r.next, 0
	for r.next < first+int64(max(r.want.Rows, 1)) && (r.next == first || size < r.want.Bytes) && r.lines.Scan() {
		size += len(r.lines.Bytes())
		b.Field(0).(*array.Int64Builder).Append(r.next)
		for i, c := range r.want.Columns {
			if c.Name == "line" {
				b.Field(i + 1).(*array.Int64Builder).Append(r.next + 1)
			} else {
				b.Field(i + 1).(*array.StringBuilder).Append(r.lines.Text())
			}
		}
		r.next++
	}
	if err := r.lines.Err(); err != nil {
		return nil, fmt.Errorf("%s, line %d: %w", r.split.ID, r.next+1, err)
	}
	if r.next == first {
		return nil, io.EOF
	}
	return &pipeline.Batch{
		Split: r.split, First: first, Next: pipeline.Position{Offset: r.next, Byte: -1}, Record: b.NewRecordBatch(),
	}, nil
}

// Close closes the file.
func (r *reader) Close() error { return r.file.Close() }
