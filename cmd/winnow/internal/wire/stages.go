package wire

import (
	"slices"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/expr"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

// buildStages makes filter, text, classifier and router of a spec.
func buildStages(s *spec.Spec, cfg *pipeline.Config) error {
	if !s.Where.IsZero() {
		cfg.Stages = append(cfg.Stages, expr.NewFilter(s.Where))
	}
	var labels []string
	if s.Classify != nil {
		c, err := newClassifier(s.Classify)
		if err != nil {
			return err
		}
		labels = c.Info().Labels
		cfg.Classifier, cfg.Refine, cfg.Prefix = c, s.Classify.Refine, s.Classify.Prefix
		cfg.Stages = append(cfg.Stages, expr.NewText(s.Text, nil))
	}
	if len(s.Route) == 0 {
		return nil
	}
	rules := make([]expr.Rule, len(s.Route))
	for i, r := range s.Route {
		sink, err := expr.SinkIndex(s.Sinks.Names(), r.To)
		if err != nil {
			return err
		}
		rules[i] = expr.Rule{When: r.When, Sink: sink}
	}
	// Where no rule takes a record there is a sink "default", or the last rule takes every one (spec's checks).
	other := int16(max(slices.Index(s.Sinks.Names(), spec.DefaultSink), 0))
	cfg.Router = expr.NewRoute(rules, other, labels)
	return nil
}
