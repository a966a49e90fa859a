package head_test

import (
	"bytes"
	"context"
	"slices"
	"sync"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/classifytest/evalset"
	"github.com/winnow-stream/winnow/classify/encoder"
	"github.com/winnow-stream/winnow/classify/linear/head"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// encoderSpace is the space of the encoder that is compiled in.
func encoderSpace(t testing.TB) *head.Space {
	t.Helper()
	m, err := encoder.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	e := encoder.NewEncoder(m, 0)
	return &head.Space{
		Backend: "encoder", Hash: m.Hash(), Dim: m.Dim(), Memory: m.Size(),
		NewEmbedder: func() head.Embedder { return e.NewEmbedder() },
	}
}

// TestEncoder trains on the encoder's vectors: the model answers as any other, and is loaded in its own space only.
func TestEncoder(t *testing.T) {
	space := encoderSpace(t)
	m, _ := train(t, head.Config{Space: space}, tickets(3))
	if info := m.Info(); info.Backend != "encoder" || info.Memory <= space.Memory {
		t.Errorf("info %+v, want the backend encoder and more memory than its %d bytes", info, space.Memory)
	}
	data := saved(t, m)
	again, err := head.Load(bytes.NewReader(data), space)
	if err != nil {
		t.Fatal(err)
	}
	var was, is classify.Results
	texts := evalset.Array("you charged me twice", "it crashes", "")
	for k, out := range map[*head.Model]*classify.Results{m: &was, again: &is} {
		if err := k.Classify(t.Context(), texts, out); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(was.Label, is.Label) || !slices.Equal(was.Confidence, is.Confidence) {
		t.Errorf("a loaded model answers %v, %v; the trained one %v, %v", is.Label, is.Confidence, was.Label, was.Confidence)
	}
	if _, err := head.Load(bytes.NewReader(data), nil); !fault.Is(err, fault.ModelInvalid) {
		t.Errorf("loaded on static vectors: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := m.Classify(ctx, texts, &is); err == nil {
		t.Error("a cancelled call gave no error")
	}
}

// remembered is a space whose vectors are made once for each text, for measurements that ask for the same ones often.
func remembered(s *head.Space) *head.Space {
	known := &memo{vectors: map[string]vectorOf{}}
	out := *s
	out.NewEmbedder = func() head.Embedder { return &remembering{inner: s.NewEmbedder(), known: known} }
	return &out
}

type vectorOf struct {
	vector []int16
	tokens int
}

type memo struct {
	mu      sync.Mutex
	vectors map[string]vectorOf
}

type remembering struct {
	inner head.Embedder
	known *memo
	block []vectorOf
}

func (r *remembering) Embed(ctx context.Context, texts *array.String, first, end int) error {
	r.block = r.block[:0]
	var missing []string
	r.known.mu.Lock()
	for i := first; i < end; i++ {
		if _, ok := r.known.vectors[texts.Value(i)]; !ok {
			missing = append(missing, texts.Value(i))
		}
	}
	r.known.mu.Unlock()
	if len(missing) > 0 {
		if err := r.inner.Embed(ctx, evalset.Array(missing...), 0, len(missing)); err != nil {
			return err
		}
	}
	r.known.mu.Lock()
	defer r.known.mu.Unlock()
	for i, text := range missing {
		vector, tokens := r.inner.Vector(i)
		r.known.vectors[text] = vectorOf{slices.Clone(vector), tokens}
	}
	for i := first; i < end; i++ {
		r.block = append(r.block, r.known.vectors[texts.Value(i)])
	}
	return nil
}

func (r *remembering) Vector(i int) (vector []int16, tokens int) {
	return r.block[i].vector, r.block[i].tokens
}

// TestFewExamplesEncoder holds heads on the encoder's vectors to what is promised of them. It takes minutes.
func TestFewExamplesEncoder(t *testing.T) {
	slow(t)
	const seeds = 5
	space := remembered(encoderSpace(t))
	mean, gap := 0.0, 0.0
	for _, name := range intents {
		s := loadSet(t, name)
		accuracy, ece := 0.0, 0.0
		for seed := range uint64(seeds) {
			m, _ := train(t, head.Config{Labels: s.labels, Seed: seed, Space: space}, s.few(8, seed))
			o := measure(t, m, s.test)
			accuracy, ece = accuracy+o.accuracy/seeds, ece+o.ece/seeds
		}
		t.Logf("%-10s 8 examples a label: accuracy %.2f, calibration error %.4f", name, accuracy, ece)
		mean, gap = mean+accuracy/float64(len(intents)), gap+ece/float64(len(intents))
	}
	t.Logf("8 examples a label: mean accuracy %.2f, mean calibration error %.4f", mean, gap)
	if mean < 88 {
		t.Errorf("8 examples a label: mean accuracy %.2f, want at least 88", mean)
	}
}
