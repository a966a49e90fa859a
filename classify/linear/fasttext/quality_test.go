package fasttext_test

import (
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/winnow-stream/winnow/classify/linear/fasttext"
	"github.com/winnow-stream/winnow/classify/linear/fasttext/train"
)

// TestQualityPackage trains the same configurations with the fasttext package and in Go, on five sets, with every loss and
// with n-grams of words and characters. With WINNOW_QUALITY=all it trains on all examples with three seeds, and for each
// configuration the mean accuracy must be within 0.3 points, that of each set within 1. Else it trains once on a part, in
// less than a minute, where chance is larger.
func TestQualityPackage(t *testing.T) {
	p := newPeer(t)
	seeds, most, near, nearEach := 3, math.MaxInt, 0.3, 1.0
	if os.Getenv("WINNOW_QUALITY") != "all" {
		seeds, most, near, nearEach = 1, 3000, 1.5, 4
	}
	all := sets(t, "banking77", "clinc150", "hwu64", "snips", "sms_spam")
	for _, kind := range []struct {
		name string
		cfg  train.Config
	}{
		{"softmax", train.Config{LR: 0.5}},
		{"hs", train.Config{LR: 0.5, Loss: fasttext.HierarchicalSoftmax}},
		{"ns", train.Config{LR: 0.5, Loss: fasttext.NegativeSampling}},
		{"ova", train.Config{LR: 0.5, Loss: fasttext.OneVsAll}},
		{"words", train.Config{LR: 0.5, WordNgrams: 2, Bucket: 100_000, Dim: 50}},
		{"characters", train.Config{LR: 0.5, MinN: 3, MaxN: 6, Bucket: 100_000, Dim: 50}},
	} {
		t.Run(kind.name, func(t *testing.T) {
			cfg := kind.cfg
			cfg.Epoch = 10
			sum := 0.0
			for _, set := range all {
				shuffled := slices.Clone(set.train)
				r := rand.New(rand.NewPCG(1, 2))
				r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
				shuffled = shuffled[:min(len(shuffled), most)]
				var theirs, ours float64
				for seed := range seeds {
					cfg.Seed = uint64(seed)
					theirs += 100 * rightAs(t, p.train(t, shuffled, packageOptions(cfg), nil), set.test) / float64(seeds)
					ours += 100 * right(trained(t, shuffled, cfg), set.test) / float64(seeds)
				}
				t.Logf("%-10s the package %.2f, winnow %.2f", set.name, theirs, ours)
				if set.name != "small" && ours < theirs-nearEach {
					t.Errorf("%s is worse by more than %v points", set.name, nearEach)
				}
				sum += (ours - theirs) / float64(len(all))
			}
			t.Logf("mean difference %+.2f", sum)
			if sum < -near {
				t.Errorf("winnow is worse by %.2f points on average, want at most %v", -sum, near)
			}
		})
	}
}

// packageOptions is a training by the names of the package. Twelve threads are its default; with fewer than ten it leaves
// rows of its matrix unset.
func packageOptions(c train.Config) options {
	c = c.WithDefaults()
	return options{
		"lr": c.LR, "epoch": c.Epoch, "dim": c.Dim, "loss": c.Loss.String(), "wordNgrams": c.WordNgrams, "minn": c.MinN, "maxn": c.MaxN,
		"bucket": c.Bucket, "minCount": c.MinCount, "thread": 12, "seed": c.Seed,
	}
}

// rightAs is the accuracy of a model that the package wrote, whose labels have _ for spaces.
func rightAs(t testing.TB, path string, examples []example) float64 {
	t.Helper()
	m, err := fasttext.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	for i, l := range m.Labels() {
		for _, e := range examples {
			if fasttext.Written(e.labels[0]) == fasttext.Written(l) {
				m.Labels()[i] = e.labels[0]
				break
			}
		}
	}
	return right(m, examples)
}
