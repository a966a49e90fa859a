package table

import (
	"context"
	"errors"
	"io"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Shape is what is known of a file before its rows are read.
type Shape struct {
	Input  Input // with nothing left to be found out
	Layout *pipeline.Layout
}

// parquetMagic is how Parquet files begin.
const parquetMagic = "PAR1"

// Look finds out what a file is. Its content decides, and neither its name nor what a client says: what is no workbook, no
// Parquet file and no JSON is taken for CSV. Fields of in that are set are held to.
func Look(ctx context.Context, fsys disk.FS, path string, in Input) (*Shape, error) {
	var err error
	if in.Format, err = formatOf(ctx, fsys, path, in.Encoding); err != nil {
		return nil, err
	}
	layout, err := layoutOf(ctx, fsys, path, in)
	if err != nil {
		return nil, err
	}
	if d := layout.CSV; d != nil {
		in.Delimiter, in.Header = string(d.Delimiter), "true"
		if d.Header == nil {
			in.Header = "false"
		}
	}
	return &Shape{Input: in, Layout: layout}, nil
}

// formatOf tells a file's format by its content.
func formatOf(ctx context.Context, fsys disk.FS, path, encoding string) (string, error) {
	f, err := fsys.Open(path)
	if err != nil {
		return "", fault.Unreadable(err, path)
	}
	magic := make([]byte, len(parquetMagic))
	n, err := io.ReadFull(f, magic)
	if closed := f.Close(); closed != nil || err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return "", fault.Unreadable(errors.Join(err, closed), path)
	}
	if string(magic[:n]) == parquetMagic {
		return Parquet, nil
	}
	layout, err := layoutOf(ctx, fsys, path, Input{Encoding: encoding})
	switch {
	case err != nil:
		return "", err
	case layout.Format == JSONL, layout.Format == XLSX:
		return layout.Format, nil
	default: // lines of text are CSV with one column
		return CSV, nil
	}
}

func layoutOf(ctx context.Context, fsys disk.FS, path string, in Input) (*pipeline.Layout, error) {
	source, err := in.Source(path).NewSource(pipeline.Env{FS: fsys})
	if err != nil {
		return nil, err
	}
	return source.Layout(ctx)
}
