package redact

import (
	"context"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Finder finds what is hidden in one text. Its spans are sorted and do not overlap; it is safe for concurrent use.
type Finder interface {
	Find(dst []classify.Span, text string) []classify.Span
	About() classify.ExtractorInfo
}

// All stands for every field of a record.
const All = "*"

// Config says what is hidden, and where.
type Config struct {
	Finder Finder
	// Fields are names of fields, of nested ones with dots, or All. Empty: those that Text gives, and one that is called
	// entities: what an earlier run found in them.
	Fields []string
	// Text gives the fields that the text is made of.
	Text func(in *pipeline.Layout) ([]arrow.Field, error)
	// Key makes hashes of what is hidden; empty: there are marks alone.
	Key []byte
	// Alloc allocates columns; nil: the Go heap.
	Alloc memory.Allocator
}

// Redactor is a pipeline.Redactor.
type Redactor struct{ cfg Config }

// New returns a redactor.
func New(cfg Config) *Redactor {
	if cfg.Alloc == nil {
		cfg.Alloc = memory.NewGoAllocator()
	}
	return &Redactor{cfg: cfg}
}

var _ pipeline.Redactor = (*Redactor)(nil)

// registryFormats are those whose records' bytes are not text.
var registryFormats = []string{"avro", "protobuf", "json_schema"}

// Plan finds the fields in a layout. One that a closed layout does not have is a columns.unknown error.
func (r *Redactor) Plan(in *pipeline.Layout) (pipeline.Redaction, error) {
	if slices.Contains(registryFormats, in.Format) {
		return nil, unsupported(in.Format)
	}
	names := r.cfg.Fields
	if len(names) == 0 {
		fields, err := r.cfg.Text(in)
		if err != nil {
			return nil, err
		}
		for _, f := range fields {
			names = append(names, f.Name)
		}
		if _, err := in.Field(pipeline.ResEntities); err == nil { // what an earlier run found in the same text
			names = append(names, pipeline.ResEntities)
		}
	}
	for _, name := range names {
		if name == All || in.Open || strings.HasPrefix(name, "_") {
			continue
		}
		if _, err := in.Field(name); err != nil {
			return nil, err
		}
	}
	p := &redaction{in: in, masker: newMasker(r.cfg.Finder, r.cfg.Key), where: newSelection(names), alloc: r.cfg.Alloc}
	return p, nil
}

func unsupported(format string) error {
	return fault.New(fault.RedactFormat, "records in the format %s can't be redacted", format).
		WithFix("read them as JSON, or leave redact out and keep the topic to those who may see it")
}

// redaction is a pipeline.Redaction.
type redaction struct {
	in     *pipeline.Layout
	masker *masker
	where  selection
	alloc  memory.Allocator
}

// Redact makes the sink's own records.
func (r *redaction) Redact(_ context.Context, view *pipeline.Batch) (record, result arrow.RecordBatch, err error) {
	if view.Column(pipeline.ColOriginal) != nil {
		return nil, nil, unsupported("of a schema registry")
	}
	w := &rewriter{redaction: r, find: r.masker.finder(), rows: view.Rows}
	columns := make([]arrow.Array, view.Record.NumCols())
	defer release(columns)
	for i, f := range view.Record.Schema().Fields() {
		if columns[i], err = w.column(f, view.Record.Column(i)); err != nil {
			return nil, nil, err
		}
	}
	record = array.NewRecordBatch(view.Record.Schema(), columns, view.Record.NumRows())
	if view.Result == nil {
		return record, nil, nil
	}
	results := slices.Clone(view.Result.Columns())
	for i, c := range results {
		if list, ok := c.(*array.List); ok && pipeline.IsEntities(c.DataType()) {
			results[i] = w.entities(view.Column(pipeline.ColText), list)
			defer results[i].Release()
		} else if ok && pipeline.IsKeyphrases(c.DataType()) {
			results[i] = w.keyphrases(view.Column(pipeline.ColText), list)
			defer results[i].Release()
		} else if ok && pipeline.IsExplanation(c.DataType()) {
			results[i] = w.explanations(view.Column(pipeline.ColText), list)
			defer results[i].Release()
		}
	}
	return record, array.NewRecordBatch(view.Result.Schema(), results, view.Result.NumRows()), nil
}

func release(columns []arrow.Array) {
	for _, c := range columns {
		if c != nil {
			c.Release()
		}
	}
}

// selection is a set of fields by their dotted names.
type selection struct {
	all   bool
	names map[string]bool // the fields, and with false what they lie in
}

func newSelection(names []string) selection {
	s := selection{names: make(map[string]bool)}
	for _, name := range names {
		s.all = s.all || name == All
		s.names[name] = true
		for i := range len(name) {
			if name[i] == '.' && !s.names[name[:i]] {
				s.names[name[:i]] = false
			}
		}
	}
	return s
}

// runtime is of for the runtime's own columns, which All does not mean.
func (s selection) runtime(name string) (whole, within bool) {
	return selection{names: s.names}.of(name)
}

// of tells whether a field is looked through as a whole, or may have one within.
func (s selection) of(name string) (whole, within bool) {
	if s.all {
		return true, true
	}
	whole, within = s.names[name]
	return whole, within
}
