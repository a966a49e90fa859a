package head_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/classifytest/evalset"
	"github.com/winnow-stream/winnow/classify/linear/head"
)

var intents = []string{"banking77", "clinc150", "hwu64", "snips", "sms_spam"}

// slow skips tests that train for minutes, but where WINNOW_QUALITY asks for them: `make test-all` does.
func slow(t *testing.T) {
	if os.Getenv("WINNOW_QUALITY") == "" {
		t.Skip("training on whole sets is left to make test-all")
	}
}

// TestFullData trains on all of each train split. The folder WINNOW_PEER, where it is set, holds another program's answers
// to the test splits, a list of labels in SET.json; they are compared by McNemar's test.
func TestFullData(t *testing.T) {
	slow(t)
	mean := 0.0
	for _, name := range intents {
		s := loadSet(t, name)
		before := cpuTime()
		m, r := train(t, head.Config{Labels: s.labels}, s.train)
		took := cpuTime() - before
		o := measure(t, m, s.test)
		data := saved(t, m)
		size, heap := len(data), heapOf(t, data)
		mean += o.accuracy / float64(len(intents))
		t.Logf("%-10s accuracy %.2f (out of fold %.2f, twice as many rows %.2f), calibration error %.4f (%.4f), %.1f CPU s, %.1f MB, %.1f MiB loaded, %+v",
			name, o.accuracy, 100*r.Accuracy, 100*r.Expected, o.ece, r.ECE, took.Seconds(), float64(size)/1e6, float64(heap)/(1<<20), r.Chosen)
		if o.ece > 0.05 {
			t.Errorf("%s: calibration error %.4f, want at most 0.05", name, o.ece)
		}
		if size > 20e6 {
			t.Errorf("%s: %d bytes, want at most 20 MB", name, size)
		}
		if heap > 64<<20 {
			t.Errorf("%s: %d bytes of memory, want at most 64 MiB", name, heap)
		}
		against(t, name, s, o)
	}
	t.Logf("mean accuracy %.2f", mean)
	if mean < 94.8 {
		t.Errorf("mean accuracy %.2f, want at least 94.8", mean)
	}
}

// heapOf is what a loaded model takes, with what one goroutine needs to answer.
func heapOf(t *testing.T, data []byte) uint64 {
	t.Helper()
	inUse := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := inUse()
	m, err := head.Load(bytes.NewReader(data), nil)
	if err != nil {
		t.Fatal(err)
	}
	classifyAll(t, m, []head.Example{{Text: "a text"}})
	after := inUse()
	runtime.KeepAlive(m)
	return after - min(before, after)
}

// against compares with a peer's answers.
func against(t *testing.T, name string, s *set, o outcome) {
	data, err := os.ReadFile(filepath.Join(os.Getenv("WINNOW_PEER"), name+".json"))
	if err != nil {
		return
	}
	var labels []string
	if err := json.Unmarshal(data, &labels); err != nil || len(labels) != len(s.test) {
		t.Fatalf("%d answers of the peer for %d texts, %v", len(labels), len(s.test), err)
	}
	won, lost := 0, 0
	for i, e := range s.test {
		switch peer := slices.Contains(e.Labels, labels[i]); {
		case o.right[i] && !peer:
			won++
		case !o.right[i] && peer:
			lost++
		}
	}
	p := mcnemar(won, lost)
	t.Logf("%-10s %d texts better than the peer, %d worse, p = %.4f", name, won, lost, p)
	if lost > won && p < 0.05 {
		t.Errorf("%s: significantly worse than the peer", name)
	}
}

// mcnemar is the two-sided exact probability of such a difference by chance.
func mcnemar(a, b int) float64 {
	n, p := a+b, 0.0
	for k := range min(a, b) + 1 {
		lg := func(x int) float64 { v, _ := math.Lgamma(float64(x + 1)); return v }
		p += math.Exp(lg(n) - lg(k) - lg(n-k) - float64(n)*math.Ln2)
	}
	return min(2*p, 1)
}

func TestFewExamples(t *testing.T) {
	slow(t)
	for _, c := range []struct {
		each             int
		accuracy, within float64
	}{{8, 86.3, 0.07}, {16, 88.8, 0.06}} {
		const seeds = 5
		mean, gap := 0.0, 0.0
		for _, name := range intents {
			s := loadSet(t, name)
			accuracy, ece := 0.0, 0.0
			before := cpuTime()
			for seed := range uint64(seeds) {
				m, _ := train(t, head.Config{Labels: s.labels, Seed: seed}, s.few(c.each, seed))
				o := measure(t, m, s.test)
				accuracy, ece = accuracy+o.accuracy/seeds, ece+o.ece/seeds
			}
			took := (cpuTime() - before).Seconds() / seeds
			t.Logf("%-10s %d examples a label: accuracy %.2f, calibration error %.4f, %.1f CPU s", name, c.each, accuracy, ece, took)
			mean, gap = mean+accuracy/float64(len(intents)), gap+ece/float64(len(intents))
		}
		t.Logf("%d examples a label: mean accuracy %.2f, mean calibration error %.4f", c.each, mean, gap)
		if mean < c.accuracy || gap > c.within {
			t.Errorf("%d examples a label: accuracy %.2f and calibration error %.4f, want %v and %v", c.each, mean, gap, c.accuracy, c.within)
		}
	}
}

// TestOutOfScope holds that texts of no label have lower confidences.
func TestOutOfScope(t *testing.T) {
	slow(t)
	s := loadSet(t, "clinc150")
	foreign := lessons(evalset.Read(t, filepath.Join(evalset.Folder(), "clinc150", "oos.jsonl")))
	const seeds = 3
	area := 0.0
	for seed := range uint64(seeds) {
		m, _ := train(t, head.Config{Labels: s.labels, Seed: seed}, s.few(16, seed))
		in, out := classifyAll(t, m, s.test).Confidence, classifyAll(t, m, foreign).Confidence
		t.Logf("seed %d: area under the curve %.4f", seed, auroc(in, out))
		area += auroc(in, out) / seeds
	}
	t.Logf("mean area under the curve %.4f", area)
	if area < 0.93 {
		t.Errorf("mean area under the curve %.4f, want at least 0.93", area)
	}
}

// auroc is how likely one of `in` is above one of `out`.
func auroc(in, out []float32) float64 {
	type value struct {
		v  float32
		in bool
	}
	var all []value
	for _, v := range in {
		all = append(all, value{v, true})
	}
	for _, v := range out {
		all = append(all, value{v, false})
	}
	slices.SortFunc(all, func(a, b value) int { return cmp.Compare(a.v, b.v) })
	sum, below := 0.0, 0.0
	for i := 0; i < len(all); {
		ins, outs := 0.0, 0.0
		for v := all[i].v; i < len(all) && all[i].v == v; i++ {
			if all[i].in {
				ins++
			} else {
				outs++
			}
		}
		sum += ins * (below + outs/2)
		below += outs
	}
	return sum / float64(len(in)) / float64(len(out))
}

func TestEmotions(t *testing.T) {
	slow(t)
	s := loadSet(t, "goemotions")
	before := cpuTime()
	m, r := train(t, head.Config{Labels: s.labels, Mode: classify.Multi}, s.train)
	took := cpuTime() - before
	o := measureMulti(t, m, s.test)
	t.Logf("micro-F1 %.4f (out of fold %.4f), macro-F1 %.4f (%.4f), calibration error %.4f (%.4f), %.1f CPU s, %.1f MB",
		o.micro, r.MicroF1, o.macro, r.MacroF1, o.ece, r.ECE, took.Seconds(), float64(len(saved(t, m)))/1e6)
	if o.micro < 0.48 || o.macro < 0.32 || o.ece > 0.05 {
		t.Errorf("micro-F1 %.4f, macro-F1 %.4f, calibration error %.4f; want 0.48, 0.32, 0.05", o.micro, o.macro, o.ece)
	}
}

// BenchmarkClassify scores the test split of clinc150 by a model of its train split.
func BenchmarkClassify(b *testing.B) {
	examples, test, labels := tickets(20), tickets(20), classify.LabelSet(nil)
	if evalset.Has("clinc150") {
		s := loadSet(b, "clinc150")
		examples, test, labels = s.train, s.test, s.labels
	}
	m, _ := train(b, head.Config{Labels: labels, Budget: 1}, examples)
	texts := make([]string, len(test))
	for i, e := range test {
		texts[i] = e.Text
	}
	batch := evalset.Array(texts...)
	var out classify.Results
	b.Run("texts", func(b *testing.B) {
		b.ReportAllocs()
		before := cpuTime()
		for b.Loop() {
			if err := m.Classify(b.Context(), batch, &out); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.N*len(texts))/(cpuTime()-before).Seconds(), "texts/cpu-s")
	})
	data := saved(b, m)
	b.Run("load", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			if _, err := head.Load(bytes.NewReader(data), nil); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkTrain trains on 16 examples of each label of clinc150.
func BenchmarkTrain(b *testing.B) {
	s := loadSet(b, "clinc150")
	few := s.few(16, 0)
	before := cpuTime()
	for b.Loop() {
		train(b, head.Config{Labels: s.labels}, few)
	}
	b.ReportMetric((cpuTime()-before).Seconds()/float64(b.N), "cpu-s/op")
}
