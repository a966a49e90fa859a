package api

import (
	"slices"
	"time"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/catalog"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/config"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/job"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

// Catalogs are the saved classifiers that requests may name.
type Catalogs interface {
	// Own is the catalog of an account: label sets that were saved over HTTP. Nobody else sees it.
	Own(account string) (*catalog.Catalog, error)
	// Shared is the server's: what is built in, and what its operator has saved. Every account may use it.
	Shared() (*catalog.Catalog, error)
}

// labelSetBackends are those whose classifiers, without a model of their own, are a label set and nothing else.
var labelSetBackends = []string{config.BackendStatic, config.BackendEncoder}

// saved is a version that a request names.
type saved struct {
	*catalog.Manifest
	own bool
}

// key tells the version apart from every other, for label sets that are kept ready; empty where there is none.
func (s *saved) key() string {
	if s == nil {
		return ""
	}
	return s.Ref() + " " + s.Hash
}

// reference is the version's; empty where there is none.
func (s *saved) reference() string {
	if s == nil {
		return ""
	}
	return s.Ref()
}

// labelSet tells whether the version is a label set and nothing else, so that it can be used in part.
func (s *saved) labelSet() bool {
	return s.own || slices.Contains(labelSetBackends, s.Backend.Name) && len(s.Weights) == 0
}

// fill makes c the version: its label set, or a reference to what is more than that. only restricts the labels, unless it
// is empty.
func (s *saved) fill(c *spec.Classify, only []string) error {
	if s.own {
		if mode := s.mode(); mode != c.Mode {
			return fault.New(fault.ClassifierOption, "%s was saved in mode %s, and %s is asked for", s.Ref(), mode, c.Mode)
		}
	}
	if len(only) == 0 && !s.own {
		c.Classifier = s.Ref()
		return nil
	}
	if !s.labelSet() {
		why := "trained on all of its labels"
		if s.Backend.Name == spec.BackendPlugin {
			why = "a plugin, which has its own labels"
		}
		return fault.New(fault.ClassifierOption, "%s is %s, and can't answer with some of them", s.Ref(), why).At(fault.Where{Path: "labels"}).
			WithFix("leave labels out")
	}
	c.Backend, c.Temperature, c.Abstain = s.Backend.Name, s.Options.Temperature, s.Options.Abstain
	if len(only) == 0 {
		c.Labels = s.Labels
		return nil
	}
	for i, name := range only {
		at := slices.IndexFunc(s.Labels, func(l classify.Label) bool { return l.Name == name })
		switch {
		case at < 0:
			e := fault.New(fault.LabelsUnknown, "labels[%d] is none of %s", i, s.Ref()).At(fault.Where{Path: "labels"})
			if near := fault.Nearest(name, s.Labels.Names()); near != "" {
				e = e.WithFix("did you mean %q?", near)
			}
			return e
		case slices.Contains(only[:i], name):
			return fault.New(fault.LabelsDuplicate, "labels[%d] is there twice", i).At(fault.Where{Path: "labels"})
		}
		c.Labels = append(c.Labels, s.Labels[at])
	}
	return nil
}

// threshold is the version's; nil where it has none, or is none.
func (s *saved) threshold() *float64 {
	if s == nil || s.mode() != classify.Multi {
		return nil
	}
	return s.Options.Threshold
}

func (s *saved) mode() classify.Mode {
	if s.Options.Mode == "" {
		return classify.Single
	}
	return s.Options.Mode
}

// named is the version that a question names; nil where it names none.
func (k *compiler) named(account string, q *question) (*saved, error) {
	if q.classifier == nil {
		return nil, nil
	}
	reference, err := textOf("classifier", q.classifier)
	if err != nil {
		return nil, err
	}
	key, now := account+" "+reference, time.Now()
	if r, ok := k.found.GetIfPresent(key); ok && now.Before(r.until) {
		return r.saved, nil
	}
	s, err := k.find(account, reference)
	if err == nil {
		k.found.Set(key, recent{s, now.Add(pinFor)})
	}
	return s, err
}

// find finds a version: the account's, or else the server's.
func (k *compiler) find(account, reference string) (*saved, error) {
	own, err := k.catalogs.Own(account)
	if err != nil {
		return nil, err
	}
	v, err := own.Resolve(reference)
	if err == nil {
		return &saved{v.Manifest, true}, nil
	}
	if !fault.Is(err, fault.ClassifierUnknown) {
		return nil, err
	}
	shared, err := k.catalogs.Shared()
	if err != nil {
		return nil, err
	}
	if v, err = shared.Resolve(reference); err != nil {
		return nil, err
	}
	return &saved{v.Manifest, false}, nil
}

// answerable tells why a job that is to be started could not be run: the saved classifier that it was made with may be gone
// since, or not be what it was. What the job has a copy of can't.
func (c *call) answerable(j *job.Job) error {
	made, err := ConfigOf(j)
	if err != nil {
		return err
	}
	backend := c.server.cfg.Backend
	switch t, r := made.Table, made.Requests; {
	case made.Classifier != "":
		_, err = backend.New(made.Classify())
	case t != nil && t.Entities != nil && t.Entities.Tagger != "":
		err = backend.Finds(t.Entities.Tagger)
	case r != nil && made.Saved != "":
		_, err = c.server.compiler.defaults(c.r.Context(), j.Account, r.Defaults, endpoints[r.Endpoint])
	}
	e, coded := fault.As(err)
	if !coded || e.Code.Fate == fault.Transient {
		return err
	}
	return fault.New(fault.JobClassifier, "the job can't be run by its classifier: %s", e.What).At(fault.Where{Path: "classifier"})
}
