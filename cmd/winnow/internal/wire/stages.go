package wire

import (
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

// buildStages makes filter, text, classifier and router of a spec.
func buildStages(s *spec.Spec, cfg *pipeline.Config) error {
	var err error
	if cfg.Classifier, err = newClassifier(s.Classify); err != nil {
		return err
	}
	if s.Classify != nil {
		cfg.Refine, cfg.Prefix = s.Classify.Refine, s.Classify.Prefix
	}
	return nil
}
