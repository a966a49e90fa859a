package main

import (
	"context"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/term"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/wire"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

// keyphraseFlags choose what is given.
type keyphraseFlags struct {
	Max         int      `group:"keyphrases" placeholder:"8" help:"How many a text gets at most."`
	Words       int      `group:"keyphrases" placeholder:"3" help:"How many words a phrase has at most, up to 4."`
	Diversity   *float64 `group:"keyphrases" placeholder:"0.3" help:"How much a phrase loses for being like a better one, 0 to 1."`
	Exclude     []string `group:"keyphrases" placeholder:"A,B" help:"Words and phrases that are never given, in any case and number."`
	ExcludeFile string   `group:"keyphrases" placeholder:"FILE" help:"A text file of more of them, one on each line; lines that begin with # don't count."`
}

type keyphrasesCmd struct {
	Input []string `arg:"" optional:"" help:"Files, folders or patterns, as for classify. Default, and -: standard input."`

	keyphraseFlags
	inputFlags
	Output  string   `short:"o" group:"output" placeholder:"PATH" help:"Where records go with their keyphrases; the ending says the format. Default, and -: standard output as JSONL."`
	Format  string   `group:"output" placeholder:"FORMAT" help:"The output's format, whatever its ending."`
	Prefix  string   `group:"output" placeholder:"TEXT" help:"Put before the name of the field keyphrases."`
	Keep    []string `group:"output" placeholder:"COLUMNS" help:"Only these columns of the input, with the keyphrases. Default: all."`
	Rejects string   `group:"output" placeholder:"PATH" help:"Where rejected records go. Default: OUTPUT.rejected.jsonl, or standard error."`
	runFlags
}

// Help is the command's manual below its flags.
func (keyphrasesCmd) Help() string {
	return `Examples:

  winnow keyphrases articles.jsonl --text body
  winnow keyphrases reviews.csv --max 5 --exclude 'product,customer service' -o tagged.csv
  winnow keyphrases notes.txt --exclude-file stop.txt --keep id

Each record gets a field keyphrases: the phrases of its own text that tell best
what it is about, with a score, best first. Nothing is trained, and the same text
gives the same phrases everywhere.`
}

// Run finds keyphrases in the inputs.
func (c *keyphrasesCmd) Run(ctx context.Context, m *Main) error {
	if len(c.Input) == 0 {
		if term.IsTerminal(m.Stdin) {
			return fault.New(fault.InputMissing, "no input is named, and standard input is the terminal").
				WithFix("name a file, or pipe records in; - reads what you type")
		}
		c.Input = []string{"-"}
	}
	in := wire.Simple{
		Inputs: c.Input, Output: c.Output, Format: c.Format, Rejects: c.Rejects,
		Keyphrases: &spec.Keyphrases{
			Max: c.Max, Words: c.Words, Diversity: c.Diversity, Exclude: c.Exclude, ExcludeFile: c.ExcludeFile, Prefix: c.Prefix,
		},
	}
	c.inputFlags.fill(&in)
	s, err := in.Spec()
	if err != nil {
		return err
	}
	o := c.options(m, c.Limit)
	o.State, o.Keep = in.StateFolder(c.State), c.Keep
	j := &job{
		name: s.Name, memory: s.Memory.Bytes(), flags: c.runFlags, outputs: wire.Outputs(s), rejected: wire.Rejected(s), stdout: wire.ToStdout(s),
		again: "run the same command again",
	}
	if j.pipeline, err = wire.Build(s, o); err != nil {
		return wire.AsFlags(err)
	}
	_, err = m.execute(ctx, j)
	return err
}
