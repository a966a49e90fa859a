package fasttext

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/classify"
)

// TestNotInflated: rows that are put together for each text answer like those that are kept.
func TestNotInflated(t *testing.T) {
	for _, name := range []string{"softmax.ftz", "cutoff.ftz", "words_only.ftz", "hs.ftz"} {
		path := filepath.Join("testdata", "golden", name)
		kept, err := Load(path)
		if err != nil {
			t.Fatal(err)
		}
		lean, err := Load(path)
		if err != nil {
			t.Fatal(err)
		}
		lean.input.dense = nil
		var s Scratch
		for _, text := range []string{"", "my card has not arrived", "überweisung zzz 卡片"} {
			want, got := kept.Predict(nil, []byte(text), 0, 0, &s), lean.Predict(nil, []byte(text), 0, 0, &s)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: %q (-kept +lean)\n%s", name, text, diff)
			}
		}
		a, err := New(Config{Model: kept, Answers: classify.Answers{TopK: 3}})
		if err != nil {
			t.Fatal(err)
		}
		b, err := New(Config{Model: lean, Answers: classify.Answers{TopK: 3}})
		if err != nil || a.Info().Version != b.Info().Version {
			t.Fatal(err, a.Info(), b.Info())
		}
		if lean.Input() != nil || !lean.Quantized() {
			t.Error("the matrix was put together after all")
		}
	}
}

// TestInflateLimits: a matrix that a few bytes stand for is not put together.
func TestInflateLimits(t *testing.T) {
	w := weights{codes: &quantized{rows: 1 << 20, codes: make([]byte, 1<<20), pq: &quantizer{1 << 10, 1, 1 << 10, 1 << 10, make([]float32, 1<<18)}}}
	if w.inflate(2<<20, 0); w.dense != nil {
		t.Error("4 GB were allocated for a file of 2 MB")
	}
	w.codes.rows = 100
	if w.inflate(1, 0); w.dense != nil {
		t.Error("400 kB were allocated for a file of a byte")
	}
	if w.inflate(1<<20, 0); w.dense == nil || w.rows() != 100 {
		t.Error("no rows")
	}
}
