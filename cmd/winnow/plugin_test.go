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
// and dies of "die", and a sink that writes lines to a file, or throws them away where it is told to be plain.
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
			return plainSink{}, err
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

type plainSink struct{}

func (plainSink) Open(context.Context, pipeline.SinkOpen) error { return nil }
func (plainSink) Write(context.Context, *pipeline.Batch) error  { return nil }
func (plainSink) Close() error                                  { return nil }

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
