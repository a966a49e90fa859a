package fasttext

import (
	"errors"
	"slices"
	"strings"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// DefaultThreshold is the confidence from which on a label is given in multi mode: where a sigmoid turns.
const DefaultThreshold = 0.5

// Config says how a model answers. Only Model is required.
type Config struct {
	Model *Model
	// Labels restricts the answers to some of the model's labels, in an order of their own; nil is all of them. With
	// softmax and hs the confidences are then shares among these labels.
	Labels []string
	// Answers has DefaultThreshold. Multi is for models whose labels are independent, trained with ova or ns; with softmax
	// and hs the confidences of a text's labels sum to 1, and a threshold above 0.5 gives one label at most.
	classify.Answers
}

// validate reports everything that is wrong at once.
func (c *Config) validate() error {
	if c.Model == nil {
		return fault.New(fault.ConfigMissing, "no fastText model was given")
	}
	n := len(c.Labels)
	if c.Labels == nil {
		n = len(c.Model.labels)
	}
	return errors.Join(append([]error{c.Check(n)}, c.checkLabels()...)...)
}

// checkLabels reports labels that the model doesn't have, or that are asked for twice.
func (c *Config) checkLabels() (errs []error) {
	if c.Labels == nil {
		return nil
	}
	if len(c.Labels) == 0 {
		return []error{fault.New(fault.LabelsRequired, "there are no labels").WithFix("leave labels out to have all of the model's")}
	}
	seen := make(map[int]string, len(c.Labels))
	for _, name := range c.Labels {
		i := c.Model.find(name)
		if i < 0 {
			err := fault.New(fault.LabelsUnknown, "the model has no label %q", name)
			if near := fault.Nearest(name, c.Model.labels); near != "" {
				err = err.WithFix("did you mean %q?", near)
			} else {
				err = err.WithFix("use labels of the model: %s", some(c.Model.labels))
			}
			errs = append(errs, err)
		} else if first, twice := seen[i]; twice {
			errs = append(errs, fault.New(fault.LabelsDuplicate, "%q and %q are the same label of the model", first, name))
		}
		seen[i] = name
	}
	return errs
}

// find is the index of a label, by the name that its users gave it or as fastText writes it; -1 when there is none.
func (m *Model) find(name string) int {
	if i := slices.Index(m.labels, name); i >= 0 {
		return i
	}
	return int(m.dict.Find([]byte(Written(name)))) - len(m.dict.Words())
}

// some are the first of many labels, for a message.
func some(labels []string) string {
	const few = 10
	if len(labels) > few {
		return strings.Join(labels[:few], ", ") + ", …"
	}
	return strings.Join(labels, ", ")
}
