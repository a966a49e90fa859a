package table

import (
	"context"
	"encoding/json"
	"errors"
	"io"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/connectors/codec/encode"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

const (
	readRows  = 4096
	readBytes = 1 << 20
	maxRecord = 16 << 20 // as a pipeline has it
)

// Count reads a file and counts its rows, those that can't be read among them, and the blank lines, which are none.
func Count(ctx context.Context, fsys disk.FS, path string, in Input) (rows, blank int64, err error) {
	err = read(ctx, fsys, path, in, func(*pipeline.Layout) pipeline.Projection { return pipeline.Projection{Rows: readRows} },
		func(b *pipeline.Batch) (bool, error) {
			rows += int64(b.Len())
			blank += b.Blank
			return true, nil
		})
	return rows, blank, err
}

// Page is the beginning of a table.
type Page struct {
	Columns []string          `json:"columns"`
	Rows    []json.RawMessage `json:"rows"` // objects, in the order of the columns
}

// Preview reads the first rows of results, up to limit of them, and fewer where they are large.
func Preview(ctx context.Context, fsys disk.FS, path string, o Output, limit int) (*Page, error) {
	p := &Page{Rows: []json.RawMessage{}}
	var encoder *encode.Encoder
	err := read(ctx, fsys, path, o.input(), func(layout *pipeline.Layout) pipeline.Projection {
		objects := *layout
		objects.Raw = pipeline.RawNone
		encoder, p.Columns = encode.New(&objects, nil, encode.Options{Format: encode.JSONL}), layout.Names()
		return pipeline.Projection{Columns: layout.Schema.Fields(), Extra: layout.Open, Rows: limit}
	}, func(b *pipeline.Batch) (bool, error) {
		data, ends, _, err := encoder.AppendRecords(nil, make([]int, 0, b.Len()), b)
		from := 0
		for _, end := range ends {
			if len(p.Rows) < limit {
				p.Rows = append(p.Rows, json.RawMessage(data[from:end-1]))
			}
			from = end
		}
		return len(p.Rows) < limit && len(data) < readBytes, err
	})
	return p, err
}

// read gives a file's batches to take, as long as that asks for more.
func read(ctx context.Context, fsys disk.FS, path string, in Input, want func(*pipeline.Layout) pipeline.Projection, take func(*pipeline.Batch) (more bool, err error)) error {
	source, err := in.Source(path).NewSource(pipeline.Env{FS: fsys})
	if err != nil {
		return err
	}
	layout, err := source.Layout(ctx)
	if fault.Is(err, fault.InputEmpty) {
		return nil
	}
	if err != nil {
		return err
	}
	projection := want(layout)
	projection.Bytes, projection.MaxRecord, projection.Alloc = readBytes, maxRecord, memory.DefaultAllocator
	splits, err := source.Splits(ctx)
	if err != nil {
		return err
	}
	for _, split := range splits {
		more, err := readSplit(ctx, source, split, projection, take)
		if err != nil || !more {
			return err
		}
	}
	return nil
}

func readSplit(ctx context.Context, source pipeline.Source, split *pipeline.Split, want pipeline.Projection, take func(*pipeline.Batch) (bool, error)) (more bool, err error) {
	r, err := source.Open(ctx, split, pipeline.Position{Offset: split.Start, Byte: -1}, want)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	for more = true; more; {
		b, err := r.Next(ctx)
		if errors.Is(err, io.EOF) {
			return true, nil
		}
		if err != nil {
			return false, err
		}
		if more, err = decoded(ctx, source, b, want, take); err != nil {
			return false, err
		}
	}
	return false, nil
}

func decoded(ctx context.Context, source pipeline.Source, b *pipeline.Batch, want pipeline.Projection, take func(*pipeline.Batch) (bool, error)) (more bool, err error) {
	defer func() { b.Record.Release() }()
	if d, ok := source.(pipeline.Decoder); ok && len(want.Columns) > 0 {
		if err := d.Decode(ctx, b, want); err != nil {
			return false, err
		}
	}
	return take(b)
}
