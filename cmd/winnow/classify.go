package main

import (
	"context"
	"fmt"
	"io"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/term"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/wire"
)

// labelFlags choose labels and classifier.
type labelFlags struct {
	Labels     []string          `group:"labels" placeholder:"A,B" help:"The labels, separated by commas (\\, for a comma in a name)."`
	LabelsFile string            `group:"labels" placeholder:"FILE" help:"Labels from JSON or YAML: a list of names, a map name: description, or a list of {name, description, examples}."`
	Describe   map[string]string `group:"labels" mapsep:"none" placeholder:"LABEL=TEXT" help:"What a label means; may be repeated."`
	Classifier string            `group:"labels" placeholder:"NAME" help:"A saved classifier instead of labels: NAME for its newest version, NAME@v2, or NAME@ALIAS."`
	Cascade    []string          `group:"labels" placeholder:"A:0.8,B" help:"Several classifiers, cheapest first: what A is less sure of than 0.8 goes on to B. Names of saved classifiers, fastText models, or static for the embedded model with the same labels."`
	Plugin     string            `group:"labels" placeholder:"NAME|FILE" help:"A program of your own: the name of an installed plugin or, to configure it, a map as it stands under plugin in a spec, {name: mine, config: {…}}, or a YAML file with one. Labels beside it are given to it; without them it has its own."`
	Backend    string            `group:"labels" placeholder:"NAME" help:"What gives the labels. static, the default: microseconds a text. encoder: a transformer, better and a thousand times as slow. auto: static, and encoder for what it is unsure of. linear: a fastText model."`
	Calibrate  string            `group:"labels" placeholder:"FILE" help:"With --backend auto, labelled records by which it finds how sure static must be; their labels are in the column of --gold, else in label."`
	MinRate    float64           `group:"labels" placeholder:"N" help:"With --backend auto, how many records a second have to be labelled: no more of them go on to the encoder."`
	Model      string            `group:"labels" placeholder:"NAME|PATH" help:"A model of your own: one that winnow models added, a fastText model (.bin, .ftz), whose labels are used, or the folder of an embedding table or, with --backend encoder, of an encoder."`
	Mode       string            `group:"labels" placeholder:"MODE" help:"single: one label each. multi: every label that reaches the threshold."`
	Threshold  *float64          `group:"labels" placeholder:"0.3" help:"In multi mode, the confidence from which on a label is given."`
	TopK       int               `group:"labels" placeholder:"K" help:"Also list the K best labels of each record."`
	Abstain    float64           `group:"labels" placeholder:"0.6" help:"Give no label where the confidence is below this."`
	Refine     bool              `group:"labels" help:"Move the labels towards the input's own texts in a first pass. Better, twice the time."`

	AllowUnpinned bool `group:"labels" help:"Let --plugin name a plugin's folder, without an installed copy that can't change."`
}

// inputFlags say what is read and how.
type inputFlags struct {
	Text        string `group:"input" placeholder:"COLUMN" help:"The column with the text, or an expression such as 'title + \" \" + body'. Default: text, else the only column of text."`
	InputFormat string `group:"input" placeholder:"FORMAT" help:"jsonl, csv, tsv, xlsx, text or parquet, instead of what name and content say."`
	Encoding    string `group:"input" placeholder:"NAME" help:"The text's encoding, such as windows-1252. Default: UTF-8, or what the content shows."`
	Delimiter   string `group:"input" placeholder:"C" help:"What separates CSV fields. Default: what the content shows."`
	Sheet       string `group:"input" placeholder:"NAME" help:"The sheet of an .xlsx file. Default: the first."`
	Limit       int64  `group:"input" placeholder:"N" help:"End after N records."`
}

// runFlags say how a pipeline runs and what is told of it.
type runFlags struct {
	State         string   `group:"running" placeholder:"DIR" help:"Where progress is kept, so that the same command continues after an interruption."`
	Overwrite     bool     `group:"running" help:"Start anew and replace the output."`
	Parallel      parallel `group:"running" placeholder:"N" help:"How many batches are worked on at once. Default: one for each CPU."`
	FailOnRejects bool     `group:"running" help:"Exit with 4 when records were rejected."`
	JSON          bool     `group:"running" help:"Print the summary as JSON, to standard output where records don't go there."`
}

type classifyCmd struct {
	Input []string `arg:"" optional:"" help:"Files, folders or patterns ('data/*.csv'): JSONL, CSV, TSV, .xlsx, text lines or Parquet; gzip, zstd, bz2. Default, and -: standard input."`

	labelFlags
	passFlags    `set:"results=labels"`
	Explain      bool   `group:"output" help:"Say which words moved the score of each label, in the field explanation. On a terminal, without --output and --format, you see the texts with these words."`
	ExplainWords int    `group:"output" placeholder:"5" help:"With --explain, how many words of a label, those that weigh most."`
	Gold         string `group:"output" aliases:"label" placeholder:"COLUMN" help:"The input's own labels: the summary says how many are met."`
}

// Help is the command's manual below its flags.
func (classifyCmd) Help() string {
	return `Examples:

  winnow classify reviews.csv --labels positive,negative -o labelled.csv
  winnow classify 'tickets/*.jsonl.gz' --labels-file labels.yaml --text body -o out/
  winnow classify mail.csv --cascade quick:0.83,support -o labelled.csv
  winnow classify mail.parquet --labels spam,ham --gold label -o labelled.parquet
  winnow classify mail.jsonl --labels spam,ham --explain
  winnow classify mail.jsonl --plugin '{name: mine, config: {strict: true}}' -o labelled.jsonl
  cat lines.txt | winnow classify --labels spam,ham | head

Interrupted, the same command continues where it stopped. Records that can't be
labelled are set aside with the reason, and the rest goes on.`
}

// Run labels the inputs.
func (c *classifyCmd) Run(ctx context.Context, m *Main) error {
	set, err := c.labels()
	if err != nil {
		return err
	}
	in := &wire.Simple{Labels: set, Gold: c.Gold, Explain: c.Explain, Words: c.ExplainWords}
	c.labelFlags.fill(in)
	var show func() func(wire.Outcome)
	if c.Explain {
		show = func() func(wire.Outcome) { return explained(m.Stdout, term.StyleOf(m.Stdout, m.color)) }
	}
	return c.pass(ctx, m, c.Input, in, show)
}

// explained prints records with their labels, and the words that moved them, as they come.
func explained(w io.Writer, s term.Style) func(wire.Outcome) {
	return func(o wire.Outcome) {
		if o.To == wire.DeadLetters {
			_ = term.Say(w, "%v: %v", o.Record["file"], o.Record["message"])
			return
		}
		fmt.Fprint(w, term.Answers(fmt.Sprintf("%s:%d", o.Split, o.Offset+1), o.Text, o.Answers, s))
	}
}
