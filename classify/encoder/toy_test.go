package encoder_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"testing"

	"github.com/winnow-stream/winnow/classify/classifytest/evalset"
	"github.com/winnow-stream/winnow/classify/encoder"
	"github.com/winnow-stream/winnow/classify/safetensors"
)

// The sizes of a toy encoder: one layer, 64 dimensions, 20 tokens.
const (
	toyHidden, toyInner, toyVocabulary, toyPositions = 64, 32, 20, 32

	toyConfig = `{"model_type":"bert","num_hidden_layers":1,"hidden_size":64,"num_attention_heads":2,"intermediate_size":32,
"max_position_embeddings":32,"vocab_size":20,"type_vocab_size":2,"layer_norm_eps":1e-12,"hidden_act":"gelu"}`
	toyTokens = "[PAD]\n[UNK]\n[CLS]\n[SEP]\ncat\ndog\nthe\n##s\n:\nquery\nis\nlate\nwhere\nmy\ncard\n"
)

// folder is a model's files by name.
type folder map[string][]byte

func (f folder) file(name string) ([]byte, error) {
	if data, ok := f[name]; ok {
		return data, nil
	}
	return nil, fmt.Errorf("open %s: %w", name, fs.ErrNotExist)
}

func (f folder) read(o encoder.Options) (*encoder.Model, error) {
	return encoder.Read("toy", f.file, o)
}

// with returns the folder with another file, or without it when data is nil.
func (f folder) with(name string, data []byte) folder {
	g := maps.Clone(f)
	g[name] = data
	if data == nil {
		delete(g, name)
	}
	return g
}

// toyTensors are the weights of the toy encoder under the names of BertModel, each with the prefix before it.
func toyTensors(prefix string) []safetensors.Tensor {
	r := rand.New(rand.NewPCG(7, 8))
	var all []safetensors.Tensor
	add := func(name string, mean float32, shape ...int) {
		n := 1
		for _, d := range shape {
			n *= d
		}
		x := make([]float32, n)
		for i := range x {
			x[i] = mean + 0.1*float32(r.NormFloat64())
		}
		all = append(all, safetensors.Float32s(prefix+name, x, shape...))
	}
	norm := func(name string) {
		add(name+".weight", 1, toyHidden)
		add(name+".bias", 0, toyHidden)
	}
	linear := func(name string, out, in int) {
		add(name+".weight", 0, out, in)
		add(name+".bias", 0, out)
	}
	add("embeddings.word_embeddings.weight", 0, toyVocabulary, toyHidden)
	add("embeddings.position_embeddings.weight", 0, toyPositions, toyHidden)
	add("embeddings.token_type_embeddings.weight", 0, 2, toyHidden)
	norm("embeddings.LayerNorm")
	for _, part := range []string{"self.query", "self.key", "self.value", "output.dense"} {
		linear("encoder.layer.0.attention."+part, toyHidden, toyHidden)
	}
	norm("encoder.layer.0.attention.output.LayerNorm")
	linear("encoder.layer.0.intermediate.dense", toyInner, toyHidden)
	linear("encoder.layer.0.output.dense", toyHidden, toyInner)
	norm("encoder.layer.0.output.LayerNorm")
	return all
}

func file(t testing.TB, tensors ...safetensors.Tensor) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := safetensors.Write(&b, tensors); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func toy(t testing.TB) folder {
	t.Helper()
	return folder{
		"config.json": []byte(toyConfig), "vocab.txt": []byte(toyTokens),
		"model.safetensors": file(t, toyTensors("")...),
	}
}

// toyVector is what a folder makes of a text.
func toyVector(t testing.TB, f folder, o encoder.Options) []float32 {
	t.Helper()
	m, err := f.read(o)
	if err != nil {
		t.Fatal(err)
	}
	v, _ := encode(t, encoder.NewEncoder(m, 1), evalset.Array("where is my card"))
	return v
}

// shards are the toy's weights in two files with their index.
func shards(t testing.TB) folder {
	t.Helper()
	all, index := toyTensors(""), map[string]string{}
	half := len(all) / 2
	for i, tensor := range all {
		index[tensor.Name] = fmt.Sprintf("model-%d-of-2.safetensors", 1+i/half%2)
	}
	var parts [2][]safetensors.Tensor
	for i, tensor := range all {
		parts[i/half%2] = append(parts[i/half%2], tensor)
	}
	raw, err := json.Marshal(map[string]any{"weight_map": index})
	if err != nil {
		t.Fatal(err)
	}
	return toy(t).with("model.safetensors", nil).with("model.safetensors.index.json", raw).
		with("model-1-of-2.safetensors", file(t, parts[0]...)).with("model-2-of-2.safetensors", file(t, parts[1]...))
}
