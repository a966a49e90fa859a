package wire

import (
	"strings"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

// Change builds what a pipeline that runs by one spec can take over of another: text, filter, labels and routes.
func Change(running, next *spec.Spec) (pipeline.Change, error) {
	if err := next.Check(Kinds()); err != nil {
		return pipeline.Change{}, err
	}
	if fixed := running.Fixed(next); len(fixed) > 0 {
		return pipeline.Change{}, fault.New(fault.ReloadRefused, "changed: %s", strings.Join(fixed, ", "))
	}
	var cfg pipeline.Config
	if err := buildStages(next, &cfg); err != nil {
		return pipeline.Change{}, err
	}
	return pipeline.Change{Stages: cfg.Stages, Classifier: cfg.Classifier, Router: cfg.Router}, nil
}
