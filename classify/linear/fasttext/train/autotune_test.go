package train_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/winnow-stream/winnow/classify/linear/fasttext/train"
)

func TestAutotune(t *testing.T) {
	s := small(t)
	var trials []train.Trial
	search := train.Search{
		Config: train.Config{Epoch: 5, Threads: 3}, Trials: 14, Memory: 8 << 20,
		Progress: func(trial train.Trial) { trials = append(trials, trial) },
	}
	best, err := train.Autotune(t.Context(), search, train.Slice(s.train))
	if err != nil {
		t.Fatal(err)
	}
	if len(trials) != 14 || best.Score <= trials[0].Score || best.Config.Epoch != 5 || best.Config.Threads != 1 {
		t.Errorf("%d trials, %+v", len(trials), best)
	}
	if a := accuracy(fit(t, best.Config, s.train), s.test); a < 0.6 {
		t.Errorf("accuracy %.3f with %+v", a, best.Config)
	}
	// The same seed and number of trials find the same, on however many threads.
	search.Config.Threads, search.Progress = 1, nil
	again, err := train.Autotune(t.Context(), search, train.Slice(s.train))
	diff := cmp.Diff(best, again, cmpopts.IgnoreFields(train.Config{}, "Progress", "Vectors"))
	if err != nil || diff != "" {
		t.Errorf("%v (-first +second)\n%s", err, diff)
	}
}

func TestAutotuneKeeps(t *testing.T) {
	s := small(t)
	search := train.Search{
		Config: train.Config{Dim: 7, WordNgrams: 2, Bucket: 500, LR: 0.3}, Keep: []string{"maxn"}, Trials: 6, Validation: train.Slice(s.test),
		Progress: func(trial train.Trial) {
			if c := trial.Config; c.Dim != 7 || c.WordNgrams != 2 || c.Bucket != 500 || c.LR != 0.3 || c.MaxN != 0 {
				t.Errorf("%+v", c)
			}
		},
	}
	if _, err := train.Autotune(t.Context(), search, train.Slice(s.train)); err != nil {
		t.Error(err)
	}
}

func TestAutotuneEnds(t *testing.T) {
	s := small(t)
	search := train.Search{Config: train.Config{Epoch: 5}, Duration: 2 * time.Second, Memory: 8 << 20}
	begun := time.Now()
	if _, err := train.Autotune(t.Context(), search, train.Slice(s.train)); err != nil {
		t.Error(err)
	}
	if took := time.Since(begun); took > 30*time.Second {
		t.Errorf("2 s took %s", took)
	}
	search.Config.Epoch, search.Duration = 1<<20, time.Millisecond
	if _, err := train.Autotune(t.Context(), search, train.Slice(s.train)); err == nil {
		t.Error("no trial was done, and no error")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := train.Autotune(ctx, search, train.Slice(s.train)); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, err := train.Autotune(t.Context(), train.Search{Trials: -1, Keep: []string{"lr"}}, train.Slice(s.train)); err == nil {
		t.Error("no error")
	}
	if _, err := train.Autotune(t.Context(), train.Search{Trials: 5}, train.Slice(nil)); err == nil {
		t.Error("no examples, no error")
	}
}
