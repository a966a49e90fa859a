package train

import (
	"context"
	"iter"

	"github.com/winnow-stream/winnow/classify/linear/fasttext/dictionary"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Vector is a word with the vector that training begins with.
type Vector struct {
	Word   string
	Values []float32
}

// Vectors gives the same vectors each time that it is ranged over. Of a word that comes twice the last vector counts. What
// it yields is not kept.
type Vectors = iter.Seq2[Vector, error]

// addVectorWords puts the words of Vectors into the dictionary too, each counted once more, as fastText does: texts to
// come may have them.
func addVectorWords(ctx context.Context, cfg *Config, words []dictionary.Entry) ([]dictionary.Entry, error) {
	if cfg.Vectors == nil {
		return words, nil
	}
	c := newCounter()
	for _, w := range words {
		c.add([]byte(w.Text), w.Count)
	}
	n := 0
	for v, err := range cfg.Vectors {
		if err != nil {
			return nil, err
		}
		if n++; n%checkEvery == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if len(v.Values) != cfg.Dim {
			return nil, fault.New(fault.TrainExamples, "the vector of %q has %d components, dim is %d", v.Word, len(v.Values), cfg.Dim).
				WithFix("set dim to %d", len(v.Values))
		}
		if word, _ := dictionary.Word(bytesOf(v.Word)); len(word) > 0 && len(word) == len(v.Word) && !dictionary.Label(word) {
			c.add(word, 1)
		}
	}
	return c.sorted(1), nil
}

// fillVectors gives the rows of words their vectors.
func fillVectors(ctx context.Context, cfg *Config, dict *dictionary.Dictionary, first *initial) error {
	if cfg.Vectors == nil {
		return nil
	}
	n := 0
	for v, err := range cfg.Vectors {
		if err != nil {
			return err
		}
		if n++; n%checkEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if row := dict.Find([]byte(v.Word)); row >= 0 && int(row) < len(dict.Words()) && len(v.Values) == cfg.Dim {
			first.set(row, v.Values)
		}
	}
	return nil
}
