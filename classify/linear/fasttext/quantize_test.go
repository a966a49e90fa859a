package fasttext_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/winnow-stream/winnow/classify/linear/fasttext"
	"github.com/winnow-stream/winnow/classify/linear/fasttext/train"
)

// trained is a model of a set's texts, made in Go.
func trained(t testing.TB, examples []example, cfg train.Config) *fasttext.Model {
	t.Helper()
	list := make([]train.Example, len(examples))
	for i, e := range examples {
		list[i] = train.Example{Text: e.text, Labels: e.labels}
	}
	m, err := train.Train(context.Background(), cfg, train.Slice(list))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func smallSet(t testing.TB) *set { return loadSet(t, "small", "testdata/small") }

func right(m *fasttext.Model, examples []example) float64 {
	var s fasttext.Scratch
	n := 0
	for _, e := range examples {
		if p := m.Predict(nil, []byte(e.text), 1, 0, &s); len(p) > 0 && m.Labels()[p[0].Label] == e.labels[0] {
			n++
		}
	}
	return float64(n) / float64(len(examples))
}

func encoded(t testing.TB, m *fasttext.Model) []byte {
	t.Helper()
	var b bytes.Buffer
	if _, err := m.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestQuantize(t *testing.T) {
	s := smallSet(t)
	m := trained(t, s.train, train.Config{LR: 0.5, Epoch: 20, Dim: 9, WordNgrams: 2, MinN: 2, MaxN: 3, Bucket: 900, Threads: 1})
	before, size := right(m, s.test), len(encoded(t, m))
	for _, q := range []fasttext.Quantization{{}, {Norms: true}, {Cutoff: 600, Norms: true}, {Width: 4}, {Cutoff: 300, Width: 1}} {
		t.Run(fmt.Sprintf("%+v", q), func(t *testing.T) {
			q.Threads = 1
			small, err := m.Quantize(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			data := encoded(t, small)
			again, err := read(data)
			if err != nil {
				t.Fatal(err)
			}
			if a := right(again, s.test); a < before-0.1 || len(data) > size*2/3 || a != right(small, s.test) {
				t.Errorf("accuracy %.3f, was %.3f; %d bytes, were %d", a, before, len(data), size)
			}
			q.Threads = 3
			if other, err := m.Quantize(t.Context(), q); err != nil || !bytes.Equal(data, encoded(t, other)) {
				t.Errorf("on other threads it is another model: %v", err)
			}
			if _, err := small.Quantize(t.Context(), q); err == nil {
				t.Error("quantized twice")
			}
		})
	}
	if _, err := m.Quantize(t.Context(), fasttext.Quantization{Output: true}); err == nil {
		t.Error("an output of 8 rows was quantized")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := m.Quantize(ctx, fasttext.Quantization{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
