package pipeline

import (
	"context"
	"errors"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// generation is everything that a reload can change, as one immutable value. Each batch takes the current one when it is
// read and keeps it, so that its columns, stages, labels and routes fit together whatever is reloaded meanwhile.
type generation struct {
	number   int64      // counted from 1
	want     Projection // what the batch is decoded to
	stages   []Stage
	labeller *labeller // nil: nothing is classified
	finder   *finder   // nil: no entities are looked for
	phraser  *phraser  // nil: no keyphrases are looked for
	// redactions are those of the sinks, nil where one sees everything; nil: all do.
	redactions []Redaction
	router     Router // nil: all rows go to the first sink
	proto      *tallyProto
	version    string      // of the classifier
	sinks      []NamedSink // the configuration's, in the order of the router's indexes
}

// first is the generation that the configuration and the plan make.
func (p *Pipeline) first() *generation {
	g := &generation{
		number: 1, want: p.plan.want, stages: p.cfg.Stages, redactions: p.plan.redactions, router: p.cfg.Router, proto: p.proto,
		version: p.version, sinks: p.cfg.Sinks,
	}
	if p.cfg.Classifier != nil {
		g.labeller = newLabeller(p.cfg.Classifier, p.plan.result, p.cfg.Alloc, p.retry)
		g.labeller.reasoner = p.newReasoner(p.cfg.Classifier, p.cfg.Explain)
	}
	g.finder, g.phraser = p.newFinder(p.cfg.Extractor), p.newPhraser(p.cfg.Keyphraser)
	return g
}

// Change is what a reload puts in the place of the Config's fields of the same names.
type Change struct {
	Stages     []Stage
	Classifier classify.Classifier
	Explain    int
	Extractor  classify.Extractor
	Keyphraser classify.Keyphraser
	Router     Router
	Redactors  []Redactor
}

// Reload changes stages, classifier and router of a running stream between two batches; the process stays a member of
// its group. build makes the new parts, and its error is the reload's. An error leaves everything as it was, and
// Status.Reloads says either way how it went. What the sinks were opened for stays: a change of the result's columns is
// refused (reload.refused). Safe for concurrent use.
func (p *Pipeline) Reload(build func() (Change, error)) error {
	p.reloading.Lock()
	defer p.reloading.Unlock()
	next, err := p.next(build)
	if err == nil {
		p.current.Store(next)
	}
	p.status.reloaded(p.current.Load(), err)
	return err
}

// next is the generation after the current one.
func (p *Pipeline) next(build func() (Change, error)) (g *generation, err error) {
	defer recovered(&err, "the reload")
	old := p.current.Load()
	switch {
	case p.streamer == nil:
		return nil, fault.New(fault.ReloadRefused, "a run with an end is done with one spec from its first record to its last")
	case old == nil:
		return nil, fault.New(fault.ReloadRefused, "the pipeline has not begun yet").WithFix("reload again when it runs")
	}
	c, err := build()
	if err != nil {
		return nil, err
	}
	if err := p.fits(c, old); err != nil {
		return nil, err
	}
	g = &generation{
		number: old.number + 1, stages: c.Stages, router: c.Router, proto: newTallyProto(nil, "", c.Extractor), finder: p.newFinder(c.Extractor),
		phraser: p.newPhraser(c.Keyphraser), sinks: p.cfg.Sinks,
	}
	if g.want, err = p.project(p.plan.layout, c.Stages, c.Router, p.plan.Results); err != nil {
		return nil, err
	}
	if err := p.readable(g.want); err != nil {
		return nil, err
	}
	if g.redactions, err = planRedactions(c.Redactors, p.plan.layout); err != nil {
		return nil, err
	}
	if c.Classifier != nil {
		info := c.Classifier.Info()
		columns := newResultColumns(info, p.plan.result.lists, p.plan.names)
		g.version, g.proto = info.Version, newTallyProto(info.Labels, p.cfg.Gold, c.Extractor)
		g.labeller = newLabeller(c.Classifier, columns, p.cfg.Alloc, p.retry)
		g.labeller.reasoner = p.newReasoner(c.Classifier, c.Explain)
	}
	return g, nil
}

// fits refuses a change of the columns that sinks were opened for.
func (p *Pipeline) fits(c Change, old *generation) error {
	had := old.labeller != nil
	switch {
	case had && c.Classifier == nil:
		return fault.New(fault.ReloadRefused, "nothing would be classified any more, and the outputs have columns for labels")
	case !had && c.Classifier != nil:
		return fault.New(fault.ReloadRefused, "the outputs have no columns for labels")
	case had && givesLists(c.Classifier) != p.plan.result.lists:
		return fault.New(fault.ReloadRefused, "the column %q would come or go", ResLabels)
	case p.cfg.Gold != "" && had && !slices.Equal(c.Classifier.Info().Labels, old.proto.labels):
		return fault.New(fault.ReloadRefused, "the labels are compared with those in %q: they can't change in between", p.cfg.Gold)
	}
	if err := errors.Join(p.fitsExplanation(c), p.fitsEntities(c), p.fitsKeyphrases(c)); err != nil {
		return err
	}
	layout, err := settleTypes(p.plan.layout, c.Stages)
	if err != nil {
		return err
	}
	if layout != p.plan.layout && slices.ContainsFunc(p.cfg.Sinks, func(s NamedSink) bool { return s.Sink.Need(layout).Columns }) {
		return fault.New(fault.ReloadRefused, "a column's type would change in the outputs")
	}
	return nil
}

// readable refuses columns that a source without a Decoder was not asked for when it was opened.
func (p *Pipeline) readable(want Projection) error {
	if p.decoder != nil {
		return nil
	}
	for _, f := range want.Columns {
		same := func(o arrow.Field) bool { return o.Name == f.Name && arrow.TypeEqual(o.Type, f.Type) }
		if !slices.ContainsFunc(p.plan.want.Columns, same) {
			return fault.New(fault.ReloadRefused, "the column %q is not among those that are read", f.Name)
		}
	}
	return nil
}

// prepare decodes a batch and runs the stages before classification.
func (p *Pipeline) prepare(ctx context.Context, b *Batch) error {
	if p.decoder != nil {
		if err := p.decoder.Decode(ctx, b, b.gen.want); err != nil {
			return err
		}
	}
	for _, s := range b.gen.stages {
		if err := p.retry(ctx, "process", func() error { return s.Process(ctx, b) }); err != nil {
			return err
		}
	}
	return nil
}
