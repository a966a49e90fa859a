package tagger_test

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/classify/entity/tagger"
)

func TestEvaluationCounts(t *testing.T) {
	s := func(start, end, typ int32) tagger.Span { return tagger.Span{Start: start, End: end, Type: typ} }
	for _, c := range []struct {
		name        string
		gold, found []tagger.Span
		want        tagger.Counts
	}{
		{"right", []tagger.Span{s(0, 3, 0)}, []tagger.Span{s(0, 3, 0)}, tagger.Counts{Gold: 1, Found: 1, Right: 1}},
		{"another type", []tagger.Span{s(0, 3, 0)}, []tagger.Span{s(0, 3, 1)}, tagger.Counts{Gold: 1, Found: 1, WrongType: 1}},
		{"a part", []tagger.Span{s(0, 7, 0)}, []tagger.Span{s(4, 7, 0)}, tagger.Counts{Gold: 1, Found: 1, Partial: 1}},
		{"a part of another type", []tagger.Span{s(0, 7, 0)}, []tagger.Span{s(4, 9, 1)}, tagger.Counts{Gold: 1, Found: 1, Mistaken: 1}},
		{"two parts", []tagger.Span{s(0, 7, 0)}, []tagger.Span{s(0, 3, 1), s(4, 7, 0)}, tagger.Counts{Gold: 1, Found: 2, Partial: 1}},
		{"beside it", []tagger.Span{s(0, 3, 0)}, []tagger.Span{s(3, 5, 0)}, tagger.Counts{Gold: 1, Found: 1, Missed: 1, Spurious: 1}},
		{"nothing", nil, nil, tagger.Counts{}},
	} {
		e := tagger.NewEvaluation(2)
		e.Add(c.gold, c.found)
		if diff := cmp.Diff(c.want, e.Scores().All); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

// TestEvaluationAgreesWithSeqeval runs the seqeval package over random tags. It needs WINNOW_PYTHON, a Python that has
// the package; make test-all sets it.
func TestEvaluationAgreesWithSeqeval(t *testing.T) {
	python := os.Getenv("WINNOW_PYTHON")
	if python == "" {
		t.Skip("WINNOW_PYTHON names no Python with the seqeval package: make test-all runs this test")
	}
	types := []string{"a", "b", "c"}
	type tags struct {
		Gold  [][]string `json:"gold"`
		Found [][]string `json:"found"`
	}
	r := rand.New(rand.NewPCG(1, 1))
	random := func(n int) (tags []string, spans []tagger.Span) {
		for i := int32(0); int(i) < n; i++ {
			typ := r.IntN(2 * len(types))
			if typ >= len(types) {
				tags = append(tags, "O")
				continue
			}
			tags = append(tags, "B-"+types[typ])
			spans = append(spans, tagger.Span{Start: i, End: i + 1, Type: int32(typ)})
			for ; int(i) < n-1 && r.IntN(2) == 0; i++ {
				tags = append(tags, "I-"+types[typ])
				spans[len(spans)-1].End++
			}
		}
		return tags, spans
	}
	var in []tags
	var evaluations []*tagger.Evaluation
	for range 10 {
		var texts tags
		e := tagger.NewEvaluation(len(types))
		for range 20 {
			n := 1 + r.IntN(8)
			gold, goldSpans := random(n)
			found, foundSpans := random(n)
			if r.IntN(2) == 0 {
				found, foundSpans = gold, goldSpans
			}
			texts.Gold, texts.Found = append(texts.Gold, gold), append(texts.Found, found)
			e.Add(goldSpans, foundSpans)
		}
		in, evaluations = append(in, texts), append(evaluations, e)
	}
	data, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), python, "gen/seqeval_scores.py")
	cmd.Stdin, cmd.Stderr = bytes.NewReader(data), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var want []map[string][4]float64
	if err := json.Unmarshal(out, &want); err != nil {
		t.Fatal(err)
	}
	for i, e := range evaluations {
		got := e.Scores()
		same := func(name string, s tagger.Score, gold int) {
			w := want[i][name]
			for k, v := range []float64{s.Precision, s.Recall, s.F1, float64(gold)} {
				if math.Abs(v-w[k]) > 1e-12 {
					t.Errorf("%s: want %v, got %+v of %d", name, w, s, gold)
				}
			}
		}
		for k, name := range types {
			same(name, got.Types[k].Score, got.Types[k].Gold)
		}
		same("micro avg", got.Micro, got.All.Gold)
		same("macro avg", got.Macro, got.All.Gold)
	}
}
