package main

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/winnow-stream/winnow/classify/entity/tagger"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/term"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/wire"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// entities compares what a tagger finds with what is marked.
func (c *evalCmd) entities(ctx context.Context, m *Main) error {
	if err := c.checkEntities(); err != nil {
		return err
	}
	model, version, err := wire.Tagger(c.Classifier)
	if err != nil {
		return err
	}
	ctx, stop := m.interruptible(ctx)
	defer stop()
	in := newMarked(m.Stdin, c.Text, c.Gold)
	e := &term.TaggerEvaluated{Classifier: version, Types: slices.Clone(model.Types())}
	type pair struct{ gold, found []tagger.Span }
	var pairs []pair
	for x, err := range in.read(c.Input, c.Limit) {
		switch {
		case err != nil && len(pairs) == 0:
			return unmarked(version, err)
		case err != nil:
			return err
		case ctx.Err() != nil:
			return fault.New(fault.RunInterrupted, "stopped while measuring")
		}
		p := pair{found: model.Find(nil, x.Text)}
		for _, s := range x.Entities {
			typ := slices.Index(e.Types, s.Type)
			if typ < 0 { // the tagger was not shown such entities, and misses them
				typ = len(e.Types)
				e.Types = append(e.Types, s.Type)
			}
			p.gold = append(p.gold, tagger.Span{Start: int32(s.Start), End: int32(s.End), Type: int32(typ)})
		}
		pairs = append(pairs, p)
	}
	all := tagger.NewEvaluation(len(e.Types))
	for _, p := range pairs {
		all.Add(p.gold, p.found)
	}
	e.Texts, e.Data, e.Scores = len(pairs), in.data(), all.Scores()
	if e.Scores.All.Gold == 0 {
		return fault.New(fault.EvalEmpty, "%s finds entities, and none is marked in %s to compare with", version, term.Plural(int64(len(pairs)), "text")).
			At(fault.Where{File: strings.Join(c.Input, ", ")}).WithFix(markedFix)
	}
	if c.JSON != "" {
		data, err := json.Marshal(e)
		if err != nil {
			return err
		}
		if err := m.output(string(c.JSON), append(data, '\n')); err != nil || c.JSON == "-" {
			return err
		}
	}
	if m.quiet {
		return nil
	}
	return term.WriteTaggerEvaluated(m.Stdout, e, m.style())
}

// markedFix is what to do where nothing is marked.
const markedFix = "give texts with marked entities, as winnow train --task entities reads them, or measure a classifier that gives labels"

// unmarked is an error of the first text as it is told: records with labels, which a tagger can't be measured by, are wrong
// from there on.
func unmarked(version string, err error) error {
	e, ok := fault.As(err)
	if !ok || e.Code != fault.TrainSpans && e.Code != fault.RecordType && e.Code != fault.RecordUTF8 {
		return err
	}
	return fault.New(fault.ClassifierTask, "%s finds entities, and this is no text in which some are marked: %s", version, e.What).At(e.Where).WithFix(markedFix)
}

// checkEntities refuses flags that are about labels.
func (c *evalCmd) checkEntities() error {
	return unfit("a tagger", map[string]bool{
		"--labels": c.Labels != nil, "--labels-file": c.LabelsFile != "", "--describe": len(c.Describe) > 0, "--model": c.Model != "",
		"--backend": c.Backend != "", "--mode": c.Mode != "", "--threshold": c.Threshold != nil, "--top-k": c.TopK != 0,
		"--abstain": c.Abstain != 0, "--refine": c.Refine, "--predictions": c.Predictions != "", "--confidence": c.Confidence != "",
		"--compare": len(c.Compare) > 0, "--fail-under": len(c.FailUnder) > 0, "--html": c.HTML != "", "--wrong": c.Wrong != "",
	}, c.inputFlags)
}

// unfit refuses flags that have no meaning with something, those of inputs that are no texts with marks among them.
func unfit(with string, given map[string]bool, in inputFlags) error {
	given["--input-format"], given["--encoding"] = in.InputFormat != "", in.Encoding != ""
	given["--delimiter"], given["--sheet"] = in.Delimiter != "", in.Sheet != ""
	var flags []string
	for flag, is := range given {
		if is {
			flags = append(flags, flag)
		}
	}
	if len(flags) == 0 {
		return nil
	}
	slices.Sort(flags)
	return fault.New(fault.Usage, "%s: no meaning with %s", strings.Join(flags, ", "), with).WithFix("leave them out")
}
