package wire

import (
	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

// Classifiers makes classifiers one by one, for a service that is told by each request what to choose from.
type Classifiers struct{}

// Pin is the version that a reference to a saved classifier stands for now.
func (Classifiers) Pin(reference string) (string, error) {
	v, err := resolve(reference)
	if err != nil {
		return "", err
	}
	return v.Ref(), nil
}

// New makes the classifier that the configuration asks for.
func (Classifiers) New(c *spec.Classify) (classify.Classifier, error) { return newClassifier(c) }
