package main

import (
	"context"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/wire"
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
	passFlags `set:"results=keyphrases"`
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
	in := &wire.Simple{Keyphrases: &spec.Keyphrases{
		Max: c.Max, Words: c.Words, Diversity: c.Diversity, Exclude: c.Exclude, ExcludeFile: c.ExcludeFile, Prefix: c.Prefix,
	}}
	return c.pass(ctx, m, c.Input, in, nil)
}
