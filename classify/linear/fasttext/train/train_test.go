package train_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/classify/linear/fasttext"
	"github.com/winnow-stream/winnow/classify/linear/fasttext/train"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// set is a set of texts.
type set struct{ train, test []train.Example }

func loadSet(t testing.TB, dir string) set {
	t.Helper()
	read := func(name string) (all []train.Example) {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Skip(err)
		}
		for line := range bytes.Lines(data) {
			var r struct{ Text, Label string }
			if err := json.Unmarshal(line, &r); err != nil {
				t.Fatal(err)
			}
			all = append(all, train.Example{Text: r.Text, Labels: []string{r.Label}})
		}
		return all
	}
	return set{read("train.jsonl"), read("test.jsonl")}
}

func small(t testing.TB) set { return loadSet(t, filepath.Join("..", "testdata", "small")) }

func fit(t testing.TB, cfg train.Config, examples []train.Example) *fasttext.Model {
	t.Helper()
	m, err := train.Train(context.Background(), cfg, train.Slice(examples))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// accuracy is the share of examples whose first label is the model's best.
func accuracy(m *fasttext.Model, examples []train.Example) float64 {
	var s fasttext.Scratch
	right := 0
	for _, e := range examples {
		if p := m.Predict(nil, []byte(e.Text), 1, 0, &s); len(p) > 0 && slices.Contains(e.Labels, m.Labels()[p[0].Label]) {
			right++
		}
	}
	return float64(right) / float64(len(examples))
}

func written(t testing.TB, m *fasttext.Model) []byte {
	t.Helper()
	var b bytes.Buffer
	if _, err := m.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// configs are small trainings of every loss.
var configs = map[string]train.Config{
	"softmax": {LR: 0.5, Dim: 20},
	"ngrams":  {LR: 0.5, Dim: 17, WordNgrams: 2, MinN: 2, MaxN: 4, Bucket: 5000},
	"hs":      {LR: 0.5, Dim: 20, Loss: fasttext.HierarchicalSoftmax},
	"ns":      {LR: 0.5, Dim: 20, Loss: fasttext.NegativeSampling},
	"ova":     {LR: 0.5, Dim: 20, Loss: fasttext.OneVsAll},
}

func TestLearns(t *testing.T) {
	s := small(t)
	for name, cfg := range configs {
		for threads := 1; threads <= 4; threads *= 2 {
			t.Run(fmt.Sprint(name, "/", threads), func(t *testing.T) {
				cfg.Epoch, cfg.Threads = 20, threads
				if a := accuracy(fit(t, cfg, s.train), s.test); a < 0.8 {
					t.Errorf("accuracy %.3f", a)
				}
			})
		}
	}
}

// TestSameSeed: one thread gives the same file each time, whether examples are kept in memory or read again.
func TestSameSeed(t *testing.T) {
	s := small(t)
	for name, cfg := range configs {
		t.Run(name, func(t *testing.T) {
			cfg.Threads, cfg.Seed = 1, 7
			want := written(t, fit(t, cfg, s.train))
			if !bytes.Equal(want, written(t, fit(t, cfg, s.train))) {
				t.Error("the second model is another")
			}
			cfg.Memory = 1
			if !bytes.Equal(want, written(t, fit(t, cfg, s.train))) {
				t.Error("a model of examples that were read again is another")
			}
			cfg.Seed = 8
			if bytes.Equal(want, written(t, fit(t, cfg, s.train))) {
				t.Error("another seed gives the same model")
			}
		})
	}
}

func TestStreams(t *testing.T) {
	s := small(t)
	cfg := configs["ngrams"]
	cfg.Epoch, cfg.Threads, cfg.Memory = 20, 2, 1
	if a := accuracy(fit(t, cfg, s.train), s.test); a < 0.8 {
		t.Errorf("accuracy %.3f", a)
	}
	cfg.Memory, cfg.Shuffle = 1<<20, true
	sorted := slices.SortedStableFunc(slices.Values(s.train), func(a, b train.Example) int { return bytes.Compare([]byte(a.Labels[0]), []byte(b.Labels[0])) })
	if a := accuracy(fit(t, cfg, sorted), s.test); a < 0.8 {
		t.Errorf("accuracy %.3f of shuffled texts", a)
	}
}

// TestLabels: white space in labels is kept in winnow's model, and written as _ for fastText.
func TestLabels(t *testing.T) {
	examples := []train.Example{
		{Text: "my card is lost", Labels: []string{"lost card"}},
		{Text: "thanks", Labels: []string{"thanks"}},
		{Text: "lost luggage", Labels: []string{"lost\tluggage", "thanks"}},
	}
	m := fit(t, train.Config{Dim: 4, Threads: 1}, examples)
	again, err := fasttext.Read(bytes.NewReader(written(t, m)), int64(len(written(t, m))))
	if err != nil {
		t.Fatal(err)
	}
	if m.Hash() != again.Hash() {
		t.Errorf("the hash is %s before the file and %s of it", m.Hash(), again.Hash())
	}
	for _, m := range []*fasttext.Model{m, again} {
		if diff := cmp.Diff([]string{"thanks", "lost card", "lost\tluggage"}, m.Labels()); diff != "" {
			t.Error(diff)
		}
	}
	if l := again.Dictionary().Labels()[1]; l.Text != "__label__lost_card" || l.Count != 1 {
		t.Error(l)
	}
	if _, err := fasttext.New(fasttext.Config{Model: again, Labels: []string{"lost card", "lost_luggage"}}); err != nil {
		t.Error(err)
	}
}

func TestProblems(t *testing.T) {
	broken := errors.New("broken")
	nan := []train.Example{}
	for range 200 {
		nan = append(nan, train.Example{Text: "a b c", Labels: []string{"x"}}, train.Example{Text: "a b c", Labels: []string{"y"}})
	}
	once := false
	for _, c := range []struct {
		name     string
		cfg      train.Config
		examples train.Examples
		want     string
	}{
		{"parameters", train.Config{Dim: -1, LR: -1, Epoch: -2, Loss: 9}, train.Slice(nil), `config.field: dim is -1, want 1 to 65536
config.field: lr is -1, want more than 0, up to 100
config.field: epoch is -2, want 1 to 1048576
config.field: loss 9 is none of softmax, hs, ns, ova`},
		{"nothing", train.Config{}, train.Slice(nil), "train.examples: no example has a label that is seen often enough"},
		{"no labels", train.Config{}, train.Slice([]train.Example{{Text: "a"}}), "train.examples: no example has a label that is seen often enough"},
		{"rare words", train.Config{MinCount: 9}, train.Slice([]train.Example{{Text: "a", Labels: []string{"x"}}}), "train.examples: no word is seen 9 times"},
		{"empty label", train.Config{}, train.Slice([]train.Example{{Text: "a", Labels: []string{" "}}}), "labels.blank: an example has an empty label"},
		{
			"same label",
			train.Config{},
			train.Slice([]train.Example{{Text: "a", Labels: []string{"x y", "x_y"}}}),
			`labels.duplicate: fastText writes both "x y" and "x_y" as __label__x_y`,
		},
		{"reader", train.Config{}, func(yield func(train.Example, error) bool) { yield(train.Example{}, broken) }, "broken"},
		{"read once", train.Config{}, func(yield func(train.Example, error) bool) {
			if !once {
				yield(train.Example{Text: "a", Labels: []string{"x"}}, nil)
			}
			once = true
		}, "train.examples: the examples were gone when they were read again"},
		{"vectors", train.Config{Dim: 3, Vectors: vectors}, train.Slice(nan), `train.examples: the vector of "apple" has 2 components, dim is 3`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := train.Train(t.Context(), c.cfg, c.examples); err == nil || err.Error() != c.want {
				t.Errorf("got\n%v\nwant\n%s", err, c.want)
			}
		})
	}
}

func TestDiverges(t *testing.T) {
	var examples []train.Example
	for i := range 3000 {
		examples = append(examples, train.Example{Text: fmt.Sprint("a b c ", i%7), Labels: []string{strconv.Itoa(i % 3)}})
	}
	_, err := train.Train(t.Context(), train.Config{LR: 100, Epoch: 50, Dim: 10, Threads: 1}, train.Slice(examples))
	if err != nil && !errors.Is(err, fault.New(fault.TrainDiverged, "")) {
		t.Error(err)
	}
}

func vectors(yield func(train.Vector, error) bool) {
	_ = yield(train.Vector{Word: "apple", Values: []float32{1, 2}}, nil) && yield(train.Vector{Word: "a", Values: []float32{3, 4}}, nil)
}

func TestVectors(t *testing.T) {
	m := fit(t, train.Config{Dim: 2, LR: 1e-9, Threads: 1, Vectors: vectors}, []train.Example{{Text: "a b", Labels: []string{"x"}}})
	for word, want := range map[string]float32{"apple": 1, "a": 3} {
		row := m.Dictionary().Find([]byte(word))
		if row < 0 || m.Input().Row(int(row))[0] != want {
			t.Errorf("%s: row %d", word, row)
		}
	}
}

func TestCancel(t *testing.T) {
	s := small(t)
	for _, memory := range []int64{1, 1 << 30} {
		ctx, cancel := context.WithCancel(t.Context())
		cfg := train.Config{Epoch: 2000, Dim: 8, Threads: 2, Memory: memory, Progress: func(train.Progress) { cancel() }}
		if _, err := train.Train(ctx, cfg, train.Slice(slices.Repeat(s.train, 10))); !errors.Is(err, context.Canceled) {
			t.Errorf("memory %d: %v", memory, err)
		}
		cancel()
	}
}

func TestProgress(t *testing.T) {
	s := small(t)
	var all []train.Progress
	fit(t, train.Config{LR: 0.5, Epoch: 10, Dim: 10, Threads: 2, Progress: func(p train.Progress) { all = append(all, p) }}, s.train)
	if len(all) < 30 || len(all) > 101 {
		t.Fatalf("%d calls", len(all))
	}
	for i := 1; i < len(all); i++ {
		if all[i].Fraction <= all[i-1].Fraction || all[i].LR >= all[i-1].LR || all[i].ETA < 0 {
			t.Errorf("%+v after %+v", all[i], all[i-1])
		}
	}
	if first, last := all[0], all[len(all)-1]; last.Fraction < 0.95 || last.Loss >= first.Loss {
		t.Errorf("%+v, at last %+v", first, last)
	}
}

// A model of a few texts.
func ExampleTrain() {
	examples := train.Slice([]train.Example{
		{Text: "where is my card", Labels: []string{"card arrival"}},
		{Text: "the card has not arrived", Labels: []string{"card arrival"}},
		{Text: "the app crashes", Labels: []string{"bug"}},
		{Text: "an error again and again", Labels: []string{"bug"}},
	})
	m, err := train.Train(context.Background(), train.Config{LR: 1, Epoch: 50, Dim: 16, Threads: 1}, examples)
	if err != nil {
		fmt.Println(err)
		return
	}
	var s fasttext.Scratch
	best := m.Predict(nil, []byte("my card"), 1, 0, &s)[0]
	fmt.Println(m.Labels()[best.Label])
	// Output: card arrival
}
