package http

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/winnow-stream/winnow/connectors/codec/jsonl"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// encoded is a batch's rows as JSON, and which of them are answered for.
type encoded struct {
	split string
	file  string
	data  []byte // one object a line
	rows  []row

	mu     sync.Mutex
	faults []pipeline.RowFault // guarded by mu while requests are on their way
	open   int                 // guarded by mu likewise; rows that are not answered for
}

// row is one record in a batch's encoded data. Only the request that it is part of touches it.
type row struct {
	index    int // in Batch.Record
	offset   int64
	from, to int // in data, without the line end
	closed   bool
	doubtful bool // it was sent, and no answer came
}

// Encode makes JSON objects of a batch's rows. A batch that is written again keeps what it knows of its rows.
func (s *Sink) Encode(_ context.Context, b *pipeline.Batch) error {
	if _, ok := b.Encoded.(*encoded); ok {
		return nil
	}
	e := &encoded{split: b.Split.ID, file: b.Split.File}
	offsets, err := offsetsOf(b)
	if err != nil {
		return err
	}
	var ends []int
	if e.data, ends, e.faults, err = s.encoder.AppendRecords(nil, make([]int, 0, b.Count()), b); err != nil {
		return err
	}
	e.cut(b, offsets, ends)
	if s.cfg.IDField != "" {
		s.addIDs(e)
	}
	e.open = len(e.rows)
	b.Encoded = e
	return nil
}

// cut notes the rows that were encoded, in order, and where each one lies. A record may have line ends between its
// tokens, where spaces do as well.
func (e *encoded) cut(b *pipeline.Batch, offsets []int64, ends []int) {
	at := 0
	for k := range b.Count() {
		index := k
		if b.Rows != nil {
			index = int(b.Rows[k])
		}
		if slices.ContainsFunc(e.faults, func(f pipeline.RowFault) bool { return f.Row == index }) {
			continue
		}
		end := ends[len(e.rows)]
		for i, c := range e.data[at : end-1] {
			if c == '\n' {
				e.data[at+i] = ' '
			}
		}
		e.rows = append(e.rows, row{index: index, offset: offsets[index], from: at, to: end - 1})
		at = end
	}
}

// addIDs adds the records' ids to them. A record that has the field already dies: whose id it is could not be told.
func (s *Sink) addIDs(e *encoded) {
	name := jsonl.AppendString(nil, s.cfg.IDField)
	old, rows := e.data, e.rows
	e.data, e.rows = make([]byte, 0, len(old)+len(rows)*(len(name)+64)), rows[:0]
	var member []byte
	for _, r := range rows {
		line := old[r.from:r.to]
		if bytes.Contains(line, name) && hasField(line, s.cfg.IDField) {
			e.faults = append(e.faults, e.fault(&r, fault.New(fault.RecordFieldConflict,
				"the record already has a field %q, which is to hold its id", s.cfg.IDField).WithFix("choose another id_field")))
			continue
		}
		member = append(append(member[:0], name...), ':')
		member = jsonl.AppendString(member, s.recordID(e, &r))
		r.from = len(e.data)
		e.data = jsonl.AppendSpliced(e.data, line, member)
		r.to = len(e.data)
		e.data = append(e.data, '\n')
		e.rows = append(e.rows, r)
	}
}

func hasField(object []byte, name string) bool {
	var fields map[string]json.RawMessage
	_, has := fields[name]
	if err := json.Unmarshal(object, &fields); err == nil {
		_, has = fields[name]
	}
	return has
}

// offsetsOf are the offsets of a batch's records; dead letters have a column of their own for them.
func offsetsOf(b *pipeline.Batch) ([]int64, error) {
	for _, name := range []string{pipeline.ColOffset, "offset"} {
		if c, ok := b.Column(name).(*array.Int64); ok {
			return c.Int64Values(), nil
		}
	}
	return nil, fault.New(fault.Internal, "the batch has no offsets")
}

// fault places the error of a row.
func (e *encoded) fault(r *row, err *fault.Error) pipeline.RowFault {
	return pipeline.RowFault{Row: r.index, Err: err.At(fault.Where{File: e.file, Offset: r.offset, HasOffset: true})}
}

// requests divides the open rows into requests.
func (e *encoded) requests(rows, size int) [][]*row {
	var all [][]*row
	var one []*row
	bytes := 0
	for i := range e.rows {
		r := &e.rows[i]
		if r.closed {
			continue
		}
		n := r.to - r.from + 1
		if len(one) > 0 && (len(one) >= rows || bytes+n > size) {
			all, one, bytes = append(all, one), nil, 0
		}
		one = append(one, r)
		bytes += n
	}
	return append(all, one)
}

// take enters that the endpoint took rows.
func (e *encoded) take(rows ...*row) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, r := range rows {
		r.closed = true
	}
	e.open -= len(rows)
}

// kill enters that the endpoint refused a row.
func (e *encoded) kill(r *row, err *fault.Error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	r.closed = true
	e.open--
	e.faults = append(e.faults, e.fault(r, err))
}

// recordID is pipeline/split/offset, in characters that a header may hold.
func (s *Sink) recordID(e *encoded, r *row) string {
	return fmt.Sprintf("%s/%s/%d", printable(s.pipeline), printable(e.split), r.offset)
}

// printable writes what a header can't hold as %XX.
func printable(s string) string {
	clean := true
	for i := range len(s) {
		clean = clean && s[i] > ' ' && s[i] < 0x7f && s[i] != '%'
	}
	if clean {
		return s
	}
	var b []byte
	for i := range len(s) {
		if c := s[i]; c > ' ' && c < 0x7f && c != '%' {
			b = append(b, c)
		} else {
			b = fmt.Appendf(b, "%%%02X", c)
		}
	}
	return string(b)
}
