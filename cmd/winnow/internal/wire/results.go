package wire

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/connectors/codec/encode"
	"github.com/winnow-stream/winnow/connectors/file/part"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
)

// results is the output of a job: a line for each record, in order, with its label or why it has none, and nothing of the
// record itself. Records that were rejected have a line, too: the sink's other face, letters, is that of the dead letters.
//
// The engine writes a batch's delivered rows, then its rejected ones. So the lines of the last batch are held back until
// it is clear that no rejected row comes between them.
type results struct {
	out    *part.File
	labels [][]byte // as JSON, by the classifier's index
	multi  bool
	with   included

	held  *lines // of the batch that begins at first; nil: none
	first int64
	free  chan *lines // to be used again
}

// freeLines is how many batches' lines are kept to be used again.
const freeLines = 8

// lines are lines of results with the offsets of their records, ascending.
type lines struct {
	data    []byte
	ends    []int // of the lines in data
	offsets []int64
}

// reset makes lines that are none, in the memory of those before.
func (l *lines) reset() { l.data, l.ends, l.offsets = l.data[:0], l.ends[:0], l.offsets[:0] }

func (l *lines) end(offset int64) {
	l.data = append(l.data, '\n')
	l.ends, l.offsets = append(l.ends, len(l.data)), append(l.offsets, offset)
}

func (l *lines) line(i int) []byte {
	start := 0
	if i > 0 {
		start = l.ends[i-1]
	}
	return l.data[start:l.ends[i]]
}

var (
	_ pipeline.Sink    = (*results)(nil)
	_ pipeline.Encoder = (*results)(nil)
	_ pipeline.Sealer  = (*results)(nil)
	_ pipeline.Sink    = letters{}
)

func newResults(fsys disk.FS, path string, multi bool, with included) *results {
	return &results{out: part.NewFile(fsys, path), multi: multi, with: with, free: make(chan *lines, freeLines)}
}

// Need is nothing of the records, unless something of them is included.
func (r *results) Need(*pipeline.Layout) pipeline.Need {
	return pipeline.Need{Raw: r.with.record()}
}

// Describe names the place.
func (r *results) Describe() string { return "results " + r.out.Path() }

// Open finds what an earlier process left and goes on there, or begins.
func (r *results) Open(_ context.Context, o pipeline.SinkOpen) error {
	last, err := part.Decode(o.Last, r.out.Path())
	if err != nil {
		return err
	}
	r.labels, r.held = nil, nil
	for _, name := range o.Labels {
		quoted, err := json.Marshal(name)
		if err != nil {
			return err
		}
		r.labels = append(r.labels, quoted)
	}
	return r.out.Open(part.Begin{Last: last, Resumed: o.Resumed, Sealing: o.Sealing, Overwrite: o.Overwrite})
}

// Encode makes the lines of a batch's rows.
func (r *results) Encode(_ context.Context, b *pipeline.Batch) error {
	l := r.lines()
	tokens := column(b.Result, pipeline.ResTokens).(*array.Int32).Int32Values()
	offsets := b.Offsets()
	var records *array.Binary // nil: nothing of them is asked for, and to touch each took as long as to write its line
	if r.with.record() {
		records, _ = b.Column(pipeline.ColRaw).(*array.Binary)
	}
	lists, _ := column(b.Result, pipeline.ResLabels).(*array.List)
	for i := range b.Count() {
		row := i
		if b.Rows != nil {
			row = int(b.Rows[i])
		}
		if r.multi {
			l.data = r.appendList(append(l.data, `{"labels":[`...), lists, row, r.with.least)
			l.data = append(l.data, ']')
		} else if label := b.Labels[row]; label < 0 {
			l.data = append(l.data, `{"label":null,"confidence":null`...)
		} else {
			l.data = append(append(l.data, `{"label":`...), r.labels[label]...)
			l.data = encode.AppendProbability(append(l.data, `,"confidence":`...), b.Confidence[row])
		}
		if reason := b.Reasons[row]; reason != classify.Labelled {
			l.data = append(append(append(l.data, `,"reason":"`...), reason.String()...), '"')
		}
		l.data = strconv.AppendInt(append(l.data, `,"tokens":`...), int64(tokens[row]), 10)
		var record []byte
		if records != nil && records.IsValid(row) {
			record = records.Value(row)
		}
		l.data = r.with.append(l.data, offsets[row], record)
		if r.with.scores {
			l.data = append(r.appendList(append(l.data, `,"scores":[`...), lists, row, 0), ']')
		}
		l.data = append(l.data, '}')
		l.end(offsets[row])
	}
	b.Encoded = l
	return nil
}

// lines are none yet, in memory that batches before have left, where they have.
func (r *results) lines() *lines {
	select {
	case l := <-r.free:
		l.reset()
		return l
	default:
		return new(lines)
	}
}

// appendList appends the labels of a row from a confidence on: the list is in its order.
func (r *results) appendList(to []byte, lists *array.List, row int, least float32) []byte {
	if lists.IsNull(row) {
		return to
	}
	scores := lists.ListValues().(*array.Struct)
	names, confidences := scores.Field(0).(*array.Dictionary), scores.Field(1).(*array.Float32)
	start, end := lists.ValueOffsets(row)
	for i := start; i < end && confidences.Value(int(i)) >= least; i++ {
		if i > start {
			to = append(to, ',')
		}
		to = append(append(to, `{"label":`...), r.labels[names.GetValueIndex(int(i))]...)
		to = append(encode.AppendProbability(append(to, `,"confidence":`...), confidences.Value(int(i))), '}')
	}
	return to
}

func column(rec arrow.RecordBatch, name string) arrow.Array {
	for i, f := range rec.Schema().Fields() {
		if f.Name == name {
			return rec.Column(i)
		}
	}
	return nil
}

// Write takes a batch's lines, and writes those of the batch before.
func (r *results) Write(_ context.Context, b *pipeline.Batch) error {
	if err := r.flush(); err != nil {
		return err
	}
	r.held, r.first = b.Encoded.(*lines), b.First
	b.Encoded = nil // they are used again for another one
	return nil
}

// merge puts lines of the same batch between those that are held, or holds them where the batch has no others.
func (r *results) merge(first int64, dead *lines) error {
	if r.held == nil || r.first != first {
		if err := r.flush(); err != nil {
			return err
		}
		r.held, r.first = dead, first
		return nil
	}
	both := &lines{data: make([]byte, 0, len(r.held.data)+len(dead.data))}
	take := func(from *lines, i int) {
		both.data = append(both.data, from.line(i)...)
		both.ends, both.offsets = append(both.ends, len(both.data)), append(both.offsets, from.offsets[i])
	}
	i, j := 0, 0
	for i < len(r.held.offsets) || j < len(dead.offsets) {
		if j == len(dead.offsets) || i < len(r.held.offsets) && r.held.offsets[i] < dead.offsets[j] {
			take(r.held, i)
			i++
		} else {
			take(dead, j)
			j++
		}
	}
	r.held = both
	return nil
}

// flush writes what is held.
func (r *results) flush() error {
	if r.held == nil {
		return nil
	}
	if err := r.out.Write(r.held.data, int64(len(r.held.ends))); err != nil {
		return err
	}
	select {
	case r.free <- r.held:
	default:
	}
	r.held = nil
	return nil
}

// Prepare makes what was written durable, the last batch's lines with it.
func (r *results) Prepare(context.Context, int64) (pipeline.Receipt, error) {
	if err := r.flush(); err != nil {
		return nil, err
	}
	receipt, err := r.out.Prepare()
	if err != nil {
		return nil, err
	}
	return receipt.Encode()
}

// Commit remembers what Abort goes back to.
func (r *results) Commit(_ context.Context, data pipeline.Receipt) error {
	receipt, err := part.Decode(data, r.out.Path())
	if err == nil && receipt != nil {
		r.out.Commit(*receipt)
	}
	return err
}

// Abort cuts off what came after the last commit.
func (r *results) Abort(context.Context) error {
	r.held = nil
	return r.out.Abort()
}

// Seal makes the results visible.
func (r *results) Seal(_ context.Context, data pipeline.Receipt) error {
	receipt, err := part.Decode(data, r.out.Path())
	if err != nil || receipt == nil {
		return err
	}
	return r.out.Seal(*receipt)
}

// Close leaves unfinished results as they are.
func (r *results) Close() error { return r.out.Close() }

// letters is the dead letters' face of results.
type letters struct {
	discard
	results *results
}

// Guarantee is that of the results.
func (letters) Guarantee() (pipeline.Guarantee, string) { return pipeline.ExactlyOnce, "" }

// Write makes a line of each rejected record: its code and what happened, and nothing of its text.
func (w letters) Write(_ context.Context, b *pipeline.Batch) error {
	none := `{"label":null,"confidence":null,"tokens":0,"error":`
	if w.results.multi {
		none = `{"labels":[],"tokens":0,"error":`
	}
	codes, messages := b.Column("code").(*array.String), b.Column("message").(*array.String)
	records := b.Column("record").(*array.String)
	offsets := b.Column("offset").(*array.Int64).Int64Values()
	l := new(lines)
	for row, offset := range offsets {
		problem, err := json.Marshal(struct {
			Code    string `json:"code"`
			Message string `json:"message"`
		}{strings.ToUpper(strings.ReplaceAll(codes.Value(row), ".", "_")), messages.Value(row)})
		if err != nil {
			return err
		}
		l.data = append(append(l.data, none...), problem...)
		record := []byte(nil)
		if records.IsValid(row) {
			record = []byte(records.Value(row))
		}
		l.data = w.results.with.append(l.data, offset, record)
		if w.results.with.scores {
			l.data = append(l.data, `,"scores":[]`...)
		}
		l.data = append(l.data, '}')
		l.end(offset)
	}
	return w.results.merge(b.First, l)
}
