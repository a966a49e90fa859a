package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/connectors/file"
	"github.com/winnow-stream/winnow/connectors/parquet"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/plugins/host"
	"github.com/winnow-stream/winnow/plugins/sdk"
)

// pluginConfig is what the plugin is asked for: one of its fields.
type pluginConfig struct {
	Path   string `json:"path"`   // of a Parquet file to read, or of JSON lines to write
	Labels string `json:"labels"` // label by these, as what is built in does
	Texts  string `json:"texts"`  // do as little as can be: give these texts, one label to each, forget them
}

// servePlugin serves what is built in, as a plugin.
func servePlugin() {
	env := pipeline.Env{FS: disk.OS{}, Log: zerolog.Nop()}
	configOf := func(t sdk.Task) (c pluginConfig, err error) { return c, t.Decode(&c) }
	sdk.Serve(sdk.Plugin{
		Name: "bench", Version: "1",
		Source: func(_ context.Context, t sdk.Task) (pipeline.Source, error) {
			c, err := configOf(t)
			if err != nil || c.Texts == "" {
				return parquet.NewSource(parquet.SourceConfig{Path: c.Path}, env), err
			}
			texts, err := batchesOf(c.Texts, hopRows)
			return newMemory(texts, hopPasses+1), err
		},
		Classifier: func(_ context.Context, t sdk.Task) (classify.Classifier, error) {
			c, err := configOf(t)
			if err != nil || c.Texts != "" {
				return constant{}, err
			}
			return classifier(c.Labels)
		},
		Sink: func(_ context.Context, t sdk.Task) (sdk.Sink, error) {
			c, err := configOf(t)
			if err != nil || c.Texts != "" {
				return forget{}, err
			}
			return file.SinkConfig{Path: c.Path}.NewSink(env)
		},
	})
}

// constant gives each text the same label.
type constant struct{}

func (constant) Info() classify.Info {
	return classify.Info{Version: "constant", Labels: []string{"a", "b"}, Mode: classify.Single, Backend: "constant"}
}

func (constant) Classify(_ context.Context, texts *array.String, out *classify.Results) error {
	out.Reset(texts.Len())
	for i := range out.Label {
		out.Label[i], out.Confidence[i] = 0, 1
	}
	return nil
}

// hop takes a file's texts through a plugin that does nothing with them, and prints what that took of this process. One pass
// goes before, which does not count.
func hop(kind, texts string, passes int) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	h := host.New(zerolog.Nop())
	defer h.Close()
	config, err := json.Marshal(pluginConfig{Texts: texts})
	if err != nil {
		return err
	}
	program := host.Program{Name: "bench", Version: "1", Dir: "/", Command: []string{self, "work", "plugin"}}
	var pass func(n int) error
	switch kind {
	case "source":
		pass, err = hopSource(h.Source(host.SourceConfig{Program: program, Config: config}))
	case "classifier":
		pass, err = hopClassifier(h, host.ClassifierConfig{Program: program, Config: config}, texts)
	case "sink":
		pass, err = hopSink(h, host.SinkConfig{Program: program, Config: config}, texts)
	default:
		err = fmt.Errorf("there is no kind %q", kind)
	}
	if err == nil {
		err = pass(0)
	}
	if err != nil {
		return err
	}
	before, begun := usage(), time.Now()
	for n := range passes {
		if err := pass(n + 1); err != nil {
			return err
		}
	}
	after := usage()
	return json.NewEncoder(os.Stdout).Encode(measure{CPU: cpuOf(after) - cpuOf(before), Wall: time.Since(begun), RSS: after.Maxrss << 10})
}

// usage is what this process has taken, without its children.
func usage() (u syscall.Rusage) {
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // it fails for a wrong argument alone
	return u
}

func cpuOf(u syscall.Rusage) time.Duration {
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// hopSource reads a split a pass.
func hopSource(s *host.Source) (func(int) error, error) {
	ctx := context.Background()
	if _, err := s.Layout(ctx); err != nil {
		return nil, err
	}
	splits, err := s.Splits(ctx)
	want := pipeline.Projection{Columns: memorySchema.Fields()[1:], Rows: hopRows, Bytes: 4 << 20, MaxRecord: 1 << 20, Alloc: memory.DefaultAllocator}
	return func(n int) error {
		r, err := s.Open(ctx, splits[n], pipeline.Position{Byte: -1}, want)
		for err == nil {
			var b *pipeline.Batch
			if b, err = r.Next(ctx); err == nil {
				b.Record.Release()
			}
		}
		if errors.Is(err, io.EOF) {
			return r.Close()
		}
		return err
	}, err
}

func hopClassifier(h *host.Host, cfg host.ClassifierConfig, texts string) (func(int) error, error) {
	c, err := h.Classifier(context.Background(), cfg)
	if err != nil {
		return nil, err
	}
	batches, err := batchesOf(texts, hopRows)
	var out classify.Results
	return func(int) error {
		for _, b := range batches {
			if err := c.Classify(context.Background(), b, &out); err != nil {
				return err
			}
		}
		return nil
	}, err
}

var hopResult = arrow.NewSchema([]arrow.Field{
	{Name: pipeline.ResLabel, Type: &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}, Nullable: true},
	{Name: pipeline.ResConfidence, Type: arrow.PrimitiveTypes.Float32, Nullable: true},
}, nil)

// hopSink writes the texts with a label, and commits, once a pass.
func hopSink(h *host.Host, cfg host.SinkConfig, texts string) (func(int) error, error) {
	ctx := context.Background()
	s, err := h.Sink(ctx, cfg)
	if err != nil {
		return nil, err
	}
	arrays, err := batchesOf(texts, hopRows)
	if err != nil {
		return nil, err
	}
	source := newMemory(arrays, 1)
	layout, err := source.Layout(ctx)
	if err != nil {
		return nil, err
	}
	err = s.Open(ctx, pipeline.SinkOpen{
		Pipeline: "hop", RunID: "hop", Input: layout, Result: hopResult, Labels: []string{"a", "b"}, Rows: -1, Alloc: memory.DefaultAllocator,
	})
	results := array.NewRecordBuilder(memory.DefaultAllocator, hopResult)
	defer results.Release()
	reader := &memoryReader{split: &pipeline.Split{ID: "hop", File: "hop", End: -1}, left: source.batches}
	var batches []*pipeline.Batch
	for range source.batches {
		b, _ := reader.Next(ctx) // there are as many
		for range b.Len() {
			err = errors.Join(err, results.Field(0).(*array.BinaryDictionaryBuilder).AppendString("a"))
			results.Field(1).(*array.Float32Builder).Append(1)
		}
		b.Result = results.NewRecordBatch()
		batches = append(batches, b)
	}
	return func(n int) error {
		for _, b := range batches {
			if err := s.Write(ctx, b); err != nil {
				return err
			}
		}
		receipt, err := s.Prepare(ctx, int64(n)+1)
		if err != nil {
			return err
		}
		return s.Commit(ctx, receipt)
	}, err
}
