package main

import (
	"fmt"
	"strings"

	"github.com/alecthomas/kong"
)

// cli is the command line. Its help texts are the manual: README and man page come from them.
type cli struct {
	Help    helpFlag `short:"h" help:"Show help for the command."`
	Quiet   bool     `short:"q" help:"No progress and no summary; errors only."`
	Verbose bool     `short:"v" help:"Also log what connectors do."`
	NoColor bool     `help:"No colours. The environment variable NO_COLOR does the same."`

	Classify    classifyCmd    `cmd:"" group:"use" help:"Label the records of files or of standard input."`
	Entities    entitiesCmd    `cmd:"" group:"use" help:"Find e-mail addresses, phone numbers, dates and terms in texts, or hide them."`
	Keyphrases  keyphrasesCmd  `cmd:"" group:"use" help:"Give texts free tags: the phrases that tell best what they are about."`
	Run         runCmd         `cmd:"" group:"use" help:"Run the pipeline that a YAML spec describes."`
	Eval        evalCmd        `cmd:"" group:"use" help:"Measure labels against the input's own: accuracy, F1, calibration, confusions."`
	Train       trainCmd       `cmd:"" group:"use" help:"Learn a classifier, or to find entities, from labelled records, and save it."`
	Suggest     suggestCmd     `cmd:"" group:"use" help:"Choose the records whose labels teach a classifier most."`
	Label       labelCmd       `cmd:"" group:"use" help:"Label records at the terminal, one key each."`
	Status      statusCmd      `cmd:"" group:"use" help:"Show running pipelines, or how far a run got."`
	Tap         tapCmd         `cmd:"" group:"use" help:"Show a live sample of what a running pipeline delivers."`
	Dead        deadCmd        `cmd:"" group:"use" help:"List, show, replay or purge rejected records."`
	Classifiers classifiersCmd `cmd:"" group:"use" help:"Save classifiers in versions; list, compare, name and exchange them."`
	Models      modelsCmd      `cmd:"" group:"use" help:"Add encoders and embedding tables of your own; list and measure them."`
	Serve       serveCmd       `cmd:"" group:"use" help:"Label texts over HTTP, for clients of Classer's API and your own."`
	Keys        keysCmd        `cmd:"" group:"use" help:"Make, list and revoke the keys that clients of winnow serve show."`
	Jobs        jobsCmd        `cmd:"" group:"use" help:"Have a server label files: run, or create, upload, start, watch and fetch."`
	Demo        demoCmd        `cmd:"" group:"use" help:"Watch a stream being labelled; needs nothing set up."`
	Plugin      pluginCmd      `cmd:"" group:"use" help:"Use programs of your own as classifiers and sources."`
	Kafka       kafkaCmd       `cmd:"" group:"use" help:"Look at topics and groups, and fill topics."`
	Validate    validateCmd    `cmd:"" group:"write" help:"Check a spec: all problems at once, each with its place."`
	Explain     explainCmd     `cmd:"" group:"write" help:"Show what a spec is going to do, without doing it."`
	Test        testCmd        `cmd:"" group:"write" help:"Run a spec's own test cases through its real stages."`
	Schema      schemaCmd      `cmd:"" group:"write" help:"Print the JSON Schema of specs, for editors."`
	Completion  completionCmd  `cmd:"" group:"more" help:"Print a completion script for a shell."`
	Man         manCmd         `cmd:"" group:"more" help:"Print the manual as a man page."`
	Version     versionCmd     `cmd:"" group:"more" help:"Print the version."`
}

const about = `Turn streams and files of text into labelled records.

  winnow classify reviews.csv --labels positive,negative -o labelled.csv
  cat lines.txt | winnow classify --labels spam,ham
  winnow run tickets.yaml`

func newParser(grammar *cli, m *Main) (*kong.Kong, error) {
	return kong.New(grammar,
		kong.Name("winnow"),
		kong.Description(about),
		kong.Writers(m.Stdout, m.Stderr),
		kong.NoDefaultHelp(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100, NoExpandSubcommands: true, NoAppDescFormat: true}),
		kong.ExplicitGroups([]kong.Group{
			{Key: "use", Title: "Label records:"},
			{Key: "write", Title: "Write specs:"},
			{Key: "more", Title: "More:"},
			{Key: "labels", Title: "Labels:"},
			{Key: "entities", Title: "Entities:"},
			{Key: "keyphrases", Title: "Keyphrases:"},
			{Key: "head", Title: "Head:"},
			{Key: "input", Title: "Input:"},
			{Key: "measuring", Title: "Measuring:"},
			{Key: "suggesting", Title: "Choosing:"},
			{Key: "output", Title: "Output:"},
			{Key: "running", Title: "Running:"},
			{Key: "kafka", Title: "Kafka:"},
			{Key: "server", Title: "Server:"},
		}),
		kong.Bind(m, grammar),
	)
}

// joinNegatives writes --flag -1 as --flag=-1, which no parser takes for a flag by the name of 1. So the flag's own check says
// what is wrong with a number below 0.
func joinNegatives(args []string) []string {
	var joined []string
	for _, arg := range args {
		last := len(joined) - 1
		if len(arg) > 1 && arg[0] == '-' && arg[1] >= '0' && arg[1] <= '9' && last >= 0 && len(joined[last]) > 2 && strings.HasPrefix(joined[last], "--") && !strings.Contains(joined[last], "=") {
			joined[last] += "=" + arg
			continue
		}
		joined = append(joined, arg)
	}
	return joined
}

// helpFlag prints help and ends parsing.
type helpFlag bool

// IgnoreDefault makes kong call BeforeReset only where the flag is given.
func (helpFlag) IgnoreDefault() {}

// BeforeReset is called by kong before anything is checked, so that help needs no arguments.
func (helpFlag) BeforeReset(k *kong.Context) error {
	if err := k.PrintUsage(false); err != nil {
		return err
	}
	fmt.Fprintln(k.Stdout)
	return errHelped
}
