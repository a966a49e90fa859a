package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/static"
	"github.com/winnow-stream/winnow/pipeline"
)

// batchRows is the engine's default.
const batchRows = 8192

func classifier(labels string) (*static.Classifier, error) {
	set, err := classify.LoadLabels(labels)
	if err != nil {
		return nil, err
	}
	return static.New(static.Config{Labels: set})
}

// eachBatch reads a file's lines as Arrow columns of so many rows. A column is valid until take returns, unless it is retained.
func eachBatch(path string, rows int, take func(*array.String) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	sc := bufio.NewScanner(bufio.NewReaderSize(f, 1<<20))
	b := array.NewStringBuilder(memory.DefaultAllocator)
	defer b.Release()
	flush := func() error {
		if b.Len() == 0 {
			return nil
		}
		a := b.NewStringArray()
		defer a.Release()
		return take(a)
	}
	for sc.Scan() {
		b.BinaryBuilder.Append(sc.Bytes())
		if b.Len() == rows {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if err := flush(); err != nil {
		return err
	}
	return sc.Err()
}

// score writes the label of each line to standard output, as fastText does.
func score(labels, texts string) error {
	c, err := classifier(labels)
	if err != nil {
		return err
	}
	names := c.Info().Labels
	out := bufio.NewWriterSize(os.Stdout, 1<<20)
	var res classify.Results
	err = eachBatch(texts, batchRows, func(a *array.String) error {
		if err := c.Classify(context.Background(), a, &res); err != nil {
			return err
		}
		for _, l := range res.Label {
			if l >= 0 {
				out.WriteString(names[l])
			}
			out.WriteByte('\n')
		}
		return nil
	})
	if err != nil {
		return err
	}
	return out.Flush()
}

// batchesOf keeps a file's batches of so many rows in memory.
func batchesOf(texts string, rows int) ([]*array.String, error) {
	var batches []*array.String
	err := eachBatch(texts, rows, func(a *array.String) error {
		a.Retain()
		batches = append(batches, a)
		return nil
	})
	return batches, err
}

func loop(labels, texts string, passes int) error {
	c, err := classifier(labels)
	if err != nil {
		return err
	}
	batches, err := batchesOf(texts, batchRows)
	if err != nil {
		return err
	}
	var res classify.Results
	rows := 0
	for range passes {
		for _, a := range batches {
			if err := c.Classify(context.Background(), a, &res); err != nil {
				return err
			}
			rows += res.Len()
		}
	}
	fmt.Println(rows)
	return nil
}

func engine(labels, texts string, passes int) error {
	c, err := classifier(labels)
	if err != nil {
		return err
	}
	batches, err := batchesOf(texts, batchRows)
	if err != nil {
		return err
	}
	p, err := pipeline.New(pipeline.Config{
		Source: newMemory(batches, passes), Stages: []pipeline.Stage{textStage{}}, Classifier: c,
		Sinks: []pipeline.NamedSink{{Name: "default", Sink: forget{}}},
	})
	if err != nil {
		return err
	}
	s, err := p.Run(context.Background())
	if err != nil {
		return err
	}
	fmt.Println(s.Counts.Delivered)
	return nil
}

// memorySource gives the same batches once a split.
type memorySource struct {
	batches []arrow.RecordBatch
	passes  int
}

var memorySchema = arrow.NewSchema([]arrow.Field{
	{Name: pipeline.ColOffset, Type: arrow.PrimitiveTypes.Int64},
	{Name: "text", Type: arrow.BinaryTypes.String},
}, nil)

func newMemory(texts []*array.String, passes int) *memorySource {
	m := &memorySource{passes: passes}
	next := int64(0)
	for _, t := range texts {
		b := array.NewInt64Builder(memory.DefaultAllocator)
		for range t.Len() {
			b.Append(next)
			next++
		}
		m.batches = append(m.batches, array.NewRecordBatch(memorySchema, []arrow.Array{b.NewInt64Array(), t}, int64(t.Len())))
	}
	return m
}

func (m *memorySource) Layout(context.Context) (*pipeline.Layout, error) {
	return &pipeline.Layout{Format: "memory", Schema: arrow.NewSchema(memorySchema.Fields()[1:], nil), Replayable: true}, nil
}

func (m *memorySource) Splits(context.Context) ([]*pipeline.Split, error) {
	splits := make([]*pipeline.Split, m.passes)
	for i := range splits {
		id := fmt.Sprintf("pass-%02d", i)
		splits[i] = &pipeline.Split{ID: id, File: id, End: -1}
	}
	return splits, nil
}

func (m *memorySource) Open(_ context.Context, s *pipeline.Split, _ pipeline.Position, _ pipeline.Projection) (pipeline.Reader, error) {
	return &memoryReader{split: s, left: m.batches}, nil
}

type memoryReader struct {
	split *pipeline.Split
	left  []arrow.RecordBatch
	next  int64
}

func (r *memoryReader) Next(context.Context) (*pipeline.Batch, error) {
	if len(r.left) == 0 {
		return nil, io.EOF
	}
	rec := r.left[0]
	rec.Retain()
	b := &pipeline.Batch{Split: r.split, First: r.next, Record: rec}
	r.left, r.next = r.left[1:], r.next+rec.NumRows()
	b.Next = pipeline.Position{Offset: r.next, Byte: -1}
	return b, nil
}

func (*memoryReader) Close() error { return nil }

// textStage classifies the column text.
type textStage struct{}

func (textStage) Needs(in *pipeline.Layout) ([]arrow.Field, error) {
	return in.Schema.Fields()[:1], nil
}

func (textStage) Process(_ context.Context, b *pipeline.Batch) error {
	text := b.Column("text")
	fields := append(b.Record.Schema().Fields(), arrow.Field{Name: pipeline.ColText, Type: text.DataType()})
	columns := append(append([]arrow.Array{}, b.Record.Columns()...), text)
	with := array.NewRecordBatch(arrow.NewSchema(fields, nil), columns, b.Record.NumRows())
	b.Record.Release()
	b.Record = with
	return nil
}

// forget is a sink that keeps nothing.
type forget struct{}

func (forget) Need(*pipeline.Layout) pipeline.Need            { return pipeline.Need{} }
func (forget) Open(context.Context, pipeline.SinkOpen) error  { return nil }
func (forget) Write(context.Context, *pipeline.Batch) error   { return nil }
func (forget) Commit(context.Context, pipeline.Receipt) error { return nil }
func (forget) Abort(context.Context) error                    { return nil }
func (forget) Close() error                                   { return nil }
func (forget) Prepare(context.Context, int64) (pipeline.Receipt, error) {
	return json.RawMessage(`{}`), nil
}
