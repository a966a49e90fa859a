package wire

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/connectors/file"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/expr"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

// The files that running a job needs, in its folder.
const (
	JobResults = "results.ndjson"
	jobState   = "state"
)

// maxJobErrors is the share of records that may fail.
const maxJobErrors = 0.5

// jobSource reads the input of a job.
func jobSource(path string) *file.SourceConfig {
	return &file.SourceConfig{Path: path, Format: "jsonl", Encoding: "utf-8"}
}

// headOfJob is how much of an input LookAtJob reads, in bytes.
const headOfJob = 64 << 10

// LookAtJob tells whether what r begins with may be the input of a job: lines of JSON in UTF-8, and any at all.
func LookAtJob(ctx context.Context, r io.Reader) (err error) {
	head, err := io.ReadAll(io.LimitReader(r, headOfJob))
	if err != nil {
		return err
	}
	if bytes.HasPrefix(head, []byte{0xff, 0xfe}) || bytes.HasPrefix(head, []byte{0xfe, 0xff}) {
		return fault.New(fault.InputEncoding, "the file is UTF-16, and jobs read UTF-8")
	}
	f, err := os.CreateTemp("", "winnow-head-*") // sources read files; it is this user's alone
	if err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, f.Close(), os.Remove(f.Name()))
	}()
	if _, err := f.Write(head); err != nil {
		return fault.Storage(err, f.Name())
	}
	source, err := jobSource(f.Name()).NewSource(pipeline.Env{FS: disk.OS{}})
	if err != nil {
		return err
	}
	_, err = source.Layout(ctx)
	return err
}

// Job makes the pipeline of a job: from its input to the results in a folder of the job's. include names what the lines of the
// results have beside the labels. For the scores of all labels, c lists as many as there are where each text gets one.
func Job(id, input, dir string, c *spec.Classify, include []string, plugins *Plugins, log zerolog.Logger) (*pipeline.Pipeline, error) {
	with := newIncluded(include)
	if with.scores && c.Mode == classify.Multi {
		all, k := 0.0, *c
		with.least = classify.RoundConfidence(*c.Threshold)
		k.Threshold, c = &all, &k
	}
	s := spec.New()
	s.Name, s.Classify, s.Text, s.MaxErrorRate = id, c, expr.Code{Text: "text"}, maxJobErrors
	s.Source = spec.Source{Kind: kindFile, Config: jobSource(input)}
	s.Sinks = spec.Sinks{{Name: spec.DefaultSink, Kind: kindFile, Config: file.SinkConfig{Path: filepath.Join(dir, JobResults), Format: "jsonl"}}}
	r := newResults(disk.OS{}, filepath.Join(dir, JobResults), c.Mode == classify.Multi, with)
	return Build(s, Options{State: filepath.Join(dir, jobState), Sink: r, Rejects: letters{results: r}, Plugins: plugins, Log: log})
}
