package fasttext_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/classifytest"
	"github.com/winnow-stream/winnow/classify/classifytest/evalset"
	"github.com/winnow-stream/winnow/classify/linear/fasttext"
)

func classifier(t testing.TB, cfg fasttext.Config) *fasttext.Classifier {
	t.Helper()
	c, err := fasttext.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestConformance(t *testing.T) {
	half := 0.5
	for name, cfg := range map[string]fasttext.Config{
		"softmax.bin":        {Answers: classify.Answers{TopK: 4}},
		"softmax_many.bin":   {Answers: classify.Answers{TopK: 110}},
		"softmax_ngrams.bin": {Labels: []string{"praise", "card"}, Answers: classify.Answers{TopK: 2}},
		"hs.bin":             {},
		"hs_few.bin":         {Answers: classify.Answers{TopK: 2, Abstain: 0.6}},
		"ova.bin":            {Answers: classify.Answers{Mode: classify.Multi}},
		"ns.bin":             {Answers: classify.Answers{Mode: classify.Multi, Threshold: &half, TopK: 2}},
		"cutoff.ftz":         {Answers: classify.Answers{Abstain: 0.9, AbstainLabel: "unsure"}},
		"words_only.ftz":     {Answers: classify.Answers{TopK: 280}},
	} {
		t.Run(name, func(t *testing.T) {
			cfg.Model = load(t, name)
			classifytest.Run(t, func() classify.Classifier { return classifier(t, cfg) })
		})
	}
}

// label classifies texts and gives their answers as text.
func label(t testing.TB, c *fasttext.Classifier, texts ...string) (all []string) {
	t.Helper()
	var out classify.Results
	if err := c.Classify(t.Context(), evalset.Array(texts...), &out); err != nil {
		t.Fatal(err)
	}
	names := c.Info().Labels
	for i := range texts {
		parts := []string{out.Reason[i].String()}
		if l := out.Label[i]; l >= 0 {
			parts[0] += fmt.Sprint(" ", names[l], " ", out.Confidence[i])
		}
		for _, p := range out.RowScores(i) {
			parts = append(parts, fmt.Sprint(names[p.Label], " ", p.Confidence))
		}
		all = append(all, strings.Join(parts, ", "))
	}
	return all
}

// TestAgreesWithPredict compares the shortcut's answers with Predict's, for every model.
func TestAgreesWithPredict(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "golden", "*.[bf]*"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	answers := goldenAnswers(t)
	for _, path := range files {
		m := load(t, filepath.Base(path))
		c := classifier(t, fasttext.Config{Model: m, Answers: classify.Answers{TopK: 3}})
		var s fasttext.Scratch
		var out classify.Results
		for _, a := range answers {
			if err := c.Classify(t.Context(), evalset.Array(string(a.Text)), &out); err != nil {
				t.Fatal(err)
			}
			if out.Reason[0] == classify.NoKnownWords {
				continue
			}
			for i, p := range m.Predict(nil, a.Text, 3, 0, &s) {
				score := math.Min(float64(p.Score), 1)
				if got := out.RowScores(0)[i]; math.Abs(score-float64(got.Confidence)) > 5e-5+tolerance {
					t.Errorf("%s: %q: place %d has %v, want %v", path, a.Text, i, got, p)
				}
			}
		}
	}
}

func TestUnknownWords(t *testing.T) {
	words := classifier(t, fasttext.Config{Model: load(t, "softmax.bin")})
	want := []string{"no_known_words", "no_known_words", "no_known_words", "no_known_words", " card 0.9979"}
	if diff := cmp.Diff(want, label(t, words, "", "zzz qqq", "__label__card", "</s> card", "zzz card")); diff != "" {
		t.Error(diff)
	}
	// A word that is unknown, but for the n-grams of its characters, is known; n-grams of unknown words are not.
	subwords := classifier(t, fasttext.Config{Model: load(t, "softmax_ngrams.bin")})
	if got := label(t, subwords, "zzz"); got[0] == "no_known_words" {
		t.Error(got)
	}
	ngrams := classifier(t, fasttext.Config{Model: load(t, "hs.bin")})
	if got := label(t, ngrams, "zzz qqq xxx"); got[0] != "no_known_words" {
		t.Error(got)
	}
	var s fasttext.Scratch
	if got := load(t, "softmax.bin").Predict(nil, nil, 1, 0, &s); len(got) != 1 {
		t.Errorf("Predict answers an empty text by the row of the line's end: %v", got)
	}
}

func TestAnswers(t *testing.T) {
	m := load(t, "softmax.bin")
	const text = "the app crashes my card and"
	for _, c := range []struct {
		name string
		cfg  fasttext.Config
		want string
	}{
		{"single", fasttext.Config{}, " card 0.5765"},
		{"top 2", fasttext.Config{Answers: classify.Answers{TopK: 2}}, " card 0.5765, card 0.5765, crash 0.3983"},
		{"some labels", fasttext.Config{Labels: []string{"transfer", "crash"}, Answers: classify.Answers{TopK: 2}}, " crash 0.9805, crash 0.9805, transfer 0.0196"},
		{"one label", fasttext.Config{Labels: []string{"praise"}}, " praise 1"},
		{"abstain", fasttext.Config{Answers: classify.Answers{Abstain: 0.999}}, "abstained"},
		{"abstain with a label", fasttext.Config{Answers: classify.Answers{Abstain: 0.999, AbstainLabel: "unsure", TopK: 1}}, "abstained unsure 0.5765, unsure 0.5765"},
	} {
		c.cfg.Model = m
		if got := label(t, classifier(t, c.cfg), text)[0]; got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestProblems(t *testing.T) {
	m, high := load(t, "softmax.bin"), 1.5
	_, err := fasttext.New(fasttext.Config{
		Model: m, Labels: []string{"crd", "praise", "praise", "weather"}, Answers: classify.Answers{Mode: "some", Threshold: &high, TopK: 9, Abstain: -1},
	})
	const want = `mode.unknown: mode "some" is neither single nor multi
threshold.range: abstain -1 is not from 0 to 1
top_k.range: top_k is 9, with 4 labels
labels.unknown: the model has no label "crd"
labels.duplicate: "praise" and "praise" are the same label of the model
labels.unknown: the model has no label "weather"`
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
	if _, err := fasttext.New(fasttext.Config{}); err == nil {
		t.Error("no model, no error")
	}
}

func TestVersion(t *testing.T) {
	a := classifier(t, fasttext.Config{Model: load(t, "softmax.bin")}).Info().Version
	b := classifier(t, fasttext.Config{Model: load(t, "ova.bin")}).Info().Version
	c := classifier(t, fasttext.Config{Model: load(t, "softmax.bin"), Answers: classify.Answers{TopK: 1}}).Info().Version
	if a == b || a == c {
		t.Error("different classifiers have one version", a, b, c)
	}
}

func ExampleNew() {
	m, err := fasttext.Load(filepath.Join("testdata", "golden", "softmax.bin"))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	c, err := fasttext.New(fasttext.Config{Model: m})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	fmt.Println(c.Info().Backend, c.Info().Labels)
	// Output: linear [praise crash card transfer]
}
