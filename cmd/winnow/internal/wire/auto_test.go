package wire

import (
	"cmp"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/cascade"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

// judged are the answers of both backends to labelled texts.
func judged(t *testing.T, labels classify.LabelSet, rows []labelledText) []cascade.Outcome {
	t.Helper()
	out, firsts := make([]cascade.Outcome, len(rows)), make([]int32, len(rows))
	for i, backend := range []string{backendStatic, backendEncoder} {
		k, err := new(maker).classifier(&spec.Classify{Backend: backend, Labels: labels})
		must(t, err)
		var results classify.Results
		texts := textsOf(rows)
		must(t, k.Classify(t.Context(), texts, &results))
		texts.Release()
		for row, label := range results.Label {
			right := label >= 0 && labels[label].Name == rows[row].Label
			if i == 0 {
				out[row], firsts[row] = cascade.Outcome{Confidence: results.Confidence[row], Null: label < 0, First: right}, label
			} else {
				out[row].Second, out[row].Same = right, firsts[row] == label
			}
		}
	}
	return out
}

// applied is what a confidence does on texts: the share that goes on, and the accuracy that is lost, in points.
func applied(outcomes []cascade.Outcome, confidence float64) (share, loss float64) {
	for _, o := range outcomes {
		switch {
		case o.Null || o.Confidence < classify.RoundConfidence(confidence):
			share++
		case o.Second && !o.First:
			loss++
		case o.First && !o.Second:
			loss--
		}
	}
	n := float64(len(outcomes))
	return share / n, 100 * loss / n
}

// TestAuto holds the backend auto to its promise on the test splits of public sets: within half a point of the encoder,
// without labelled records, and on average over draws with 200 of them, of which no more than a bound for each set may go on.
func TestAuto(t *testing.T) {
	if os.Getenv("WINNOW_QUALITY") == "" {
		t.Skip("it takes minutes: make test-all asks for it by WINNOW_QUALITY=1")
	}
	const (
		most   = 0.5 // points
		draws  = 40
		drawn  = 200
		chosen = 2000 // of the train split, from which records are drawn
	)
	folder := cmp.Or(os.Getenv("WINNOW_SETS"), "../../../../../shared/data/sets")
	for set, mostShare := range map[string]float64{"banking77": 0.4, "clinc150": 0.75, "hwu64": 0.6, "snips": 0.45, "sms_spam": 0.9} {
		t.Run(set, func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join(folder, set, "labels.json"))
			if err != nil {
				t.Skipf("no evaluation sets (set WINNOW_SETS to their folder): %v", err)
			}
			var labels classify.LabelSet
			must(t, json.Unmarshal(data, &labels))
			split := func(name string) []labelledText {
				data, err := os.ReadFile(filepath.Join(folder, set, name))
				must(t, err)
				return readTexts(t, data)
			}
			train := split("train.jsonl")
			r := rand.New(rand.NewPCG(1, 0))
			r.Shuffle(len(train), func(i, j int) { train[i], train[j] = train[j], train[i] })
			sample, test := judged(t, labels, train[:min(chosen, len(train))]), judged(t, labels, split("test.jsonl"))

			share, loss := applied(test, autoConfidence)
			t.Logf("without labelled records %.1f %% go on, %.2f points are lost", 100*share, loss)
			if loss > most || share > 1 {
				t.Errorf("%.2f points are lost, want at most %v", loss, most)
			}
			share, loss = 0, 0
			within := 0
			for range draws {
				r.Shuffle(len(sample), func(i, j int) { sample[i], sample[j] = sample[j], sample[i] })
				curve, err := cascade.NewCurve(sample[:drawn])
				must(t, err)
				s, l := applied(test, affordable(curve, 1).Confidence)
				share, loss = share+s/draws, loss+l/draws
				if l <= most {
					within++
				}
			}
			t.Logf("with %d of them %.1f %% go on and %.2f points are lost on average; at most %v in %d of %d draws", drawn, 100*share, loss, most, within, draws)
			if loss > most || share > mostShare {
				t.Errorf("%.1f %% go on and %.2f points are lost on average, want at most %v %% and %v", 100*share, loss, 100*mostShare, most)
			}
		})
	}
}

// TestAffordable: where fewer texts may go on than should, the surest of them stay.
func TestAffordable(t *testing.T) {
	var outcomes []cascade.Outcome
	for i := range 400 {
		sure := float32(i) / 400
		outcomes = append(outcomes, cascade.Outcome{Confidence: sure, First: i%7 > 2, Second: true})
	}
	curve, err := cascade.NewCurve(outcomes)
	must(t, err)
	free := affordable(curve, 1)
	if free.Share < 0.9 {
		t.Errorf("%.2f go on, though three of seven answers are wrong", free.Share)
	}
	if p := affordable(curve, 0.25); p.Share > 0.25 || p.Share < 0.24 || p.Confidence >= free.Confidence {
		t.Errorf("of at most 0.25 %.3f go on below %.2f", p.Share, p.Confidence)
	}
}
