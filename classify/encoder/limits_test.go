package encoder_test

import (
	"bytes"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/winnow-stream/winnow/classify/classifytest/evalset"
	"github.com/winnow-stream/winnow/classify/encoder"
)

// TestMillionTokens: a text of a million tokens has a vector, which is the mean of its windows', in memory that grows by a few
// bytes a token and nothing else.
func TestMillionTokens(t *testing.T) {
	const tokens = 1_000_000
	m, err := toy(t).read(encoder.Options{})
	if err != nil {
		t.Fatal(err)
	}
	e := encoder.NewEncoder(m, 1)
	text := strings.Repeat("cat ", tokens)
	texts := evalset.Array(text)
	encode(t, e, evalset.Array("cat"))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	v, counted := encode(t, e, texts)
	runtime.ReadMemStats(&after)
	if counted[0] != tokens {
		t.Errorf("%d tokens, want %d", counted[0], tokens)
	}
	var square float64
	for _, x := range v {
		square += float64(x) * float64(x)
	}
	if length := math.Sqrt(square); length < 0.9 || length > 1.001 {
		t.Errorf("a vector of length %v, but its windows are alike", length)
	}
	// The slice of tokens doubles as it grows: 4 + 2 + 1 + … bytes a token, and what a doubling leaves over.
	if n := after.TotalAlloc - before.TotalAlloc; n > 32*tokens {
		t.Errorf("%d bytes were allocated for %d tokens", n, tokens)
	}
}

// FuzzPacked feeds damaged weights in the packed form: an error or a model that answers, never a panic.
func FuzzPacked(f *testing.F) {
	m, err := toy(f).read(encoder.Options{})
	if err != nil {
		f.Fatal(err)
	}
	var packed bytes.Buffer
	if err := m.Pack(&packed); err != nil {
		f.Fatal(err)
	}
	f.Add(0, []byte{}, 0)
	f.Add(10, []byte("words"), 0)
	f.Add(packed.Len()-4, []byte{0, 0, 0xc0, 0x7f}, 0) // NaN
	f.Add(0, []byte{}, 100)
	f.Fuzz(func(t *testing.T, at int, change []byte, cut int) {
		model := slices.Clone(packed.Bytes())
		if at >= 0 && at < len(model) {
			copy(model[at:], change)
		}
		model = model[:len(model)-min(max(cut, 0), len(model))]
		damaged, err := toy(t).with("model.safetensors", model).read(encoder.Options{})
		if err == nil {
			encode(t, encoder.NewEncoder(damaged, 1), evalset.Array("where is my card", ""))
		}
	})
}
