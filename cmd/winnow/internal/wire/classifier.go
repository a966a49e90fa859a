package wire

import (
	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/static"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

const backendStatic = "static"

// newClassifier makes the classifier that a spec asks for.
func newClassifier(c *spec.Classify) (classify.Classifier, error) {
	switch {
	case len(c.Cascade) > 0:
		return newCascade(c)
	case c.Classifier != "":
		return savedClassifier(c)
	case c.Backend == backendLinear:
		return linearClassifier(c)
	}
	cfg := static.Config{
		Labels: c.Labels, Mode: c.Mode, Threshold: c.Threshold, TopK: c.TopK, Abstain: c.Abstain, Temperature: c.Temperature,
	}
	if c.Model != "" {
		table, err := static.Load(c.Model)
		if err != nil {
			return nil, err
		}
		cfg.Table = table
	}
	k, err := static.New(cfg)
	if err != nil {
		return nil, err
	}
	if c.TopK > 0 {
		return topK{k}, nil
	}
	return k, nil
}

// Classifier describes the classifier that a spec asks for, without a run.
func Classifier(s *spec.Spec) (classify.Info, error) {
	c, err := newClassifier(s.Classify)
	if err != nil {
		return classify.Info{}, err
	}
	return c.Info(), nil
}

// topK tells the engine that a single-mode classifier lists its best labels (pipeline.Lists).
type topK struct{ *static.Classifier }

// Lists is true: a column of lists is needed.
func (topK) Lists() bool { return true }
