package sdk

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/pipeline"
)

// Plugin is what Serve serves.
type Plugin struct {
	// Name and Version are those of the manifest.
	Name    string
	Version string
	// Classifier makes the classifier that a task asks for; nil where the plugin is none. It is called once. Its error goes
	// to the user as a mistake in the configuration.
	Classifier func(ctx context.Context, t Task) (classify.Classifier, error)
	// Source makes the source that a task asks for; nil where the plugin is none. It is called once, and the source is asked
	// for its layout at once. Batches go without the bytes of single records (Layout.Raw). The source has an end, unless it has
	// an Acknowledge(ctx, done map[string]int64) error: then its splits are read on for ever.
	Source func(ctx context.Context, t Task) (pipeline.Source, error)
	// Sink makes the sink that a task asks for; nil where the plugin is none. It is called once, and touches nothing outside:
	// the sink's Open does first.
	Sink func(ctx context.Context, t Task) (Sink, error)
}

// Task is what a user asks of a plugin.
type Task struct {
	// Labels are those that the user names for a classifier; empty where the classifier's own are meant.
	Labels classify.LabelSet
	// Config is one JSON object, which fits the manifest's schema.
	Config json.RawMessage
}

// Decode fills v, a pointer to a struct, with the configuration. A field that v does not have is an error.
func (t Task) Decode(v any) error {
	d := json.NewDecoder(bytes.NewReader(t.Config))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if d.More() {
		return errors.New("more than one JSON value")
	}
	return nil
}
