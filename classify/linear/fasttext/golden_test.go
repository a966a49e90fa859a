package fasttext_test

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/winnow-stream/winnow/classify/linear/fasttext"
)

// answer is what fastText says of a text.
type answer struct {
	Model string `json:"model"`
	Text  []byte `json:"text"` // base64: some are not UTF-8
	All   []pair `json:"all"`  // up to 12 of all labels
	Three []pair `json:"three"`
}

// pair is a label with its score.
type pair struct {
	label string
	score float64
}

func (p *pair) UnmarshalJSON(data []byte) error {
	return json.Unmarshal(data, &[]any{&p.label, &p.score})
}

func goldenAnswers(t testing.TB) (all []answer) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "golden", "answers.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(data) {
		var a answer
		if err := json.Unmarshal(line, &a); err != nil {
			t.Fatal(err)
		}
		all = append(all, a)
	}
	return all
}

func load(t testing.TB, name string) *fasttext.Model {
	t.Helper()
	m, err := fasttext.Load(filepath.Join("testdata", "golden", name))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// tolerance is how far a score may lie from fastText's; labels whose scores are closer than tie may change places.
const (
	tolerance = 1e-5
	tie       = 1e-6
)

// differ compares predictions with fastText's.
func differ(m *fasttext.Model, want []pair, got []fasttext.Prediction) bool {
	if len(want) > len(got) {
		return true
	}
	for i, w := range want {
		if math.Abs(w.score-float64(got[i].Score)) > tolerance {
			return true
		}
		if m.Labels()[got[i].Label] == w.label {
			continue
		}
		// Another label is right only where its score is that of this place.
		at := -1
		for j := range want {
			if want[j].label == m.Labels()[got[i].Label] {
				at = j
			}
		}
		if at >= 0 && math.Abs(want[at].score-w.score) > tie || at < 0 && math.Abs(want[len(want)-1].score-w.score) > tie {
			return true
		}
	}
	return false
}

func TestGolden(t *testing.T) {
	models := map[string]*fasttext.Model{}
	var s fasttext.Scratch
	for _, a := range goldenAnswers(t) {
		m := models[a.Model]
		if m == nil {
			m = load(t, a.Model)
			models[a.Model] = m
		}
		if got := m.Predict(nil, a.Text, 0, 0, &s); differ(m, a.All, got) || len(a.All) < 12 && len(a.All) != len(got) {
			t.Errorf("%s: %q: all labels\n%v\nwant\n%v", a.Model, a.Text, named(m, got), a.All)
		}
		if got := m.Predict(nil, a.Text, 3, 0.05, &s); differ(m, a.Three, got) || len(a.Three) != len(got) {
			t.Errorf("%s: %q: three labels\n%v\nwant\n%v", a.Model, a.Text, named(m, got), a.Three)
		}
	}
}

func named(m *fasttext.Model, list []fasttext.Prediction) (all []pair) {
	for _, p := range list {
		all = append(all, pair{m.Labels()[p.Label], float64(p.Score)})
	}
	return all
}
