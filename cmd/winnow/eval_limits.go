package main

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/winnow-stream/winnow/classify/eval"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// scores are what --fail-under can hold a report to.
var scores = map[string]func(*eval.Report) eval.Score{
	"accuracy":    func(r *eval.Report) eval.Score { return r.Accuracy },
	"macro-f1":    func(r *eval.Report) eval.Score { return r.MacroF1 },
	"micro-f1":    func(r *eval.Report) eval.Score { return r.MicroF1 },
	"weighted-f1": func(r *eval.Report) eval.Score { return r.WeightedF1 },
	"exact-match": func(r *eval.Report) eval.Score {
		if r.Multi == nil {
			return r.Accuracy
		}
		return r.Multi.ExactMatch
	},
	"samples-f1": func(r *eval.Report) eval.Score {
		if r.Multi == nil {
			return eval.Ratio(0, 0)
		}
		return r.Multi.SamplesF1
	},
	"auroc": func(r *eval.Report) eval.Score {
		if r.OutOfScope == nil {
			return eval.Ratio(0, 0)
		}
		return r.OutOfScope.AUROC
	},
}

func scoreOf(name string) func(*eval.Report) eval.Score {
	return scores[strings.ReplaceAll(strings.ToLower(name), "_", "-")]
}

// checkScores refuses scores that there are not.
func checkScores(limits map[string]float64) error {
	names := slices.Sorted(maps.Keys(scores))
	for _, name := range slices.Sorted(maps.Keys(limits)) {
		if scoreOf(name) == nil {
			e := fault.New(fault.Usage, "--fail-under does not know the score %q", name)
			if near := fault.Nearest(name, names); near != "" {
				return e.WithFix("did you mean %s?", near)
			}
			return e.WithFix("use one of %s", strings.Join(names, ", "))
		}
		if l := limits[name]; !(l >= 0 && l <= 1) {
			return fault.New(fault.Usage, "--fail-under %s=%v: scores are from 0 to 1", name, l)
		}
	}
	return nil
}

// failUnder holds a report to the limits. A score that nothing could be measured of is lower than any.
func (c *evalCmd) failUnder(r *eval.Report) error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(c.FailUnder)) {
		switch s, least := scoreOf(name)(r), c.FailUnder[name]; {
		case !s.Known():
			errs = append(errs, fault.New(fault.EvalBelow, "%s could not be measured, and should be at least %v", name, least))
		case float64(s) < least:
			errs = append(errs, fault.New(fault.EvalBelow, "%s is %.4f, lower than %v", name, float64(s), least))
		}
	}
	return errors.Join(errs...)
}
