package fasttext_test

import (
	"bufio"
	"encoding/json"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/classifytest/evalset"
	"github.com/winnow-stream/winnow/classify/linear/fasttext"
	"github.com/winnow-stream/winnow/classify/linear/fasttext/train"
)

// peer is the fasttext package in a Python of its own.
type peer struct {
	in  io.WriteCloser
	out *bufio.Reader
}

// newPeer starts gen/peer.py, or skips the test where WINNOW_PYTHON names no Python that has the package; make test-all
// sets it.
func newPeer(t testing.TB) *peer {
	t.Helper()
	python := os.Getenv("WINNOW_PYTHON")
	if python == "" {
		t.Skip("WINNOW_PYTHON names no Python with the fasttext package: make test-all runs this test")
	}
	cmd := exec.Command(python, "gen/peer.py") // it ends with its input
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("gen/peer.py: %v", err)
		}
	})
	return &peer{in, bufio.NewReaderSize(out, 1<<20)}
}

// ask sends one question and decodes the answer.
func (p *peer) ask(t testing.TB, question, answer any) {
	t.Helper()
	data, err := json.Marshal(question)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.in.Write(append(data, '\n')); err != nil {
		t.Fatal(err)
	}
	line, err := p.out.ReadBytes('\n')
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(line, answer); err != nil {
		t.Fatal(err)
	}
}

// train lets the package train a model of examples and returns its file.
func (p *peer) train(t testing.TB, examples []example, options, quantize map[string]any) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "train.txt")
	if err := os.WriteFile(path, lines(examples), 0o600); err != nil {
		t.Fatal(err)
	}
	save := path + ".bin"
	p.ask(t, map[string]any{"train": path, "save": save, "options": options, "quantize": quantize}, new(struct{}))
	return save
}

// predict asks for the k best labels of texts.
func (p *peer) predict(t testing.TB, model string, texts [][]byte, k int) (all [][]pair) {
	t.Helper()
	p.ask(t, map[string]any{"model": model, "texts": texts, "k": k, "threshold": 0.0}, &all)
	return all
}

type options = map[string]any

// TestParityPackage trains models of every kind with the fasttext package on every evaluation set and compares the answers
// to all test texts, to what they become when they are cut into pieces, and to one text made of all of them.
func TestParityPackage(t *testing.T) {
	p := newPeer(t)
	kinds := []struct {
		name              string
		options, quantize options
	}{
		{"softmax", options{"loss": "softmax", "lr": 0.5, "epoch": 10, "bucket": 0}, nil},
		{"softmax/ngrams", options{"loss": "softmax", "lr": 0.5, "epoch": 5, "wordNgrams": 3, "minn": 2, "maxn": 5, "bucket": 50000}, nil},
		{"hs", options{"loss": "hs", "lr": 0.5, "epoch": 10, "wordNgrams": 2, "bucket": 20000, "dim": 30}, nil},
		{"ova", options{"loss": "ova", "lr": 0.5, "epoch": 5, "minn": 3, "maxn": 6, "bucket": 20000, "dim": 64}, nil},
		{"ns", options{"loss": "ns", "lr": 0.3, "epoch": 10, "bucket": 0, "minCount": 2}, nil},
		{"quantized", options{"loss": "softmax", "lr": 0.5, "epoch": 10, "wordNgrams": 2, "bucket": 10000, "dim": 20}, options{"qnorm": true, "cutoff": 3000}},
	}
	for _, set := range sets(t) {
		for _, kind := range kinds {
			t.Run(set.name+"/"+kind.name, func(t *testing.T) {
				o := options{"thread": 12, "minCount": 1}
				for name, v := range kind.options {
					o[name] = v
				}
				if kind.quantize != nil && set.name == "small" {
					kind.quantize = options{"qnorm": true}
				}
				path := p.train(t, set.train[:min(len(set.train), 4000)], o, kind.quantize)
				m, err := fasttext.Load(path)
				if err != nil {
					t.Fatal(err)
				}
				compare(t, p, path, m, parityTexts(set.test))
			})
		}
	}
}

// parityTexts are the texts of examples, halves of them that are cut without regard for UTF-8, and all of them in one.
func parityTexts(examples []example) (all [][]byte) {
	var joined strings.Builder
	for i, e := range examples {
		all = append(all, []byte(e.text))
		if i%4 == 0 {
			all = append(all, []byte(e.text)[len(e.text)/3:])
		}
		if i < 500 {
			joined.WriteString(e.text + "\n")
		}
	}
	return append(all, []byte(joined.String()))
}

// compare holds Predict's scores and a Classifier's labels against the package's.
func compare(t *testing.T, p *peer, path string, m *fasttext.Model, texts [][]byte) {
	t.Helper()
	const k = 5
	want := p.predict(t, path, texts, k)
	var s fasttext.Scratch
	bad, all := 0, make([]string, len(texts))
	for i, text := range texts {
		got := m.Predict(nil, text, k, 0, &s)
		if differ(m, want[i], got) || len(want[i]) != len(got) {
			if bad++; bad < 5 {
				t.Errorf("%.100q\n%v\nwant\n%v", text, named(m, got), want[i])
			}
		}
		all[i] = string(text)
	}
	c, err := fasttext.New(fasttext.Config{Model: m})
	if err != nil {
		t.Fatal(err)
	}
	var out classify.Results
	if err := c.Classify(t.Context(), evalset.Array(all...), &out); err != nil {
		t.Fatal(err)
	}
	unknown := 0
	for i := range texts {
		if out.Reason[i] == classify.NoKnownWords {
			unknown++
			continue
		}
		label, score := m.Labels()[out.Label[i]], math.Min(want[i][0].score, 1)
		switch {
		case math.Abs(score-float64(out.Confidence[i])) > 5e-5+tolerance:
			t.Errorf("%.100q: confidence %v, want %v", texts[i], out.Confidence[i], score)
		case label != want[i][0].label && want[i][0].score-want[i][1].score > tie:
			t.Errorf("%.100q: %s, want %v", texts[i], label, want[i])
		}
	}
	t.Logf("%d of %d texts agree; %d have no known word", len(texts)-bad, len(texts), unknown)
}

// TestWrittenForPackage trains and quantizes models in Go, writes them, and lets the package answer by them.
func TestWrittenForPackage(t *testing.T) {
	p := newPeer(t)
	for _, set := range sets(t, "banking77", "goemotions") {
		for name, cfg := range map[string]train.Config{
			"softmax": {LR: 0.5},
			"ngrams":  {LR: 0.5, WordNgrams: 2, MinN: 2, MaxN: 4, Bucket: 20000, Dim: 33},
			"hs":      {LR: 0.5, Loss: fasttext.HierarchicalSoftmax},
			"ns":      {LR: 0.3, Loss: fasttext.NegativeSampling, MinCount: 2},
			"ova":     {LR: 0.5, Loss: fasttext.OneVsAll, WordNgrams: 2, Bucket: 20000},
		} {
			t.Run(set.name+"/"+name, func(t *testing.T) {
				m := trained(t, set.train[:min(len(set.train), 4000)], cfg)
				written(t, p, m, set)
			})
		}
	}
	small := smallSet(t)
	m := trained(t, small.train, train.Config{LR: 0.5, Dim: 12, WordNgrams: 2, MinN: 2, MaxN: 4, Bucket: 5000})
	for name, q := range map[string]fasttext.Quantization{"codes": {}, "cutoff": {Cutoff: 700, Norms: true}, "wide": {Width: 5}} {
		t.Run("quantized/"+name, func(t *testing.T) {
			q, err := m.Quantize(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			written(t, p, q, small)
		})
	}
}

func written(t *testing.T, p *peer, m *fasttext.Model, set *set) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "model")
	if err := os.WriteFile(path, encoded(t, m), 0o600); err != nil {
		t.Fatal(err)
	}
	// The package knows labels as fastText writes them.
	plain, err := fasttext.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	for i, l := range plain.Labels() {
		plain.Labels()[i] = strings.TrimPrefix(fasttext.Written(l), "__label__")
	}
	compare(t, p, path, plain, parityTexts(set.test))
}
