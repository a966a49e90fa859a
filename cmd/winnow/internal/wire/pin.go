package wire

import (
	"errors"
	"slices"
	"strings"

	"github.com/winnow-stream/winnow/classify/catalog"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

// Pin is the spec with the versions that its references to saved classifiers mean now in their places. A spec without
// any comes back as it is.
func Pin(s *spec.Spec) (*spec.Spec, error) {
	now := make(map[string]string)
	for _, r := range s.Classify.References() {
		v, err := resolve(r.Name)
		if err != nil {
			return nil, inSpec(s, err, r.Path)
		}
		now[r.Name] = v.Ref()
	}
	return referring(s, now), nil
}

// referring is a spec with other references to its classifiers, by what they are now.
func referring(s *spec.Spec, to map[string]string) *spec.Spec {
	if s.Classify == nil || len(to) == 0 {
		return s
	}
	with, k := *s, *s.Classify
	change := func(name *string) {
		if other, ok := to[*name]; ok {
			*name = other
		}
	}
	change(&k.Classifier)
	k.Cascade = slices.Clone(k.Cascade)
	for i := range k.Cascade {
		change(&k.Cascade[i].Classifier)
	}
	with.Classify = &k
	return &with
}

// Running is the spec that a pipeline was built of, with the versions that its references meant then in their places.
func Running(s *spec.Spec, p *pipeline.Pipeline) *spec.Spec {
	then := make(map[string]string)
	for name, version := range p.Resolved() {
		then[name], _, _ = strings.Cut(version, " ")
	}
	return referring(s, then)
}

// Version is what a spec's references to saved classifiers mean now: name@vN, separated by commas. It is empty where
// there is no reference, or one means nothing.
func Version(s *spec.Spec) string {
	with, err := Pin(s)
	if err != nil {
		return ""
	}
	var all []string
	for _, r := range with.Classify.References() {
		all = append(all, r.Name)
	}
	return strings.Join(all, ", ")
}

// pin is Pin for a run that may have begun before: it goes on with the versions that it began with.
func (o *Options) pin(s *spec.Spec, cfg *pipeline.Config) (*spec.Spec, error) {
	to := make(map[string]string)
	for _, r := range s.Classify.References() {
		v, err := o.version(r.Name, cfg)
		if err != nil {
			return nil, inSpec(s, err, r.Path)
		}
		to[r.Name] = v.Ref()
	}
	return referring(s, to), nil
}

// version is what a reference means now, or meant when the run began, and enters it into the config.
func (o *Options) version(reference string, cfg *pipeline.Config) (*catalog.Version, error) {
	now, err := resolve(reference)
	v, since := now, ""
	if then := o.begunWith(reference); then != "" {
		v, err = again(then, now, err)
		since = ", as when the run began"
	}
	if err != nil {
		return nil, err
	}
	if v.Ref() != reference {
		cfg.Notes = append(cfg.Notes, "the classifier "+reference+" is "+v.Ref()+since)
	}
	if cfg.Resolved == nil {
		cfg.Resolved = make(map[string]string)
	}
	cfg.Resolved[reference] = v.Ref() + " " + v.Hash
	cfg.Identity += " " + v.Hash
	return v, nil
}

// begunWith is the version that the run which is continued began with, as pin entered it; empty where none is.
func (o *Options) begunWith(reference string) string {
	if o.State == "" || o.Overwrite {
		return ""
	}
	then, _ := pipeline.ReadResolved(o.FS, o.State) // what can't be read is the run's to tell
	return then[reference]
}

// again finds the version that a run began with. v is what the reference means now, if anything.
func again(then string, v *catalog.Version, err error) (*catalog.Version, error) {
	if err == nil && v.Ref()+" "+v.Hash == then {
		return v, nil
	}
	ref, hash, _ := strings.Cut(then, " ")
	if v, err = resolve(ref); err != nil || v.Hash != hash {
		return nil, fault.New(fault.ClassifierVersion, "the run began with %s (%.15s…), which is no longer there", ref, hash).
			WithFix("import that version again, or start anew with --overwrite")
	}
	return v, nil
}

// inSpec puts errors about a classifier at their places in the spec; those that name none at one that is given.
func inSpec(s *spec.Spec, err error, otherwise string) error {
	var errs []error
	for _, e := range fault.List(err) {
		switch {
		case e.Where == fault.Where{}:
			e = e.At(s.Place(otherwise))
		case e.Where.File == "" && e.Where.Path != "":
			e = e.At(s.Place(e.Where.Path))
		}
		errs = append(errs, e)
	}
	return errors.Join(errs...)
}
