package wire

import (
	"context"
	"path/filepath"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/connectors/file"
	"github.com/winnow-stream/winnow/connectors/file/part"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

// Files of a batch of requests in its job's folder.
const (
	Answered = "answered.jsonl"
	Refused  = "refused.jsonl"
)

// Answerer is a stage that answers requests: it puts a line for each into a column, and kills those that are refused.
type Answerer interface {
	pipeline.Stage
	// Refuse makes the line of a request that was refused.
	Refuse(code *fault.Code, message string, offset int64, record []byte) []byte
}

// Requests makes the pipeline of a batch: from its requests to answers and refusals in a folder of its job's. No number of
// refusals ends it.
func Requests(id, input, dir string, a Answerer, replies string, log zerolog.Logger) (*pipeline.Pipeline, error) {
	s := spec.New()
	s.Name, s.MaxErrorRate = id, 1
	s.Source = spec.Source{Kind: kindFile, Config: &file.SourceConfig{Path: input, Format: "jsonl", Encoding: "utf-8"}}
	s.Sinks = spec.Sinks{{Name: spec.DefaultSink, Kind: kindFile, Config: file.SinkConfig{Path: filepath.Join(dir, Answered), Format: "jsonl"}}}
	return Build(s, Options{
		State: filepath.Join(dir, jobState), Stage: a, AllowRejected: true, Log: log,
		Sink:    &answers{lineFile: lineFile{out: part.NewFile(disk.OS{}, filepath.Join(dir, Answered))}, column: replies},
		Rejects: &refusals{lineFile: lineFile{out: part.NewFile(disk.OS{}, filepath.Join(dir, Refused))}, refuse: a.Refuse},
	})
}

// lineFile is what the outputs of a batch have in common: a file of lines that is there when it is sealed.
type lineFile struct{ out *part.File }

// Describe names the place.
func (f *lineFile) Describe() string { return "lines " + f.out.Path() }

// Open finds what an earlier process left and goes on there, or begins.
func (f *lineFile) Open(_ context.Context, o pipeline.SinkOpen) error {
	last, err := part.Decode(o.Last, f.out.Path())
	if err != nil {
		return err
	}
	return f.out.Open(part.Begin{Last: last, Resumed: o.Resumed, Sealing: o.Sealing, Overwrite: o.Overwrite, OmitEmpty: o.OmitEmpty})
}

// Prepare makes what was written durable.
func (f *lineFile) Prepare(context.Context, int64) (pipeline.Receipt, error) {
	receipt, err := f.out.Prepare()
	if err != nil {
		return nil, err
	}
	return receipt.Encode()
}

// Commit remembers what Abort goes back to.
func (f *lineFile) Commit(_ context.Context, data pipeline.Receipt) error {
	receipt, err := part.Decode(data, f.out.Path())
	if err == nil && receipt != nil {
		f.out.Commit(*receipt)
	}
	return err
}

// Abort cuts off what came after the last commit.
func (f *lineFile) Abort(context.Context) error { return f.out.Abort() }

// Seal makes the file visible.
func (f *lineFile) Seal(_ context.Context, data pipeline.Receipt) error {
	receipt, err := part.Decode(data, f.out.Path())
	if err != nil || receipt == nil {
		return err
	}
	return f.out.Seal(*receipt)
}

// Close leaves an unfinished file as it is.
func (f *lineFile) Close() error { return f.out.Close() }

// answers is the file of answers.
type answers struct {
	lineFile
	column string
}

var (
	_ pipeline.Sink    = (*answers)(nil)
	_ pipeline.Encoder = (*answers)(nil)
	_ pipeline.Sealer  = (*answers)(nil)
	_ pipeline.Sink    = (*refusals)(nil)
	_ pipeline.Sealer  = (*refusals)(nil)
)

// Need is the records as they came, which the stage reads.
func (*answers) Need(*pipeline.Layout) pipeline.Need { return pipeline.Need{Raw: true} }

// Encode puts the lines together.
func (s *answers) Encode(_ context.Context, b *pipeline.Batch) error {
	lines := b.Column(s.column).(*array.Binary)
	var data []byte
	for i := range b.Count() {
		row := i
		if b.Rows != nil {
			row = int(b.Rows[i])
		}
		data = append(data, lines.Value(row)...)
	}
	b.Encoded = data
	return nil
}

// Write appends a batch's lines.
func (s *answers) Write(_ context.Context, b *pipeline.Batch) error {
	return s.out.Write(b.Encoded.([]byte), int64(b.Count()))
}

// refusals is the file of refusals.
type refusals struct {
	lineFile
	refuse func(code *fault.Code, message string, offset int64, record []byte) []byte
}

// Need is nothing of the records.
func (*refusals) Need(*pipeline.Layout) pipeline.Need { return pipeline.Need{} }

// Write makes a line of each rejected record.
func (s *refusals) Write(_ context.Context, b *pipeline.Batch) error {
	codes, messages, records := b.Column("code").(*array.String), b.Column("message").(*array.String), b.Column("record").(*array.String)
	offsets := b.Column("offset").(*array.Int64)
	var data []byte
	for row := range b.Len() {
		record := []byte(nil)
		if records.IsValid(row) {
			record = []byte(records.Value(row))
		}
		data = append(data, s.refuse(fault.ByID(codes.Value(row)), messages.Value(row), offsets.Value(row), record)...)
	}
	return s.out.Write(data, int64(b.Len()))
}
