package fit

import (
	"context"

	"golang.org/x/sync/errgroup"

	"github.com/winnow-stream/winnow/classify/linear/fasttext"
	"github.com/winnow-stream/winnow/classify/linear/fasttext/train"
)

// How much is held out.
const (
	folds     = 3        // parts of which each is answered by a model of the others
	maxFolded = 60_000   // examples up to which there are folds; of more, a part is held out once
	maxHeld   = 20_000   // examples of that part
	maxScores = 32 << 20 // examples held out × labels: 128 MiB
)

// held are the scores of examples by models that were not trained on them.
type held struct {
	rows   []int     // indexes into the examples
	scores []float32 // rows × labels, row-major; absent where the model had no such label
	known  []bool    // by row: the model knew a word of its text
	labels int
}

// absent is less than any score.
const absent = -1e30

func (h *held) row(i int) []float32 { return h.scores[i*h.labels : (i+1)*h.labels] }

// validate answers examples by models of the others.
func (f *fitter) validate(ctx context.Context, cfg train.Config) (*held, error) {
	n, labels := len(f.examples), len(f.names)
	parts, rounds := min(folds, n), min(folds, n)
	if n > maxFolded || n*labels > maxScores {
		parts, rounds = max(n/max(min(n/10, maxHeld, maxScores/labels), 1), 2), 1
	}
	h := &held{labels: labels}
	for k := range rounds {
		f.progress(Progress{"validate", k, rounds})
		var others []train.Example
		from := len(h.rows)
		for i, e := range f.examples {
			if i%parts == k {
				h.rows = append(h.rows, i)
			} else {
				others = append(others, e)
			}
		}
		m, err := train.Train(ctx, cfg, train.Slice(others))
		if err != nil {
			return nil, err
		}
		if err := f.score(ctx, m, h, from); err != nil {
			return nil, err
		}
	}
	return h, nil
}

// score appends the scores of the rows from one on.
func (f *fitter) score(ctx context.Context, m *fasttext.Model, h *held, from int) error {
	n := len(h.rows) - from
	h.scores = append(h.scores, make([]float32, n*h.labels)...)
	h.known = append(h.known, make([]bool, n)...)
	to := make([]int32, len(m.Labels()))
	for i, name := range m.Labels() {
		to[i] = f.ids[name]
	}
	group, ctx := errgroup.WithContext(ctx)
	for w := range f.cfg.Workers {
		group.Go(func() error {
			var s fasttext.Scratch
			var scores []float32
			for i := from + w; i < len(h.rows); i += f.cfg.Workers {
				if ctx.Err() != nil {
					return ctx.Err()
				}
				row := h.row(i)
				for l := range row {
					row[l] = absent
				}
				scores = m.Scores(scores, []byte(f.examples[h.rows[i]].Text), &s)
				h.known[i] = scores != nil
				for l, x := range scores {
					row[to[l]] = x
				}
			}
			return nil
		})
	}
	return group.Wait()
}
