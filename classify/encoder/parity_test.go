package encoder_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/winnow-stream/winnow/classify/classifytest/evalset"
	"github.com/winnow-stream/winnow/classify/encoder"
)

// TestParityReference compares with the definition of the model in numpy, over all texts of the test splits. It needs
// WINNOW_PYTHON, a Python with numpy, scipy and tokenizers; make test-all sets it.
func TestParityReference(t *testing.T) {
	python := os.Getenv("WINNOW_PYTHON")
	if python == "" {
		t.Skip("WINNOW_PYTHON names no Python with numpy and tokenizers: make test-all runs this test")
	}
	exact, rounded := original(t, encoder.Float32), original(t, encoder.Int8)
	all := append(slices.Clone(texts), setTexts(t)...)
	if testing.Short() { // every 20th
		few := slices.Clone(texts)
		for i := len(texts); i < len(all); i += 20 {
			few = append(few, all[i])
		}
		all = few
	}
	var in, raw bytes.Buffer
	lines := json.NewEncoder(&in)
	for i, text := range all {
		all[i] = string(bytes.ToValidUTF8([]byte(text), []byte("\ufffd"))) // JSON has no other
		if err := lines.Encode(all[i]); err != nil {
			t.Fatal(err)
		}
	}
	file := func(name string) string { return filepath.Join(source(), name) }
	cmd := exec.CommandContext(t.Context(), python, "gen/reference.py",
		file("config.json"), file("model_fp16.safetensors"), file("tokenizer.json"))
	cmd.Stdin, cmd.Stdout, cmd.Stderr = &in, &raw, os.Stderr
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	dim := exact.Dim()
	want := make([]float32, len(all)*dim)
	if err := binary.Read(&raw, binary.LittleEndian, want); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name        string
		model       *encoder.Model
		mean, least float64
	}{
		{"float32", exact, 0.9999, 0.9999},
		{"int8", rounded, 0.99, 0.97},
	} {
		got, _ := encode(t, encoder.NewEncoder(c.model, 0), evalset.Array(all...))
		mean, least, worst := 0.0, 1.0, 0
		for i := range all {
			cos := cosine(got[i*dim:][:dim], want[i*dim:][:dim])
			mean += cos / float64(len(all))
			if cos < least {
				least, worst = cos, i
			}
		}
		t.Logf("%s: cosine to the reference over %d texts %.6f on average, %.6f at the least", c.name, len(all), mean, least)
		if mean < c.mean || least < c.least {
			t.Errorf("%s: cosines of %.6f and %.6f (%.60q), want %v and %v", c.name, mean, least, all[worst], c.mean, c.least)
		}
	}
}
