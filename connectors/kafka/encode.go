package kafka

import (
	"bytes"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// encoded is a batch as messages. The messages' values lie in data, or in the columns' copies there.
type encoded struct {
	data     []byte
	ends     []int
	headers  []kgo.RecordHeader
	records  []kgo.Record
	rows     []int32 // of the batch, by record
	plain    []int32 // scratch: rows with a value
	wire     []byte  // the values in a registry's format, where the sink writes one
	wireEnds []int
	faults   []pipeline.RowFault
}

func (e *encoded) reset() {
	clear(e.records)
	clear(e.headers)
	e.data, e.ends, e.headers, e.records = e.data[:0], e.ends[:0], e.headers[:0], e.records[:0]
	e.rows, e.plain = e.rows[:0], e.plain[:0]
	e.wire, e.wireEnds, e.faults = e.wire[:0], e.wireEnds[:0], nil
}

// Encode makes messages of a batch's rows.
func (s *Sink) Encode(ctx context.Context, b *pipeline.Batch) error {
	e, err := s.encode(ctx, b)
	if err != nil {
		return err
	}
	b.Encoded = e
	return nil
}

func (s *Sink) encode(ctx context.Context, b *pipeline.Batch) (*encoded, error) {
	var e *encoded
	select {
	case e = <-s.free:
	default:
		e = &encoded{ends: []int{}}
	}
	if s.dead {
		return e, s.encodeLetters(e, b)
	}
	return e, s.encodeRows(ctx, e, b)
}

// encodeRows makes the values first, then what the messages have beside them.
func (s *Sink) encodeRows(ctx context.Context, e *encoded, b *pipeline.Batch) error {
	raw, _ := b.Column(pipeline.ColRaw).(*array.Binary)
	view := *b
	for k := range b.Count() {
		row := int32(k)
		if b.Rows != nil {
			row = b.Rows[k]
		}
		e.rows = append(e.rows, row)
		if raw == nil || raw.IsValid(int(row)) {
			e.plain = append(e.plain, row)
		}
	}
	view.Rows = e.plain
	if err := s.encodeValues(e, &view, raw); err != nil {
		return err
	}
	values, ends, cut := e.data, e.ends, 1 // 1: the line end behind each value
	if s.registry != nil {
		if err := s.wrap(ctx, e, b); err != nil {
			return err
		}
		values, ends, cut = e.wire, e.wireEnds, 0
	}
	wrapped := len(e.faults) // in the order of their rows
	m := newMessages(b, s.results, s.cfg.Results == resultsHeaders, s.source == nil)
	if cap(e.records) < len(e.rows) {
		e.records = make([]kgo.Record, len(e.rows))
	}
	e.records = e.records[:len(e.rows)]
	from, next := 0, 0
	for i, row := range e.rows {
		r := &e.records[i]
		if next < len(e.plain) && e.plain[next] == row {
			to := ends[next]
			r.Value = values[from : to-cut : to-cut]
			from = to
			next++
		}
		topic, stray := s.topicOf(b, int(row))
		if stray != nil && !isFault(e.faults[:wrapped], row) {
			e.faults = append(e.faults, rowFault(b, row, stray))
		}
		r.Topic = topic
		r.Partition = m.partition(int(row))
		if s.cfg.Partition == partitionSame {
			r.Context = samePartition //nolint:fatcontext // a field of the record
		}
		m.fill(e, r, int(row))
	}
	return nil
}

// rowFault is why a row can't be written.
func rowFault(b *pipeline.Batch, row int32, err *fault.Error) pipeline.RowFault {
	return pipeline.RowFault{Row: int(row), Err: err.At(fault.Where{File: b.Split.File, Offset: b.Offsets()[row], HasOffset: true})}
}

func isFault(faults []pipeline.RowFault, row int32) bool {
	_, found := slices.BinarySearchFunc(faults, int(row), func(f pipeline.RowFault, row int) int { return f.Row - row })
	return found
}

// encodeValues appends the values of the view's rows to data and where they end to ends.
func (s *Sink) encodeValues(e *encoded, view *pipeline.Batch, raw *array.Binary) error {
	if s.encoder != nil {
		var err error
		e.data, e.ends, _, err = s.encoder.AppendRecords(e.data, e.ends, view) // JSON holds every row: no faults
		return err
	}
	if original, ok := view.Column(pipeline.ColOriginal).(*array.Binary); ok {
		raw = original
	}
	for _, row := range view.Rows {
		e.data = append(e.data, raw.Value(int(row))...)
		e.data = append(e.data, '\n') // a value that ends with a line end keeps it
		e.ends = append(e.ends, len(e.data))
	}
	return nil
}

// messages gives rows of a batch what a message has beside its value.
type messages struct {
	b        *pipeline.Batch
	number   int32 // of the split's partition
	replayed bool  // rows have places of their own
	keys     *array.Binary
	times    *array.Timestamp
	headers  *array.List
	names    *array.String // of the headers
	values   *array.Binary
	results  *resultHeaders // nil: no headers of results
	ids      bool           // a header winnow-id
}

func (m *messages) fill(e *encoded, r *kgo.Record, row int) {
	if m.keys != nil && m.keys.IsValid(row) {
		start := len(e.data)
		e.data = append(e.data, m.keys.Value(row)...)
		r.Key = e.data[start:len(e.data):len(e.data)]
	}
	if m.times != nil {
		r.Timestamp = time.UnixMilli(int64(m.times.Value(row)))
	}
	start := len(e.headers)
	if m.headers != nil {
		from, to := m.headers.ValueOffsets(row)
		for i := int(from); i < int(to); i++ {
			h := kgo.RecordHeader{Key: strings.Clone(m.names.Value(i))} // the column goes with the batch
			if m.values.IsValid(i) {
				h.Value = bytes.Clone(m.values.Value(i))
			}
			e.headers = append(e.headers, h)
		}
	}
	if m.results != nil {
		e.headers = m.results.append(e.headers, row)
	}
	if m.ids {
		e.headers = append(e.headers, kgo.RecordHeader{Key: headerID, Value: m.id(row)})
	}
	if len(e.headers) > start {
		r.Headers = e.headers[start:len(e.headers):len(e.headers)]
	}
}

// id is the same however often a row is written: who reads at least once tells copies by it.
func (m *messages) id(row int) []byte {
	if !m.replayed {
		return strconv.AppendInt(append([]byte(m.b.Split.ID), '/'), m.b.Offsets()[row], 10)
	}
	from := m.b.Origin(row)
	return strconv.AppendInt(append([]byte(from.Split), '/'), from.Offset, 10)
}

// partition is the number of the partition that a row came from.
func (m *messages) partition(row int) int32 {
	if !m.replayed {
		return m.number
	}
	_, number, _ := splitID(m.b.Origin(row).Split)
	return number
}
