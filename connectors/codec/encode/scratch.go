package encode

import (
	"sync"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// scratch is what one call of Append works with: a batch's columns made ready. It refers to the batch until free.
type scratch struct {
	b       *pipeline.Batch
	raw     *array.Binary // what results are spliced into
	input   []field       // the user's columns; empty where results are spliced
	extra   *array.String // _extra, nil where the layout is closed
	typed   *array.Binary // _cells; nil where the input is no sheet, or the output none
	results []field
	members []byte
	ends    []int               // of the records in dst, for who asked; nil: for nobody
	faults  []pipeline.RowFault // handed on to the caller
}

// field is a named column of a batch.
type field struct {
	key    []byte // the name as a JSON string with its colon
	values arrow.Array
	column column
	input  bool // a column of the user's, not a result
}

var scratches = sync.Pool{New: func() any { return new(scratch) }}

func (s *scratch) free() {
	clear(s.input)
	clear(s.results)
	*s = scratch{input: s.input[:0], results: s.results[:0], members: s.members[:0]}
	scratches.Put(s)
}

// bind finds the columns that the encoder writes.
func (s *scratch) bind(e *Encoder, b *pipeline.Batch) error {
	s.b = b
	if e.splice {
		raw, ok := b.Column(pipeline.ColRaw).(*array.Binary)
		if !ok {
			return fault.New(fault.Internal, "the batch has no column %s", pipeline.ColRaw)
		}
		s.raw = raw
	} else if err := s.bindInput(e, b); err != nil {
		return err
	}
	if e.result == nil {
		return nil
	}
	if b.Result == nil {
		return fault.New(fault.Internal, "the batch has no results")
	}
	for i, f := range e.result.Fields() {
		s.results = append(s.results, newField(f, b.Result.Column(i), false))
	}
	return nil
}

func (s *scratch) bindInput(e *Encoder, b *pipeline.Batch) error {
	for _, f := range e.in.Schema.Fields() {
		values := b.Column(f.Name)
		if values == nil {
			return fault.New(fault.Internal, "the batch has no column %q", f.Name)
		}
		s.input = append(s.input, newField(f, values, true))
	}
	s.typed, _ = b.Column(pipeline.ColCells).(*array.Binary)
	if e.in.Open {
		s.extra, _ = b.Column(pipeline.ColExtra).(*array.String)
	}
	return nil
}

func newField(f arrow.Field, values arrow.Array, input bool) field {
	// Names are few and short; encoding them again for each batch keeps the encoder without state.
	key := append(appendJSONString(nil, f.Name), ':')
	return field{key: key, values: values, column: newColumn(f, values, !input), input: input}
}

// end notes where a record ends.
func (s *scratch) end(at int) {
	if s.ends != nil {
		s.ends = append(s.ends, at)
	}
}

// row returns the index in the batch of the k-th selected row.
func (s *scratch) row(k int) int {
	if s.b.Rows != nil {
		return int(s.b.Rows[k])
	}
	return k
}
