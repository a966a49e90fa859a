package encoder_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/winnow-stream/winnow/classify/classifytest/evalset"
	"github.com/winnow-stream/winnow/classify/encoder"
)

// source is the folder of the checkpoint that the embedded model was made of. It lies beside the repository.
func source() string {
	if dir := os.Getenv("WINNOW_ENCODER"); dir != "" {
		return dir
	}
	return filepath.Join("..", "..", "..", "shared", "data", "encoder")
}

// original reads the checkpoint itself, or skips the test where it is not at hand.
func original(t testing.TB, p encoder.Precision) *encoder.Model {
	t.Helper()
	dir := source()
	if _, err := os.Stat(filepath.Join(dir, "config.json")); err != nil {
		t.Skipf("no checkpoint (set WINNOW_ENCODER to its folder): %v", err)
	}
	m, err := encoder.Read(dir, func(name string) ([]byte, error) {
		if name == "model.safetensors" {
			name = "model_fp16.safetensors"
		}
		return os.ReadFile(filepath.Join(dir, name))
	}, encoder.Options{Precision: p})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// encode returns the vectors of texts, row-major, and their tokens.
func encode(t testing.TB, e *encoder.Encoder, texts *array.String) ([]float32, []int32) {
	t.Helper()
	var out encoder.Vectors
	if err := e.Encode(t.Context(), texts, &out); err != nil {
		t.Fatal(err)
	}
	return out.Data, out.Tokens
}

// TestParityFile compares with what the model's own framework gives for 16 texts.
func TestParityFile(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(source(), "parity.json"))
	if err != nil {
		t.Skipf("no checkpoint (set WINNOW_ENCODER to its folder): %v", err)
	}
	var pairs []struct {
		Text   string    `json:"text"`
		IDs    []int     `json:"ids"`
		Vector []float64 `json:"vec_first8"`
	}
	if err := json.Unmarshal(data, &pairs); err != nil {
		t.Fatal(err)
	}
	e := encoder.NewEncoder(original(t, encoder.Float32), 1)
	for i, p := range pairs {
		vector, tokens := encode(t, e, evalset.Array(p.Text))
		if int(tokens[0])+2 > len(p.IDs) { // the last text is cut short there, here it has several windows
			if i != len(pairs)-1 {
				t.Errorf("%q has %d tokens, want %d", p.Text, tokens[0], len(p.IDs)-2)
			}
			continue
		}
		for d, want := range p.Vector {
			if off := math.Abs(float64(vector[d]) - want); off > 1e-4 {
				t.Errorf("%q: component %d is %v, want %v", p.Text, d, vector[d], want)
			}
		}
	}
}

// texts are what the encoder must answer alike in any company: short, long, empty, in several scripts, damaged.
var texts = []string{
	"I am still waiting on my card?", "", " ", "a", "😀", "我还没有收到我的新卡", "\x00\x01 control \x7f", "\xff broken \xc3(",
	"Où est ma carte ? Je l’attends déjà depuis deux semaines…", "the quick brown fox jumps over the lazy dog",
	long(100), long(254), long(255), long(700), "[CLS] [SEP] [MASK]",
}

// long is a text of n tokens.
func long(n int) string {
	words := []string{"card", "money", "transfer", "late", "why", "bank"}
	var b []byte
	for i := range n {
		b = append(append(b, words[(i*i+i/3)%len(words)]...), ' ')
	}
	return string(b)
}

// TestSameBits encodes texts alone, together, in another order and on several threads.
func TestSameBits(t *testing.T) {
	for _, p := range []encoder.Precision{encoder.Int8, encoder.Float32} {
		t.Run(string(p), func(t *testing.T) {
			m := original(t, p)
			dim := m.Dim()
			one, two := encoder.NewEncoder(m, 1), encoder.NewEncoder(m, 2)
			var want []float32
			for _, text := range texts {
				v, _ := encode(t, one, evalset.Array(text))
				want = append(want, v...)
			}
			together, _ := encode(t, one, evalset.Array(texts...))
			if !slices.Equal(want, together) {
				t.Error("the vectors of a batch differ from those of its texts alone")
			}
			many := slices.Repeat(texts, 5)
			slices.Reverse(many)
			got, _ := encode(t, two, evalset.Array(many...))
			for i := range many {
				row := len(texts) - 1 - i%len(texts)
				if !slices.Equal(got[i*dim:][:dim], want[row*dim:][:dim]) {
					t.Errorf("text %d differs on two threads in another order", row)
				}
			}
		})
	}
}
