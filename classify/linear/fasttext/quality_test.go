package fasttext_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/winnow-stream/winnow/classify/linear/fasttext"
	"github.com/winnow-stream/winnow/classify/linear/fasttext/train"
)

// TestQualityPackage trains the same configuration with the fasttext package and in Go, on five sets with three seeds each:
// the mean accuracy must be within 0.3 points, that of each set within 1.
func TestQualityPackage(t *testing.T) {
	p := newPeer(t)
	const seeds = 3
	sum, n := 0.0, 0
	for _, set := range sets(t, "banking77", "clinc150", "hwu64", "snips", "sms_spam") {
		shuffled := slices.Clone(set.train)
		r := rand.New(rand.NewPCG(1, 2))
		r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		var theirs, ours float64
		for seed := range seeds {
			// Twelve threads are the package's default; with fewer than ten it leaves rows of its matrix unset.
			path := p.train(t, shuffled, options{"lr": 0.5, "epoch": 10, "minCount": 1, "bucket": 0, "thread": 12, "seed": seed}, nil)
			theirs += 100 * rightAs(t, path, set.test) / seeds
			ours += 100 * right(trained(t, shuffled, train.Config{LR: 0.5, Epoch: 10, Seed: uint64(seed)}), set.test) / seeds
		}
		t.Logf("%-10s the package %.2f, winnow %.2f", set.name, theirs, ours)
		if set.name != "small" && ours < theirs-1 {
			t.Errorf("%s is worse by more than a point", set.name)
		}
		sum += ours - theirs
		n++
	}
	if mean := sum / float64(n); mean < -0.3 {
		t.Errorf("winnow is worse by %.2f points", -mean)
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
