package main

import (
	"context"
	"slices"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/eval"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/report"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/term"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/wire"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

type evalCmd struct {
	Input []string `arg:"" help:"Files, folders or patterns with labelled records."`

	labelFlags
	Gold        string `group:"labels" aliases:"label" placeholder:"COLUMN" help:"The column with the true label, or a list of them. For a tagger the field with tags or spans, as in winnow train."`
	UnknownGold string `group:"labels" enum:"wrong,oos" default:"wrong" placeholder:"wrong" help:"A gold label that is not one of the labels counts as wrong, or with oos as out of scope."`
	Predictions string `group:"labels" placeholder:"COLUMN" help:"Measure the labels in this column instead of a classifier's."`
	Confidence  string `group:"labels" placeholder:"COLUMN" help:"Their confidences. Default: the column that winnow writes beside such labels, if it is there."`
	inputFlags
	Compare   map[string]string  `group:"measuring" mapsep:"none" placeholder:"KEY=VALUE" help:"Compare with a second answer for the same records: what differs from the first. Keys: labels, labels-file, classifier, cascade, plugin, backend, threshold, abstain, refine, predictions, confidence, data. May be repeated."`
	Loss      float64            `group:"measuring" default:"1" placeholder:"1.0" help:"With --cascade A,B: how many points of accuracy may be lost, compared with B alone, by what does not go on."`
	Precision []float64          `group:"measuring" default:"0.95" placeholder:"0.95" help:"Find the confidence from which on answers are this precise. May be repeated."`
	FailUnder map[string]float64 `group:"measuring" mapsep:"none" placeholder:"SCORE=LEAST" help:"Exit with 1 where a score is lower: accuracy, macro-f1, micro-f1, weighted-f1, samples-f1, exact-match or auroc. May be repeated."`
	WrongRows int                `group:"measuring" default:"100" placeholder:"100" help:"How many of the most confident wrong records are kept for --wrong, --json and --html."`
	JSON      jsonFlag           `group:"output" placeholder:"FILE" help:"Write the report as JSON; without FILE, or with -, to standard output."`
	HTML      string             `group:"output" placeholder:"FILE" help:"Write the report as one page with plots that needs no network and no JavaScript."`
	Wrong     string             `group:"output" placeholder:"FILE" help:"Write the most confident wrong records, whose gold label may be the one that is wrong, as JSONL or by the ending as CSV."`
	Overwrite bool               `group:"output" help:"Replace these files where they exist."`
	Parallel  parallel           `group:"running" placeholder:"N" help:"How many batches are worked on at once. Default: one for each CPU."`
}

// Help is the command's manual below its flags.
func (evalCmd) Help() string {
	return `Examples:

  winnow eval test.csv --labels-file labels.json --gold label
  winnow eval test.parquet --labels spam,ham --text body --gold label --json
  winnow eval labelled.csv --gold team --predictions label --html report.html
  winnow eval test.csv --labels-file a.json --gold label --compare labels-file=b.json
  winnow eval held.csv --gold label --cascade quick,support --loss 0.5
  winnow eval test.csv --gold label --plugin mine

Labels every record, writes none of them, and prints accuracy with its 95 %
interval, precision, recall and F1 of each label, the calibration of the
confidences over 15 bins, what is gained by withholding unsure answers, and
which labels are taken for which. With --compare it tests whether the second
answer is better by more than chance. With --cascade and no confidence it finds
the one below which records should go on from the first to the second. Records
that neither learnt from tell.

Where the classifier is a tagger, records are those that winnow train --task
entities reads, and precision, recall and F1 are those of whole entities.`
}

// Run measures, and compares where a second answer is named.
func (c *evalCmd) Run(ctx context.Context, m *Main) error {
	if err := c.check(); err != nil {
		return err
	}
	switch {
	case c.Classifier != "" && wire.IsTagger(c.Classifier):
		return c.entities(ctx, m)
	case c.Gold == "":
		return fault.New(fault.Usage, "missing flags: --gold=COLUMN").WithFix("name the column that holds the true labels")
	}
	first, err := c.subject()
	if err != nil {
		return err
	}
	var second *subject
	switch {
	case c.chooses():
		first, second, err = c.stages(first)
	case len(c.Compare) > 0:
		second, err = c.second(first)
	}
	if err != nil {
		return err
	}
	page := &report.Page{Title: "Evaluation"}
	if page.First, err = m.measure(ctx, c, first); err != nil {
		return err
	}
	if second != nil {
		if page.Second, err = m.measure(ctx, c, second); err != nil {
			return err
		}
		pairs, err := pair(first, second)
		if err != nil {
			return err
		}
		page.Comparison = eval.Compare(pairs)
	}
	if c.chooses() {
		if page.Cascade, err = c.choose(first, second, page); err != nil {
			return err
		}
	}
	if err := c.write(m, page); err != nil {
		return err
	}
	return c.failUnder(page.First.Report)
}

// check looks at flags that nothing else does.
func (c *evalCmd) check() error {
	for _, p := range c.Precision {
		if !(p > 0 && p <= 1) {
			return fault.New(fault.Usage, "--precision %v is not above 0, up to 1", p)
		}
	}
	if c.WrongRows < 0 || c.WrongRows > maxWrong {
		return fault.New(fault.Usage, "--wrong-rows %d is not from 0 to %d", c.WrongRows, maxWrong)
	}
	if twice := len(c.Compare) > 0 || c.chooses(); twice && slices.Contains(c.Input, "-") {
		return fault.New(fault.Usage, "two answers are compared, which reads the input twice, and standard input can be read only once").
			WithFix("write it to a file first")
	}
	if err := c.checkCascade(); err != nil {
		return err
	}
	if err := checkScores(c.FailUnder); err != nil {
		return err
	}
	return c.checkOutputs()
}

// maxWrong bounds what is kept of wrong records: with texts of 300 characters, 12 MB at most.
const maxWrong = 10_000

// write tells and writes what was measured.
func (c *evalCmd) write(m *Main, page *report.Page) error {
	if err := c.writeFiles(m, page); err != nil {
		return err
	}
	if c.JSON == "-" || m.quiet {
		return nil
	}
	return term.WriteEvaluation(m.Stdout, page, m.style())
}

// mode is what rows are asked for.
func (c *evalCmd) mode() classify.Mode {
	if c.Mode == "" {
		return classify.Single
	}
	return classify.Mode(c.Mode)
}
