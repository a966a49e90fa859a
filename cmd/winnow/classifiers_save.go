package main

import (
	"context"
	"encoding/json"
	"os"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/catalog"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/wire"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

type classifiersSaveCmd struct {
	Name string `arg:"" help:"The classifier's name: lower-case letters, digits, '-', '_' and '.'. Where it is there already, this is its next version."`

	Labels      []string          `group:"labels" placeholder:"A,B" help:"The labels, separated by commas (\\, for a comma in a name)."`
	LabelsFile  string            `group:"labels" placeholder:"FILE" help:"Labels from JSON or YAML: a list of names, a map name: description, or a list of {name, description, examples}."`
	Describe    map[string]string `group:"labels" mapsep:"none" placeholder:"LABEL=TEXT" help:"What a label means; may be repeated."`
	Cascade     []string          `group:"labels" placeholder:"A:0.8,B" help:"Saved classifiers that are asked one after the other, instead of labels: what A is less sure of than 0.8 goes on to B. Their versions become part of it."`
	Plugin      string            `group:"labels" placeholder:"NAME|FILE" help:"An installed plugin or, to configure it, a map as it stands under plugin in a spec, {name: mine, config: {…}}, or a YAML file with one. Its build becomes part of the version."`
	Mode        string            `group:"labels" placeholder:"MODE" help:"single: one label each. multi: every label that reaches the threshold."`
	Threshold   *float64          `group:"labels" placeholder:"0.3" help:"In multi mode, the confidence from which on a label is given."`
	TopK        int               `group:"labels" placeholder:"K" help:"Also list the K best labels of each record."`
	Abstain     float64           `group:"labels" placeholder:"0.6" help:"Give no label where the confidence is below this."`
	Temperature float64           `group:"labels" placeholder:"T" help:"The temperature of the confidences in single mode. Default: the model's own."`
	Backend     string            `group:"labels" placeholder:"NAME" help:"What gives the labels: static, the default, encoder, or linear."`
	Model       string            `group:"labels" placeholder:"PATH" help:"A fastText model (.bin, .ftz), or the folder of an embedding table or, with --backend encoder, of an encoder; it is saved too. Default: the embedded model."`
	Notes       string            `help:"What should be known of this version."`
	Evaluation  string            `placeholder:"FILE" help:"A report that winnow eval --json wrote, or any JSON with accuracy, macro_f1, ece, rows and data."`
	EvaluatedOn string            `placeholder:"FILE" help:"The data that the report is about, where the report does not say: its hash is saved with it."`
	JSON        bool              `help:"Print the version as JSON."`
}

// Help is the command's manual below its flags.
func (classifiersSaveCmd) Help() string {
	return `Examples:

  winnow classifiers save support --labels billing,bug,other
  winnow classifiers save support --labels-file labels.yaml --abstain 0.4 --notes 'clearer bugs'
  winnow classifiers save tiered --cascade quick:0.83,support
  winnow classifiers save mine --plugin '{name: mine, config: {strict: true}}'
  winnow classify tickets.csv --classifier support

A version never changes. The same labels and options saved again are the same
version.`
}

// Run saves the version.
func (c *classifiersSaveCmd) Run(ctx context.Context, m *Main) error {
	set, err := (&labelFlags{Labels: c.Labels, LabelsFile: c.LabelsFile, Describe: c.Describe, Backend: c.Backend, Model: c.Model, Cascade: c.Cascade, Plugin: c.Plugin}).labels()
	if err != nil {
		return err
	}
	stages, err := wire.ParseCascade(c.Cascade)
	if err != nil {
		return err
	}
	plugin, err := wire.ParsePlugin(c.Plugin)
	if err != nil {
		return err
	}
	k := &spec.Classify{
		Labels: set, Cascade: stages, Plugin: plugin, Mode: classify.Mode(c.Mode), Threshold: c.Threshold, TopK: c.TopK, Abstain: c.Abstain, Temperature: c.Temperature,
		Backend: wire.BackendOf(c.Backend, c.Model), Model: c.Model,
	}
	d, err := wire.Draft(k, m.plugins)
	if err != nil {
		return wire.AsFlags(err)
	}
	if d.Evaluation, err = c.evaluation(); err != nil {
		return err
	}
	d.Name, d.Notes = c.Name, c.Notes
	d.Origin.Command = m.commandLine()
	d.Origin.Winnow, _ = buildVersion()
	if c.LabelsFile != "" {
		f, err := dataFile(c.LabelsFile)
		if err != nil {
			return err
		}
		d.Origin.Data = append(d.Origin.Data, f)
	}
	cat, err := wire.Catalog()
	if err != nil {
		return err
	}
	s, err := cat.Save(ctx, d)
	if err != nil {
		return err
	}
	return m.tellSaved(s, c.JSON)
}

// evaluation reads the report, with the hash of the data that it is about.
func (c *classifiersSaveCmd) evaluation() (json.RawMessage, error) {
	if c.Evaluation == "" {
		if c.EvaluatedOn != "" {
			return nil, fault.New(fault.Usage, "--evaluated-on says what a report is about, and there is none").WithFix("name it with --evaluation")
		}
		return nil, nil
	}
	at := fault.Where{File: c.Evaluation}
	data, err := os.ReadFile(c.Evaluation)
	if err != nil {
		return nil, fault.New(fault.InputMissing, "read the report: %w", err).At(at)
	}
	if c.EvaluatedOn != "" {
		f, err := dataFile(c.EvaluatedOn)
		if err != nil {
			return nil, err
		}
		var report map[string]json.RawMessage
		if err := json.Unmarshal(data, &report); err != nil {
			return nil, fault.New(fault.ClassifierInvalid, "the report is not a JSON object: %w", err).At(at)
		}
		report["data"] = json.RawMessage(`"` + dataPrefix + f.SHA256 + `"`)
		if data, err = json.Marshal(report); err != nil {
			return nil, err
		}
	}
	if _, err := catalog.ParseMetrics(data); err != nil {
		if e, ok := fault.As(err); ok {
			return nil, e.At(at)
		}
		return nil, err
	}
	return data, nil
}
