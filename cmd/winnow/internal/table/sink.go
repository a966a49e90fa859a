package table

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/winnow-stream/winnow/connectors/codec/jsonl"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Sink writes each row as it came with the columns of an Answer behind it, also rows that could not be answered. It is the
// only sink of its pipeline.
type Sink struct {
	output
	answer  answer
	columns []string // the answer's, as they are written
	objects bool     // rows are written into their JSON as it came
}

// output is the sink of a format: it makes bytes on the engine's workers, and its file appears whole.
type output interface {
	pipeline.Sink
	pipeline.Encoder
	pipeline.Sealer
}

var (
	_ output            = (*Sink)(nil)
	_ pipeline.DeadSink = (*Sink)(nil)
)

// NewSink makes the output of a job at a path, of what the engine answers, or else a Separate. It touches nothing before Open.
func NewSink(c *Config, path string, env pipeline.Env, by *Separate) (*Sink, error) {
	made, err := c.Output.Sink(path).NewSink(env)
	if err != nil {
		return nil, err
	}
	s := &Sink{output: made.(output), answer: newAnswer(c), objects: c.Output.Format == JSONL}
	if by != nil {
		s.answer = by
	}
	return s, nil
}

// TakesDead is true: the output has a row for each of the input.
func (*Sink) TakesDead() bool { return true }

// Reserves are the answer's columns, where they are written into the rows' own JSON.
func (s *Sink) Reserves(in *pipeline.Layout) ([]string, error) {
	if !s.objects || in.Raw != pipeline.RawJSON {
		return nil, nil
	}
	return ResultNames(in, s.answer.names())
}

// Open opens the output for the answer's columns.
func (s *Sink) Open(ctx context.Context, o pipeline.SinkOpen) error {
	names, err := ResultNames(o.Input, s.answer.names())
	if err != nil {
		return err
	}
	s.columns, o.Result = names, s.answer.schema(names, o.Result)
	return s.output.Open(ctx, o)
}

// ResultNames are the names of an answer's columns in the output: another one where the input has a column of that name.
func ResultNames(in *pipeline.Layout, columns []string) ([]string, error) {
	names := make([]string, len(columns))
	for i, c := range columns {
		if names[i] = c; !in.Schema.HasField(c) {
			continue
		}
		if names[i] = "predicted_" + c; in.Schema.HasField(names[i]) || slices.Contains(columns, names[i]) {
			return nil, fault.New(fault.RecordFieldConflict, "the file has the columns %q and %q", c, names[i])
		}
	}
	return names, nil
}

// answered is a batch with the answer's columns.
type answered struct{ *pipeline.Batch }

// Encode makes the answer's columns of the engine's, and the rows' bytes.
func (s *Sink) Encode(ctx context.Context, b *pipeline.Batch) error {
	reasons := make(map[int]*fault.Error, len(b.Faults))
	for _, f := range b.Faults {
		reasons[f.Row] = f.Err
	}
	with := &pipeline.Batch{Split: b.Split, First: b.First, Next: b.Next, Record: b.Record, Rows: b.Rows}
	if s.objects && len(reasons) > 0 {
		with.Record = s.whole(b, reasons)
	}
	with.Result = s.answer.columns(b.Result, reasons)
	b.Encoded = answered{with}
	return s.output.Encode(ctx, with)
}

// Write writes a batch's rows. After an error the same batch can be written again.
func (s *Sink) Write(ctx context.Context, b *pipeline.Batch) error {
	return s.output.Write(ctx, b.Encoded.(answered).Batch)
}

// whole gives dead rows that are no JSON objects an empty one, into which their reason can be written, and takes names out of
// their way that columns of the answer have.
func (s *Sink) whole(b *pipeline.Batch, reasons map[int]*fault.Error) arrow.RecordBatch {
	at := b.Record.Schema().FieldIndices(pipeline.ColRaw)
	if len(at) == 0 {
		return b.Record
	}
	build := array.NewBinaryBuilder(memory.DefaultAllocator, arrow.BinaryTypes.Binary)
	for row := range b.Len() {
		switch value := b.Raw(row); {
		case reasons[row] == nil:
			build.Append(value)
		case !isObject(value):
			build.Append([]byte("{}\n"))
		case reasons[row].Code == fault.RecordFieldConflict:
			build.Append(renamed(value, s.columns))
		default:
			build.Append(value)
		}
	}
	columns := append([]arrow.Array(nil), b.Record.Columns()...)
	columns[at[0]] = build.NewArray()
	return array.NewRecordBatch(b.Record.Schema(), columns, b.Record.NumRows())
}

// renamed is an object whose members of certain names have others: input_label for label.
func renamed(object []byte, names []string) []byte {
	var members map[string]json.RawMessage
	d := jsontext.NewDecoder(bytes.NewReader(object), jsontext.AllowDuplicateNames(true))
	if json.Unmarshal(object, &members) != nil {
		return object
	}
	taken := func(name string) bool { _, ok := members[name]; return ok || slices.Contains(names, name) }
	var out []byte
	_, err := d.ReadToken() // the brace
	for err == nil && d.PeekKind() == jsontext.KindString {
		var key jsontext.Token
		if key, err = d.ReadToken(); err != nil {
			break
		}
		name := key.String()
		for slices.Contains(names, key.String()) && taken(name) {
			name = "input_" + name
		}
		var value jsontext.Value
		if value, err = d.ReadValue(); err != nil {
			break
		}
		if len(out) > 0 {
			out = append(out, ',')
		}
		out = append(append(jsonl.AppendString(out, name), ':'), value...)
	}
	if err != nil {
		return object
	}
	return append(append([]byte{'{'}, out...), "}\n"...)
}

func isObject(value []byte) bool {
	var object map[string]json.RawMessage
	return json.Unmarshal(value, &object) == nil && object != nil
}
