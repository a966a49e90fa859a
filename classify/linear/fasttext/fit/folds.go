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

// parts are how many parts the examples are divided into, and how many of these are held out in turn.
func (f *fitter) parts() (parts, rounds int) {
	n, labels := len(f.examples), len(f.names)
	if n > maxFolded || n*labels > maxScores {
		return max(n/max(min(n/10, maxHeld, maxScores/labels), 1), 2), 1
	}
	return min(folds, n), min(folds, n)
}

// validate answers examples by models of the others. first, where it isn't nil, are the answers of the first part.
func (f *fitter) validate(ctx context.Context, cfg train.Config, first *held) (*held, error) {
	parts, rounds := f.parts()
	all := make([]*held, rounds)
	all[0] = first
	group, limited := errgroup.WithContext(ctx)
	group.SetLimit(max(f.cfg.Workers/max(cfg.Threads, 1), 1))
	for k := range rounds {
		f.progress(Progress{"validate", k, rounds})
		if all[k] != nil {
			continue
		}
		group.Go(func() (err error) {
			all[k], err = f.fold(limited, cfg, k, parts)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	h := &held{labels: len(f.names)}
	for _, part := range all {
		h.rows, h.scores, h.known = append(h.rows, part.rows...), append(h.scores, part.scores...), append(h.known, part.known...)
	}
	return h, nil
}

// fold answers one part of the examples by a model of the others.
func (f *fitter) fold(ctx context.Context, cfg train.Config, k, parts int) (*held, error) {
	h := &held{labels: len(f.names)}
	var others []train.Example
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
	return h, f.score(ctx, m, h)
}

// score finds the scores of the rows.
func (f *fitter) score(ctx context.Context, m *fasttext.Model, h *held) error {
	h.scores, h.known = make([]float32, len(h.rows)*h.labels), make([]bool, len(h.rows))
	to := make([]int32, len(m.Labels()))
	for i, name := range m.Labels() {
		to[i] = f.ids[name]
	}
	group, ctx := errgroup.WithContext(ctx)
	for w := range f.cfg.Workers {
		group.Go(func() error {
			var s fasttext.Scratch
			var scores []float32
			for i := w; i < len(h.rows); i += f.cfg.Workers {
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
