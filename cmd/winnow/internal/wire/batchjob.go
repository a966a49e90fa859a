package wire

import (
	"context"
	"io"
	"os"
	"path/filepath"

	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/connectors/file"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/expr"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

// The files of a job in its folder.
const (
	JobInput   = "input.ndjson"
	JobResults = "results.ndjson"
	jobState   = "state"
)

// maxJobErrors is the share of records that may fail.
const maxJobErrors = 0.5

// jobSource reads the input of a job.
func jobSource(path string) *file.SourceConfig {
	return &file.SourceConfig{Path: path, Format: "jsonl", Encoding: "utf-8"}
}

// LookAtJob tells whether the head of a file may be the input of a job: lines of JSON in UTF-8, and any at all.
func LookAtJob(ctx context.Context, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fault.Unreadable(err, path)
	}
	defer f.Close()
	var head [2]byte
	_, _ = io.ReadFull(f, head[:]) // a shorter one has no mark
	if head == [2]byte{0xff, 0xfe} || head == [2]byte{0xfe, 0xff} {
		return fault.New(fault.InputEncoding, "the file is UTF-16, and jobs read UTF-8")
	}
	source, err := jobSource(path).NewSource(pipeline.Env{FS: disk.OS{}})
	if err != nil {
		return err
	}
	_, err = source.Layout(ctx)
	return err
}

// Job makes the pipeline of a job: from the input in its folder to the results beside it.
func Job(id, dir string, c *spec.Classify, log zerolog.Logger) (*pipeline.Pipeline, error) {
	s := spec.New()
	s.Name, s.Classify, s.Text, s.MaxErrorRate = id, c, expr.Code{Text: "text"}, maxJobErrors
	s.Source = spec.Source{Kind: kindFile, Config: jobSource(filepath.Join(dir, JobInput))}
	s.Sinks = spec.Sinks{{Name: spec.DefaultSink, Kind: kindFile, Config: file.SinkConfig{Path: filepath.Join(dir, JobResults), Format: "jsonl"}}}
	r := newResults(disk.OS{}, filepath.Join(dir, JobResults))
	return Build(s, Options{State: filepath.Join(dir, jobState), Sink: r, Rejects: letters{results: r}, Log: log})
}
