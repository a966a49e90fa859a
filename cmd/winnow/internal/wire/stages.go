package wire

import (
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/expr"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

// buildStages makes filter, text, extractor, redactors, keyphraser, classifier and router of a spec.
func buildStages(s *spec.Spec, cfg *pipeline.Config, o *Options) error {
	if !s.Where.IsZero() {
		cfg.Stages = append(cfg.Stages, expr.NewFilter(s.Where))
	}
	var labels []string
	if err := buildEntities(s, cfg, o.Log); err != nil {
		return err
	}
	if err := buildKeyphrases(s.Keyphrases, cfg); err != nil {
		return err
	}
	if s.Classify != nil {
		c, err := o.classifier(s.Classify)
		if err != nil && s.Classify.Plugin != nil {
			return inSpec(s, err, pluginPath)
		}
		if err != nil && len(s.Classify.References())+len(s.Classify.Cascade) > 0 {
			return inSpec(s, err, "classify.classifier")
		}
		if err != nil {
			return err
		}
		labels = c.Info().Labels
		if usesPlugin(s.Classify) {
			cfg.Identity += " " + c.Info().Version
		}
		if len(s.Classify.Labels) == 0 {
			if err := checkRoutes(s, labels); err != nil {
				return err
			}
		}
		cfg.Classifier, cfg.Refine, cfg.Prefix = c, s.Classify.Refine, s.Classify.Prefix
		if cfg.Explain, err = explained(s.Classify, c); err != nil {
			return inSpec(s, err, "classify.explain")
		}
	}
	if s.Classify != nil || s.Extract != nil || s.Keyphrases != nil {
		cfg.Stages = append(cfg.Stages, newTextStage(s))
	}
	if o.Classifier != nil {
		cfg.Stages = append(cfg.Stages, singleTexts{})
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
	cfg.Router = expr.NewRoute(rules, other, labels).On(s.Found())
	return nil
}

// textStage makes the texts that are classified. It looks more closely at what the spec names than the engine does.
type textStage struct {
	*expr.Text
	code expr.Code
	gold string
}

func newTextStage(s *spec.Spec) *textStage {
	return &textStage{Text: expr.NewText(s.Text, nil), code: s.Text, gold: s.Gold}
}

// Needs refuses columns that the input was not seen to have. JSON may hold any field later on, but a name that no
// record has so far is most likely mistyped, and would reject every one. Where the text is not named, the gold column
// is not taken for it.
func (t *textStage) Needs(in *pipeline.Layout) ([]arrow.Field, error) {
	if in.Inferred && in.Schema.NumFields() > 0 {
		if t.gold != "" && !in.Has(t.gold) {
			return nil, expr.UnknownColumn(in, t.gold)
		}
		names, err := expr.FieldsOf(t.code)
		if err == nil && len(names) > 0 && !in.Has(t.code.Text) &&
			!slices.ContainsFunc(names, func(name string) bool { return in.Has(name) }) {
			return nil, expr.UnknownColumn(in, names[0]).At(t.code.At)
		}
	}
	if t.code.IsZero() && t.gold != "" {
		in = without(in, t.gold)
	}
	return t.Text.Needs(in)
}

func without(in *pipeline.Layout, name string) *pipeline.Layout {
	others := *in
	meta := in.Schema.Metadata()
	fields := slices.DeleteFunc(slices.Clone(in.Schema.Fields()), func(f arrow.Field) bool { return f.Name == name })
	others.Schema = arrow.NewSchema(fields, &meta)
	return &others
}
