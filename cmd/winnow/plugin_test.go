package main

import (
	"context"
	"errors"
	"os"
	"strings"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
	"github.com/winnow-stream/winnow/plugins/sdk"
)

// serveShouter is the plugin of the scripts: a source of twelve texts, a classifier that tells texts in capitals from others,
// and dies of "die", and a sink that writes lines to a file, as they came or where it is told to be plain column by column.
func serveShouter() {
	sdk.Serve(sdk.Plugin{Name: "shouter", Version: "1.0.0", Source: func(context.Context, sdk.Task) (pipeline.Source, error) {
		mem := pipelinetest.NewMemSource(2, 6)
		mem.NoRaw = true
		return mem, nil
	}, Sink: func(_ context.Context, t sdk.Task) (sdk.Sink, error) {
		var config struct {
			Path  string `json:"path"`
			Plain bool   `json:"plain"`
		}
		if err := t.Decode(&config); err != nil || config.Plain {
			return plainSink{config.Path}, err
		}
		return &pipelinetest.DiskSink{FS: disk.OS{}, Path: config.Path}, nil
	}, Classifier: func(_ context.Context, t sdk.Task) (classify.Classifier, error) {
		s := shouter{labels: []string{"loud", "quiet"}}
		var config struct {
			Refuse bool `json:"refuse"`
		}
		if err := t.Decode(&config); err != nil {
			return nil, err
		}
		if config.Refuse {
			return nil, errors.New("it was told to refuse")
		}
		if len(t.Labels) > 0 {
			s.labels = t.Labels.Names()
		}
		return s, nil
	}})
}

// plainSink appends the columns of a batch as JSON to a file, if there is one.
type plainSink struct{ path string }

func (plainSink) Open(context.Context, pipeline.SinkOpen) error { return nil }
func (plainSink) Close() error                                  { return nil }

func (s plainSink) Write(_ context.Context, b *pipeline.Batch) error {
	if s.path == "" {
		return nil
	}
	data, err := b.Record.MarshalJSON()
	if err != nil {
		return err
	}
	f, err := os.OpenFile(s.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(append(data, '\n'))
	return errors.Join(err, f.Close())
}

type shouter struct{ labels []string }

func (s shouter) Info() classify.Info {
	return classify.Info{Version: "shouter", Labels: s.labels, Mode: classify.Single, Backend: "shouter"}
}

func (s shouter) Classify(_ context.Context, texts *array.String, out *classify.Results) error {
	out.Reset(texts.Len())
	for i := range texts.Len() {
		text := texts.Value(i)
		switch {
		case texts.IsNull(i):
			out.Reason[i] = classify.NullText
			continue
		case text == "die":
			os.Exit(7)
		case text == "fail":
			out.Fail(i, errors.New("no answer to this one"))
			continue
		case text != strings.ToUpper(text):
			out.Label[i] = 1
		default:
			out.Label[i] = 0
		}
		out.Confidence[i] = 1
	}
	return nil
}
