package main

import (
	"context"
	"encoding/json"
	"time"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/catalog"
	"github.com/winnow-stream/winnow/classify/linear/head"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/term"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/wire"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

type trainCmd struct {
	Input []string `arg:"" help:"Files, folders or patterns with labelled records."`

	Task  string `group:"labels" enum:"labels,entities" default:"labels" placeholder:"TASK" help:"labels: which label a text has. entities: where in a text something stands, from texts in which it is marked."`
	Label string `group:"labels" aliases:"gold" placeholder:"COLUMN" help:"The column with the label, or a list of them. With --task entities the field with tags or spans. Default there: tags, spans, or the last column."`
	Save  string `group:"output" placeholder:"NAME" help:"Save what was trained as the next version of this classifier. Default: only report how good it would be."`

	Labels     []string           `group:"labels" placeholder:"A,B" help:"The labels to choose from. Default: those that the records have."`
	LabelsFile string             `group:"labels" placeholder:"FILE" help:"The labels with descriptions, which are learnt from too; JSON or YAML, as for winnow classify."`
	Describe   map[string]string  `group:"labels" mapsep:"none" placeholder:"LABEL=TEXT" help:"What a label means; may be repeated."`
	Mode       string             `group:"labels" placeholder:"MODE" help:"single: one label each. multi: any number, and none where the list of labels is empty."`
	Threshold  *float64           `group:"labels" placeholder:"0.3" help:"In multi mode, the confidence from which on a label is given. Default: each label's own, at which its F1 is best."`
	TopK       int                `group:"labels" placeholder:"K" help:"Also list the K best labels of each record."`
	Abstain    float64            `group:"labels" placeholder:"0.6" help:"Give no label where the confidence is below this."`
	Balanced   bool               `group:"labels" help:"Weigh rare labels up, so that they are found more often."`
	Weight     map[string]float64 `group:"labels" mapsep:"none" placeholder:"LABEL=W" help:"How much an example of a label counts; may be repeated."`
	inputFlags
	headFlags
	Seed     uint64        `group:"running" placeholder:"N" help:"Decides how examples are divided. The same seed gives the same classifier; a fastText model only with --parallel 1 and without a search."`
	Budget   time.Duration `group:"running" placeholder:"1m" help:"Try no more parameters after this time. Default: as long as it takes."`
	Parallel parallel      `group:"running" placeholder:"N" help:"How many goroutines train. Default: one for each CPU."`
	Notes    string        `group:"output" help:"What should be known of this version."`
	JSON     bool          `group:"output" help:"Print the report as JSON."`
}

// Help is the command's manual below its flags.
func (trainCmd) Help() string {
	return `Examples:

  winnow train tickets.csv --label team
  winnow train 'tickets/*.parquet' --text 'subject + " " + body' --label team --save support
  winnow train tickets.jsonl --label tags --mode multi --save tags --labels-file labels.yaml
  winnow classify new.csv --classifier support -o labelled.csv
  winnow train tickets.csv --label team --backend encoder --save support
  winnow train posts.jsonl --task entities --save people

  winnow train tickets.jsonl --label team --head fasttext --autotune 5m --save support

Learns from labelled records: a few examples a label, or millions. It chooses
its parameters by cross-validation, and every figure of its report is about
records that were not learnt from. Records without a label are left out.

With --task entities it learns to find things in texts. Records are JSON lines,
{"tokens": [...], "tags": ["O", "B-place", ...]} or {"text": ..., "spans":
[{"start": 3, "end": 11, "type": "place"}]}, or a token and its tag a line with
a blank line behind each text.`
}

// Run trains, saves and reports.
func (c *trainCmd) Run(ctx context.Context, m *Main) error {
	if c.Save != "" {
		if err := catalog.CheckName(c.Save); err != nil { // before minutes of work
			return err
		}
	}
	switch {
	case c.Task == taskEntities:
		return c.entities(ctx, m)
	case c.Label == "":
		return fault.New(fault.Usage, "missing flags: --label=COLUMN").WithFix("name the column that holds the labels")
	}
	cfg, err := c.config()
	if err != nil {
		return err
	}
	if err := c.headFlags.check(c); err != nil {
		return err
	}
	if cfg.Space, err = wire.HeadSpace(c.Backend, c.Model); err != nil {
		return err
	}
	r := newLesson(c, m)
	t, err := r.learn(ctx, cfg)
	if err != nil {
		return err
	}
	if c.Save != "" {
		if err := c.save(ctx, m, r, t); err != nil {
			return err
		}
	}
	if c.JSON {
		return m.json(t)
	}
	if m.quiet {
		return nil
	}
	return term.WriteTraining(m.Stdout, t, m.style())
}

// config is what the flags ask for.
func (c *trainCmd) config() (head.Config, error) {
	cfg := head.Config{
		Mode: classify.Mode(c.Mode), Seed: c.Seed, Workers: int(c.Parallel), Balanced: c.Balanced, Weights: c.Weight, Budget: c.Budget,
		Answer: head.Answer{Threshold: c.Threshold, TopK: c.TopK, Abstain: c.Abstain},
	}
	if c.Threshold != nil && cfg.Mode == "" {
		cfg.Mode = classify.Multi
	}
	if c.Labels == nil && c.LabelsFile == "" {
		if len(c.Describe) > 0 {
			return cfg, fault.New(fault.LabelsRequired, "--describe describes --labels, which is not given")
		}
		return cfg, nil
	}
	var err error
	cfg.Labels, err = (&labelFlags{Labels: c.Labels, LabelsFile: c.LabelsFile, Describe: c.Describe}).labels()
	return cfg, err
}

// save enters what was learnt into the catalog, with what is known of it.
func (c *trainCmd) save(ctx context.Context, m *Main, r *lesson, t *term.Training) (err error) {
	if r.draft.Evaluation, err = json.Marshal(t.Evaluation()); err != nil {
		return err
	}
	t.Saved, err = c.enter(ctx, m, r.draft, r.files())
	return err
}

// enter enters what was learnt from files into the catalog.
func (c *trainCmd) enter(ctx context.Context, m *Main, d catalog.Draft, files []string) (term.Saved, error) {
	d.Name, d.Notes, d.Origin.Command = c.Save, c.Notes, m.commandLine()
	d.Origin.Winnow, _ = buildVersion()
	seed := int64(c.Seed)
	d.Origin.Seed = &seed
	for _, path := range files {
		f, err := dataFile(path)
		if err != nil {
			return term.Saved{}, err
		}
		d.Origin.Data = append(d.Origin.Data, f)
	}
	cat, err := wire.Catalog()
	if err != nil {
		return term.Saved{}, err
	}
	s, err := cat.Save(ctx, d)
	if err != nil {
		return term.Saved{}, err
	}
	return term.Saved{Ref: s.Ref(), Existed: s.Existed, Hash: shortHash(s.Hash)}, nil
}
