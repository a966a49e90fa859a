package file

import (
	"context"
	"slices"

	"github.com/winnow-stream/winnow/connectors/file/xlsx"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// sheetFormat is a sheet of a workbook; its reader gives whole columns.
type sheetFormat struct {
	src   *Source
	first *pipeline.Layout
	path  string // the first file's
}

func (f *sheetFormat) options() xlsx.Options {
	return xlsx.Options{Sheet: f.src.cfg.Sheet, NoHeader: f.src.cfg.Header == "false", Needed: f.src.cfg.Needed, MaxInflated: int64(f.src.cfg.MaxInflated)}
}

func (f *sheetFormat) survey(ctx context.Context, p *probe) error {
	if p.in.stdin != nil {
		return fault.New(fault.InputUnsupported, "a workbook can't be read from standard input").At(fault.Where{File: p.in.path}).
			WithFix("write it to a file first")
	}
	layout, rows, err := xlsx.Layout(ctx, f.src.fs, p.in.path, f.options())
	if fault.Is(err, fault.InputEmpty) {
		p.in.empty = true
		return nil
	}
	if err != nil {
		return err
	}
	p.in.split.End = rows
	if f.first == nil {
		f.first, f.path = layout, p.in.path
		return nil
	}
	if names := layout.Names(); !slices.Equal(names, f.first.Names()) {
		return disagree(p.in.path, names, f.path, f.first.Names())
	}
	return nil
}

func (f *sheetFormat) layout() (*pipeline.Layout, error) { return f.first, nil }

func (f *sheetFormat) open(ctx context.Context, _ *input, split *pipeline.Split, from pipeline.Position, want pipeline.Projection) (pipeline.Reader, error) {
	return xlsx.Open(ctx, f.src.fs, split, from, want, f.options())
}

func (f *sheetFormat) plan(pipeline.Projection) (planner, error) { return nil, nil }
