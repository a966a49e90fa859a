package http

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
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
	one := *b
	for k := range b.Count() {
		index := k
		if b.Rows != nil {
			index = int(b.Rows[k])
		}
		e.rows = append(e.rows, row{index: index, offset: offsets[index]})
	}
	if e.data, e.faults, err = s.encoder.Append(nil, b); err != nil {
		return err
	}
	if len(e.faults) > 0 || bytes.Count(e.data, []byte{'\n'}) != len(e.rows) {
		if err := s.encodeSingly(e, &one); err != nil {
			return err
		}
	}
	e.cut()
	if s.cfg.IDField != "" {
		s.addIDs(e)
	}
	for i := range e.rows {
		if !e.rows[i].closed {
			e.open++
		}
	}
	b.Encoded = e
	return nil
}

// encodeSingly encodes row by row. A record may have line ends between its tokens, where spaces do as well.
func (s *Sink) encodeSingly(e *encoded, b *pipeline.Batch) error {
	e.data, e.faults = e.data[:0], nil
	for i := range e.rows {
		b.Rows = []int32{int32(e.rows[i].index)}
		start := len(e.data)
		var faults []pipeline.RowFault
		var err error
		if e.data, faults, err = s.encoder.Append(e.data, b); err != nil {
			return err
		}
		if len(faults) > 0 {
			e.faults = append(e.faults, faults...)
			e.rows[i].closed = true
			e.data = append(e.data[:start], '\n')
			continue
		}
		for at := start; at < len(e.data)-1; at++ {
			if e.data[at] == '\n' {
				e.data[at] = ' '
			}
		}
	}
	return nil
}

// cut finds the rows' lines.
func (e *encoded) cut() {
	at := 0
	for i := range e.rows {
		end := at + bytes.IndexByte(e.data[at:], '\n')
		e.rows[i].from, e.rows[i].to = at, end
		at = end + 1
	}
}

// addIDs adds the records' ids to them. A record that has the field already dies: whose id it is could not be told.
func (s *Sink) addIDs(e *encoded) {
	name := jsonl.AppendString(nil, s.cfg.IDField)
	old := e.data
	e.data = make([]byte, 0, len(old)+len(e.rows)*(len(name)+64))
	var member []byte
	for i := range e.rows {
		r := &e.rows[i]
		line := old[r.from:r.to]
		if !r.closed && bytes.Contains(line, name) && hasField(line, s.cfg.IDField) {
			r.closed = true
			e.faults = append(e.faults, e.fault(r, fault.New(fault.RecordFieldConflict,
				"the record already has a field %q, which is to hold its id", s.cfg.IDField).WithFix("choose another id_field")))
		}
		r.from = len(e.data)
		if !r.closed {
			member = append(append(member[:0], name...), ':')
			member = jsonl.AppendString(member, s.recordID(e, r))
			e.data = jsonl.AppendSpliced(e.data, line, member)
		}
		r.to = len(e.data)
		e.data = append(e.data, '\n')
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
