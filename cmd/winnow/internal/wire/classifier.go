package wire

import (
	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/static"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

const backendStatic = "static"

// classifier makes the classifier that a spec asks for, a plugin among them, or takes what stands in for it.
func (o *Options) classifier(c *spec.Classify) (classify.Classifier, error) {
	if o.Classifier != nil {
		return o.Classifier, nil
	}
	if c.Plugin != nil && o.Plugins != nil {
		return o.Plugins.classifier(c, o.Unpinned)
	}
	return newClassifier(c)
}

// newClassifier makes the classifier that a spec asks for, where it is none of a process of its own.
func newClassifier(c *spec.Classify) (classify.Classifier, error) {
	switch {
	case c.Plugin != nil:
		return nil, fault.New(fault.PluginKind, "a plugin can't be used here").WithFix("name it in the spec of winnow run")
	case len(c.Cascade) > 0:
		return newCascade(c)
	case c.Classifier != "":
		return savedClassifier(c)
	case c.Backend == backendLinear:
		return linearClassifier(c)
	case c.Backend == backendEncoder:
		return encoderClassifier(c)
	case c.Backend == spec.Auto:
		return autoClassifier(c)
	default:
		return staticClassifier(c)
	}
}

// staticClassifier makes a classifier on static vectors.
func staticClassifier(c *spec.Classify) (classify.Classifier, error) {
	cfg := static.Config{Labels: c.Labels, Answers: answersOf(c), Temperature: c.Temperature}
	if c.Model != "" {
		table, err := static.Load(modelFolder(c.Model))
		if err != nil {
			return nil, err
		}
		cfg.Table = table
	}
	k, err := static.New(cfg)
	if err != nil {
		return nil, err
	}
	return listing(k, c.TopK), nil
}

// answersOf are the options of a spec that every backend has.
func answersOf(c *spec.Classify) classify.Answers {
	return classify.Answers{Mode: c.Mode, Threshold: c.Threshold, TopK: c.TopK, Abstain: c.Abstain}
}

// Classifier describes the classifier that a spec asks for, without a run.
func Classifier(s *spec.Spec) (classify.Info, error) {
	c, err := newClassifier(s.Classify)
	if err != nil {
		return classify.Info{}, err
	}
	return c.Info(), nil
}

// listing is a classifier that answers with its best labels where that many are asked for; 0 asks for one.
func listing(k classify.Classifier, topK int) classify.Classifier {
	if topK == 0 {
		return k
	}
	if r, ok := k.(classify.Refiner); ok {
		return refinableLists{r}
	}
	return lists{k}
}

// lists tells the engine that a single-mode classifier lists its best labels (pipeline.Lists).
type lists struct{ classify.Classifier }

// Lists is true: a column of lists is needed.
func (lists) Lists() bool { return true }

// Unwrap is the classifier itself, for classify.ExplainerOf.
func (l lists) Unwrap() classify.Classifier { return l.Classifier }

// refinableLists are lists of a classifier that can still be refined.
type refinableLists struct{ classify.Refiner }

// Lists is true: a column of lists is needed.
func (refinableLists) Lists() bool { return true }

// Unwrap is the classifier itself, for classify.ExplainerOf.
func (l refinableLists) Unwrap() classify.Classifier { return l.Refiner }
