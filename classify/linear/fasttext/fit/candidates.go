package fit

import (
	"context"
	"math"

	"golang.org/x/sync/errgroup"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/linear/fasttext/train"
)

// Candidates are parameters that suit most texts, for a number of examples: words and pairs of them, and these with n-grams
// of characters. Each example is seen 25 times, of very many fewer times, but 5.
func Candidates(examples int) []train.Config {
	words := train.Config{
		Dim: 50, LR: 0.5, Epoch: min(max(seen/max(examples, 1), leastEpoch), mostEpoch), WordNgrams: 2, Bucket: 200_000, Memory: candidateMemory,
	}
	characters := words
	characters.MinN, characters.MaxN = 2, 5
	return []train.Config{words, characters}
}

const (
	seen                  = 2_500_000 // examples, each as often as it is seen
	leastEpoch, mostEpoch = 5, 25
	candidateMemory       = 128 << 20 // bytes of examples that each training keeps
)

// choose answers the first examples held out by a model of each candidate, and returns the best one with its answers. It
// ends with ErrBeaten where that is too far from Config.Least.
func (f *fitter) choose(ctx context.Context) (train.Config, *held, error) {
	f.progress(Progress{Stage: "tune"})
	parts, _ := f.parts()
	all := make([]*held, len(f.cfg.Candidates))
	group, limited := errgroup.WithContext(ctx)
	group.SetLimit(f.cfg.Workers)
	for i, cfg := range f.cfg.Candidates {
		group.Go(func() (err error) {
			all[i], err = f.fold(limited, cfg, 0, parts)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return train.Config{}, nil, err
	}
	best, top := 0, -1.0
	for i, h := range all {
		if a := f.accuracy(h); a > top {
			best, top = i, a
		}
	}
	cfg := f.cfg.Candidates[best].WithDefaults()
	f.report.Trials, f.report.Tuned = len(all), top
	if f.hopeless(top, len(all[best].rows)) {
		return cfg, all[best], ErrBeaten
	}
	return cfg, all[best], nil
}

// accuracy is the share of examples whose best score is that of a label of theirs.
func (f *fitter) accuracy(h *held) float64 {
	right := 0
	for i, row := range h.rows {
		if l, _ := best(h.row(i), 1); h.known[i] && f.has(row, int(l)) {
			right++
		}
	}
	return float64(right) / float64(max(len(h.rows), 1))
}

// hopeless reports whether an accuracy on so many examples is further below Config.Least than chance explains.
func (f *fitter) hopeless(accuracy float64, examples int) bool {
	chance := 2 * math.Sqrt(accuracy*(1-accuracy)/float64(max(examples, 1)))
	return f.cfg.Mode == classify.Single && accuracy+chance < f.cfg.Least
}
