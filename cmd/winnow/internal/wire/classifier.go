package wire

import (
	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/static"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

const backendStatic = "static"

// classifier makes the classifier that a spec asks for, or takes what stands in for it.
func (o *Options) classifier(c *spec.Classify) (classify.Classifier, error) {
	if o.Classifier != nil {
		return o.Classifier, nil
	}
	return o.maker().classifier(c)
}

// maker makes classifiers, and finds plugins for whatever a spec names them as.
type maker struct {
	plugins  *Plugins // nil where a spec can name none, or is only checked
	unpinned bool     // allows plugins that are not installed
}

func (o *Options) maker() maker { return maker{o.Plugins, o.Unpinned} }

// classifier makes the classifier that a spec asks for.
func (m maker) classifier(c *spec.Classify) (classify.Classifier, error) {
	switch {
	case c.Plugin != nil:
		return m.plugin(c)
	case len(c.Cascade) > 0:
		return m.cascade(c)
	case c.Classifier != "":
		return m.saved(c)
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

// Classifier describes the classifier that a spec asks for, without a run. A plugin is started, and goes on to run.
func Classifier(s *spec.Spec, o Options) (classify.Info, error) {
	c, err := o.classifier(s.Classify)
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
