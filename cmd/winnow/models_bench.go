package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/term"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/wire"
)

type modelsBenchCmd struct {
	modelArg
	For  time.Duration `default:"1s" placeholder:"1s" help:"How long each figure is measured."`
	JSON bool          `help:"Print the figures as JSON, one object for each length of texts."`
}

// Help is the command's manual below its flags.
func (modelsBenchCmd) Help() string {
	return `Examples:

  winnow models bench bge

Labels texts of 16 and of 64 words: many together, on all threads, and one
after the other, of which it tells the median time.`
}

// benchWords is how many words the texts of each figure have.
var benchWords = []int{16, 64}

// benchTexts is how many texts are labelled together.
const benchTexts = 64

// Run measures.
func (c *modelsBenchCmd) Run(ctx context.Context, m *Main) error {
	model, err := c.find()
	if err != nil {
		return err
	}
	k, err := wire.OnModel(model, classify.LabelSet{{Name: "billing"}, {Name: "delivery"}, {Name: "praise"}})
	if err != nil {
		return err
	}
	var figures []term.ModelSpeed
	for _, words := range benchWords {
		f, err := c.measure(ctx, k, words)
		if err != nil {
			return err
		}
		if c.JSON {
			if err := m.json(f); err != nil {
				return err
			}
		}
		figures = append(figures, f)
	}
	if c.JSON {
		return nil
	}
	return term.WriteModelSpeed(m.Stdout, model, figures, m.style())
}

// measure labels texts of so many words.
func (c *modelsBenchCmd) measure(ctx context.Context, k classify.Classifier, words int) (term.ModelSpeed, error) {
	many, one := textsOf(words, benchTexts), textsOf(words, 1)
	defer many.Release()
	defer one.Release()
	var out classify.Results
	if err := k.Classify(ctx, many, &out); err != nil { // the first time it reads the weights
		return term.ModelSpeed{}, err
	}
	f := term.ModelSpeed{Words: words, Tokens: int(out.Tokens[0])}
	n, begun := 0, time.Now()
	for n == 0 || time.Since(begun) < c.For {
		if err := k.Classify(ctx, many, &out); err != nil {
			return f, err
		}
		n += benchTexts
	}
	f.Rate = float64(n) / time.Since(begun).Seconds()
	var each []time.Duration
	for begun = time.Now(); len(each) == 0 || time.Since(begun) < c.For; {
		start := time.Now()
		if err := k.Classify(ctx, one, &out); err != nil {
			return f, err
		}
		each = append(each, time.Since(start))
	}
	slices.Sort(each)
	f.Alone = each[len(each)/2]
	return f, nil
}

// textsOf are n texts of so many words.
func textsOf(words, n int) *array.String {
	all := strings.Fields("the parcel came late and the invoice is wrong so please send my money back today")
	text := make([]string, words)
	for i := range text {
		text[i] = all[i%len(all)]
	}
	b := array.NewStringBuilder(memory.DefaultAllocator)
	defer b.Release()
	for range n {
		b.Append(strings.Join(text, " "))
	}
	return b.NewStringArray()
}
