package wire

import (
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

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
		cfg.Stages = append(cfg.Stages, textStage(s))
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

// textStage makes the texts. Where the spec does not name them, the input's own labels are not taken for the text.
func textStage(s *spec.Spec) pipeline.Stage {
	text := expr.NewText(s.Text, nil)
	if s.Text.IsZero() && s.Gold != "" {
		return &guess{Text: text, gold: s.Gold}
	}
	return text
}

// guess is a text stage that does not see the gold column.
type guess struct {
	*expr.Text
	gold string
}

// Needs chooses among the other columns.
func (g *guess) Needs(in *pipeline.Layout) ([]arrow.Field, error) {
	others := *in
	meta := in.Schema.Metadata()
	fields := slices.DeleteFunc(slices.Clone(in.Schema.Fields()), func(f arrow.Field) bool { return f.Name == g.gold })
	others.Schema = arrow.NewSchema(fields, &meta)
	return g.Text.Needs(&others)
}
