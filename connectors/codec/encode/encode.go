package encode

import (
	"github.com/apache/arrow-go/v18/arrow"

	"github.com/winnow-stream/winnow/connectors/codec/celltype"
	"github.com/winnow-stream/winnow/pipeline"
)

// Format is what records are written as.
type Format uint8

const (
	// JSONL is one JSON object a line.
	JSONL Format = iota
	// CSV is one RFC 4180 record a line.
	CSV
	// Cells is one JSON array a line: the typed cells of a sheet's row. Strings are text, numbers are numbers.
	Cells
)

// Options say how records are written.
type Options struct {
	Format Format
	// Delimiter separates the fields of CSV. 0: the input's where that is CSV, else a comma.
	Delimiter byte
	// Neutralize puts an apostrophe before text cells that a spreadsheet program would run as formulas.
	Neutralize bool
	// Cut shortens texts that no cell of a sheet can hold, and says so at their ends. Else their rows become faults.
	Cut bool
}

// Encoder makes records of rows. It is immutable and safe for concurrent use.
type Encoder struct {
	opts   Options
	in     *pipeline.Layout
	result *arrow.Schema
	names  []string // of the columns in their order, results last
	splice bool
	// omitNull leaves null members out of JSON objects, as the layout's metadata asks (dead letters).
	omitNull bool
	write    func(s *scratch, dst []byte) ([]byte, error)
}

// New returns an encoder for batches of a layout. Result is the schema of Batch.Result, nil without a classifier.
func New(in *pipeline.Layout, result *arrow.Schema, opts Options) *Encoder {
	e := &Encoder{opts: opts.over(in), in: in, result: result, splice: splices(in, opts)}
	for _, f := range in.Schema.Fields() {
		e.names = append(e.names, f.Name)
	}
	if in.Open {
		e.names = append(e.names, pipeline.ColExtra)
	}
	if result != nil {
		for _, f := range result.Fields() {
			e.names = append(e.names, f.Name)
		}
	}
	omit, _ := in.Schema.Metadata().GetValue("omit_null")
	e.omitNull = omit == "true"
	switch {
	case opts.Format == Cells:
		e.write = e.cells
	case opts.Format == CSV && e.splice:
		e.write = e.spliceCSV
	case opts.Format == CSV:
		e.write = e.records
	case e.splice:
		e.write = e.spliceJSON
	default:
		e.write = e.objects
	}
	return e
}

// over fills in what is left to the input.
func (o Options) over(in *pipeline.Layout) Options {
	if o.Delimiter == 0 {
		o.Delimiter = ','
		if in.CSV != nil && in.CSV.Delimiter != '\t' { // a file named .csv with tabs would surprise its readers
			o.Delimiter = in.CSV.Delimiter
		}
	}
	return o
}

// splices reports whether results go into the records' own bytes.
func splices(in *pipeline.Layout, opts Options) bool {
	switch opts.Format {
	case JSONL:
		return in.Raw == pipeline.RawJSON
	case CSV:
		return in.Raw == pipeline.RawCSV && !opts.Neutralize && opts.over(in).Delimiter == in.CSV.Delimiter
	default:
		return false
	}
}

// Need says which columns an encoder with these options wants of a source with this layout.
func Need(in *pipeline.Layout, opts Options) pipeline.Need {
	if splices(in, opts) {
		return pipeline.Need{Raw: true}
	}
	if opts.Format == Cells && in.Format == sheets {
		return pipeline.Need{Columns: true, Fields: []arrow.Field{celltype.Field}}
	}
	return pipeline.Need{Columns: true}
}

// sheets is the format of layouts whose cells can be more than their texts.
const sheets = "xlsx"

// Names returns the columns' names in their order: the input's, _extra where the layout is open, the results'.
func (e *Encoder) Names() []string { return e.names }

// AppendRecords is Append for whoever writes records one by one: it also appends to ends where each record ends in dst,
// the line end that Append puts behind it included.
func (e *Encoder) AppendRecords(dst []byte, ends []int, b *pipeline.Batch) ([]byte, []int, []pipeline.RowFault, error) {
	if b.Count() == 0 {
		return dst, ends, nil, nil
	}
	s := scratches.Get().(*scratch)
	defer s.free()
	if err := s.bind(e, b); err != nil {
		return dst, ends, nil, err
	}
	s.ends = ends
	dst, err := e.write(s, dst)
	return dst, s.ends, s.faults, err
}

// Append appends the selected rows of a batch to dst and returns the extended buffer. Rows that the format can't hold
// are left out and come back as faults.
func (e *Encoder) Append(dst []byte, b *pipeline.Batch) ([]byte, []pipeline.RowFault, error) {
	if b.Count() == 0 {
		return dst, nil, nil
	}
	s := scratches.Get().(*scratch)
	defer s.free()
	if err := s.bind(e, b); err != nil {
		return dst, nil, err
	}
	dst, err := e.write(s, dst)
	return dst, s.faults, err
}
