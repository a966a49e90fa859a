package file

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/winnow-stream/winnow/connectors/codec/csv"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// csvFormat is CSV in one dialect: that of the first file.
type csvFormat struct {
	src       *Source
	delimiter byte // of the format; 0: as configured or detected
	dialect   *csv.Dialect
	path      string // the first file's
}

func (f *csvFormat) survey(_ context.Context, p *probe) error {
	d, err := f.detect(p)
	if err != nil {
		return err
	}
	p.in.start, p.in.empty = d.Start, d.Empty
	p.in.split.Start = d.Start
	if f.dialect == nil {
		f.dialect, f.path = d, p.in.path
		p.in.notes = append(p.in.notes, f.notes(p.in.path, d)...)
		return nil
	}
	return f.agree(p.in.path, d)
}

// detect finds a file's dialect, reading on where its first records are long.
func (f *csvFormat) detect(p *probe) (*csv.Dialect, error) {
	opts := csv.Options{Delimiter: f.delimiter, Columns: f.src.cfg.Columns, MaxColumns: maxColumns}
	if given, _ := f.src.cfg.delimiter(); given != 0 {
		opts.Delimiter = given
	}
	if f.dialect != nil {
		opts.Delimiter = f.dialect.Delimiter
	}
	switch f.src.cfg.Header {
	case "true":
		opts.Header = csv.WithHeader
	case "false":
		opts.Header = csv.WithoutHeader
	}
	if f.dialect != nil && f.dialect.Header != nil {
		opts.Header = csv.WithHeader
	} else if f.dialect != nil {
		opts.Header = csv.WithoutHeader
	}
	for size := headSize; ; size *= 8 {
		if err := p.fill(size); err != nil {
			return nil, err
		}
		d, enough, err := csv.Detect(bytes.TrimPrefix(p.head, bom), p.atEnd, opts)
		if err != nil {
			return nil, inFile(p.in.path, err)
		}
		if enough {
			return d, nil
		}
		if size >= sampleSize {
			return nil, fault.New(fault.InputFormat, "the first %d bytes hold no whole record", size).At(fault.Where{File: p.in.path}).
				WithFix("check for a quote that is never closed, and that the file is CSV")
		}
	}
}

// agree checks that one more file has the first one's columns.
func (f *csvFormat) agree(path string, d *csv.Dialect) error {
	if d.Empty && len(d.Columns) == 0 || slices.Equal(d.Columns, f.dialect.Columns) {
		return nil
	}
	return disagree(path, d.Columns, f.path, f.dialect.Columns)
}

// disagree is the error of a file whose columns are not the first one's.
func disagree(path string, columns []string, firstPath string, first []string) error {
	return fault.New(fault.InputSchema, "the columns are %s, but those of %s are %s", brief(columns), firstPath, brief(first)).
		At(fault.Where{File: path})
}

// brief lists names, the first twenty of them.
func brief(names []string) string {
	const most = 20
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}

func (f *csvFormat) notes(path string, d *csv.Dialect) []string {
	var notes []string
	for _, n := range d.Notes {
		if f.delimiter != 0 && strings.HasPrefix(n, "fields are") {
			continue
		}
		notes = append(notes, path+": "+n)
	}
	return notes
}

// inFile adds the file to a coded error's place.
func inFile(path string, err error) error {
	if e, ok := fault.As(err); ok {
		w := e.Where
		w.File = path
		return e.At(w)
	}
	return err
}

func (f *csvFormat) layout() (*pipeline.Layout, error) {
	return &pipeline.Layout{
		Format: formatCSV,
		Schema: f.dialect.Schema(),
		Raw:    pipeline.RawCSV,
		CSV:    &pipeline.Dialect{Delimiter: f.dialect.Delimiter, Header: f.dialect.Header, LineEnd: f.dialect.LineEnd},
	}, nil
}

func (f *csvFormat) open(ctx context.Context, in *input, split *pipeline.Split, from pipeline.Position, want pipeline.Projection) (pipeline.Reader, error) {
	return f.src.openLines(ctx, in, split, from, want, csv.NewCutter(f.dialect.Delimiter))
}

func (f *csvFormat) plan(want pipeline.Projection) (planner, error) {
	return csv.NewPlan(want, f.dialect)
}
