package wire

import (
	"slices"
	"strings"

	"github.com/winnow-stream/winnow/connectors/kafka"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

// Change builds what a pipeline that runs by one spec can take over of another: text, filter, labels, entities, keyphrases and routes.
func Change(running, next *spec.Spec, o Options) (pipeline.Change, error) {
	if err := next.Check(Kinds()); err != nil {
		return pipeline.Change{}, err
	}
	if fixed := running.Fixed(next); len(fixed) > 0 {
		return pipeline.Change{}, fault.New(fault.ReloadRefused, "changed: %s", strings.Join(fixed, ", "))
	}
	if err := sameTopics(running, next, &o); err != nil {
		return pipeline.Change{}, err
	}
	var cfg pipeline.Config
	if err := buildStages(next, &cfg, &o); err != nil {
		return pipeline.Change{}, err
	}
	return pipeline.Change{
		Stages: cfg.Stages, Classifier: cfg.Classifier, Explain: cfg.Explain, Extractor: cfg.Extractor, Keyphraser: cfg.Keyphraser, Router: cfg.Router, Redactors: cfg.Redactors,
	}, nil
}

// sameTopics refuses new labels where topics are named by them: topics are looked for, and made, when sinks are opened.
func sameTopics(running, next *spec.Spec, o *Options) error {
	if running.Classify == nil || next.Classify == nil {
		return nil
	}
	had, err := o.labelsOf(running.Classify)
	if err != nil {
		return err
	}
	names, err := o.labelsOf(next.Classify)
	if err != nil {
		return err
	}
	fresh := slices.DeleteFunc(names, func(l string) bool { return slices.Contains(had, l) })
	for _, s := range running.Sinks {
		if k, ok := s.Config.(*kafka.SinkConfig); ok && len(fresh) > 0 && strings.Contains(k.Topic, "{{label}}") {
			return fault.New(fault.ReloadRefused, "the label %q is new, and the sink %s has a topic for each", fresh[0], s.Name)
		}
	}
	return nil
}
