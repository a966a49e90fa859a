package encoder_test

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/winnow-stream/winnow/classify/classifytest/evalset"
	"github.com/winnow-stream/winnow/classify/encoder"
	"github.com/winnow-stream/winnow/classify/safetensors"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// TestForms: the same weights give the same vector in whichever files they come.
func TestForms(t *testing.T) {
	want := toyVector(t, toy(t), encoder.Options{})
	packed := toy(t)
	m, err := packed.read(encoder.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := m.Pack(&b); err != nil {
		t.Fatal(err)
	}
	for name, f := range map[string]folder{
		"with a prefix": toy(t).with("model.safetensors", file(t, toyTensors("bert.")...)),
		"in shards":     shards(t),
		"packed":        packed.with("model.safetensors", b.Bytes()),
	} {
		if got := toyVector(t, f, encoder.Options{}); !slices.Equal(got, want) {
			t.Errorf("%s: another vector", name)
		}
	}
	if exact := toyVector(t, toy(t), encoder.Options{Precision: encoder.Float32}); cosine(want, exact) < 0.99 {
		t.Errorf("int8 has a cosine of %v to float32", cosine(want, exact))
	}
}

func cosine(a, b []float32) float64 {
	var ab, aa, bb float64
	for i := range a {
		ab += float64(a[i]) * float64(b[i])
		aa += float64(a[i]) * float64(a[i])
		bb += float64(b[i]) * float64(b[i])
	}
	return ab / math.Sqrt(aa*bb)
}

// TestUse: pooling and prefix are what the files say, unless options say otherwise.
func TestUse(t *testing.T) {
	const modules = `[{"idx":0,"path":"","type":"sentence_transformers.models.Transformer"},` +
		`{"idx":1,"path":"1_Pooling","type":"sentence_transformers.models.Pooling"},` +
		`{"idx":2,"path":"2_Normalize","type":"sentence_transformers.models.Normalize"}]`
	plain := toy(t)
	mean, cls := encoder.Options{Pooling: encoder.Mean}, encoder.Options{Pooling: encoder.CLS}
	pooled := plain.with("modules.json", []byte(modules)).with("1_Pooling/config.json", []byte(`{"pooling_mode_cls_token":true,"pooling_mode_mean_tokens":false}`))
	prompted := plain.with("config_sentence_transformers.json", []byte(`{"prompts":{"query":"query: "},"default_prompt_name":"query"}`))
	query, none := "query: ", ""
	for name, c := range map[string]struct {
		f    folder
		o    encoder.Options
		like encoder.Options
	}{
		"nothing said":       {plain, encoder.Options{}, mean},
		"pooling by files":   {pooled, encoder.Options{}, cls},
		"pooling by options": {pooled, mean, mean},
		"prefix by files":    {prompted, encoder.Options{}, encoder.Options{Prefix: &query}},
		"no prefix":          {prompted, encoder.Options{Prefix: &none}, mean},
	} {
		if !slices.Equal(toyVector(t, c.f, c.o), toyVector(t, plain, c.like)) {
			t.Errorf("%s: another vector", name)
		}
	}
	if slices.Equal(toyVector(t, plain, mean), toyVector(t, plain, cls)) {
		t.Error("pooling makes no difference")
	}
	if slices.Equal(toyVector(t, plain, mean), toyVector(t, plain, encoder.Options{Prefix: &query})) {
		t.Error("the prefix makes no difference")
	}
	m, err := plain.read(encoder.Options{})
	if err != nil || len(m.Notices()) != 1 {
		t.Errorf("notices %q, error %v; want one about pooling", m.Notices(), err)
	}
	if m, err := pooled.read(encoder.Options{}); err != nil || len(m.Notices()) != 0 {
		t.Errorf("notices %q, error %v; want none", m.Notices(), err)
	}
}

func TestRefused(t *testing.T) {
	config := func(old, with string) folder {
		return toy(t).with("config.json", []byte(strings.Replace(toyConfig, old, with, 1)))
	}
	swap := func(change func(all []safetensors.Tensor) []safetensors.Tensor) folder {
		return toy(t).with("model.safetensors", file(t, change(toyTensors(""))...))
	}
	nan := func(all []safetensors.Tensor) []safetensors.Tensor {
		copy(all[6].Data[40:], []byte{0, 0, 0xc0, 0x7f})
		return all
	}
	whole := toy(t)["model.safetensors"]
	bad := "text"
	for name, c := range map[string]struct {
		f    folder
		o    encoder.Options
		code *fault.Code
		want string
	}{
		"no config":        {toy(t).with("config.json", nil), encoder.Options{}, nil, "open config.json"},
		"no JSON":          {toy(t).with("config.json", []byte("{")), encoder.Options{}, fault.ModelInvalid, "toy/config.json: model.invalid: not a config.json"},
		"another model":    {config(`"bert"`, `"xlm-roberta"`), encoder.Options{}, fault.ModelUnsupported, `toy/config.json: model.unsupported: model_type is "xlm-roberta": only bert is supported`},
		"activation":       {config(`"gelu"`, `"relu"`), encoder.Options{}, fault.ModelUnsupported, `hidden_act is "relu"`},
		"decoder":          {config(`{`, `{"is_decoder":true,`), encoder.Options{}, fault.ModelUnsupported, "is_decoder"},
		"relative":         {config(`{`, `{"position_embedding_type":"relative_key",`), encoder.Options{}, fault.ModelUnsupported, `position_embedding_type is "relative_key"`},
		"sizes":            {config(`"hidden_size":64,"num_attention_heads":2`, `"hidden_size":-1,"num_attention_heads":0`), encoder.Options{}, fault.ModelInvalid, "hidden_size is -1, not from 1 to 2048; num_attention_heads is 0"},
		"odd size":         {config(`"hidden_size":64`, `"hidden_size":100`), encoder.Options{}, fault.ModelUnsupported, "hidden_size is 100: only multiples of 64"},
		"odd heads":        {config(`"num_attention_heads":2`, `"num_attention_heads":8`), encoder.Options{}, fault.ModelUnsupported, "64 with 8 attention heads"},
		"no tokenizer":     {toy(t).with("vocab.txt", nil), encoder.Options{}, nil, "tokenizer.json"},
		"tokenizer":        {toy(t).with("tokenizer.json", []byte(`{"model":{"type":"Unigram"}}`)), encoder.Options{}, fault.ModelUnsupported, `toy/tokenizer.json: model.unsupported: tokenizer model "Unigram": only WordPiece is supported`},
		"no [CLS]":         {toy(t).with("vocab.txt", []byte("[UNK]\n[SEP]\ncat\n")), encoder.Options{}, fault.ModelInvalid, "[CLS] and [SEP] are missing"},
		"large vocabulary": {toy(t).with("vocab.txt", []byte(toyTokens+"a\nb\nc\nd\ne\nf\n")), encoder.Options{}, fault.ModelInvalid, "the vocabulary has 21 tokens, config.json has room for 20"},
		"no weights":       {toy(t).with("model.safetensors", nil), encoder.Options{}, nil, "open model.safetensors"},
		"cut short":        {toy(t).with("model.safetensors", whole[:len(whole)-1]), encoder.Options{}, fault.ModelInvalid, "cut short"},
		"foreign":          {toy(t).with("model.safetensors", []byte("PK\x03\x04 a zip file, say")), encoder.Options{}, fault.ModelInvalid, "not a safetensors file"},
		"missing tensor":   {swap(func(a []safetensors.Tensor) []safetensors.Tensor { return a[1:] }), encoder.Options{}, fault.ModelInvalid, `the tensor "embeddings.word_embeddings.weight" is missing`},
		"shape":            {config(`"intermediate_size":32`, `"intermediate_size":48`), encoder.Options{}, fault.ModelInvalid, `"encoder.layer.0.intermediate.dense.weight" is [32 64], config.json asks for [48 64]`},
		"NaN":              {swap(nan), encoder.Options{}, fault.ModelInvalid, `holds NaN at component 10: the weights are damaged`},
		"dense module":     {toy(t).with("modules.json", []byte(`[{"type":"sentence_transformers.models.Dense","path":"2_Dense"}]`)), encoder.Options{}, fault.ModelUnsupported, `the module "Dense" is not supported`},
		"max pooling":      {toy(t).with("modules.json", []byte(`[{"type":"a.Pooling","path":"p"}]`)).with("p/config.json", []byte(`{"pooling_mode_max_tokens":true}`)), encoder.Options{}, fault.ModelUnsupported, "pooling by max_tokens is not supported"},
		"path":             {toy(t).with("modules.json", []byte(`[{"type":"a.Pooling","path":"../../etc"}]`)), encoder.Options{}, fault.ModelUnsupported, "leads out of the folder"},
		"precision":        {toy(t), encoder.Options{Precision: "int4"}, fault.ConfigField, `precision "int4"`},
		"pooling":          {toy(t), encoder.Options{Pooling: "max"}, fault.ConfigField, `pooling "max"`},
		"prefix":           {toy(t), encoder.Options{Prefix: &bad}, fault.ConfigField, "does not end with a space or a colon"},
		"shard outside":    {shards(t).with("model.safetensors.index.json", []byte(`{"weight_map":{"a":"../b.safetensors"}}`)), encoder.Options{}, fault.ModelInvalid, "no name of a file in the same folder"},
		"shard missing":    {shards(t).with("model-2-of-2.safetensors", nil), encoder.Options{}, nil, "model-2-of-2.safetensors"},
	} {
		_, err := c.f.read(c.o)
		if err == nil || !strings.Contains(err.Error(), c.want) || c.code != nil && !fault.Is(err, c.code) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	if _, err := encoder.Load(dir, encoder.Options{}); !fault.Is(err, fault.ModelInvalid) || !strings.Contains(err.Error(), "config.json") {
		t.Errorf("an empty folder: %v", err)
	}
	for name, data := range toy(t) {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	m, err := encoder.Load(dir, encoder.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if m.Dim() != toyHidden || len(m.Hash()) != 64 || m.Architecture().Layers != 1 {
		t.Errorf("dim %d, hash %q, %+v", m.Dim(), m.Hash(), m.Architecture())
	}
	other, err := encoder.Load(dir, encoder.Options{Precision: encoder.Float32})
	if err != nil || other.Hash() == m.Hash() {
		t.Errorf("float32 has the hash of int8, or %v", err)
	}
}

// FuzzRead feeds damaged configs and weights: an error or a model that answers, never a panic.
func FuzzRead(f *testing.F) {
	whole := file(f, toyTensors("")...)
	f.Add([]byte(toyConfig), 100, []byte{0xff})
	f.Add([]byte(`{"model_type":"bert"}`), 0, []byte{})
	f.Add([]byte(strings.Replace(toyConfig, `"num_hidden_layers":1`, `"num_hidden_layers":2`, 1)), len(whole)-1, []byte{1})
	f.Fuzz(func(t *testing.T, config []byte, at int, change []byte) {
		model := slices.Clone(whole)
		if at >= 0 && at < len(model) {
			copy(model[at:], change)
		}
		m, err := toy(t).with("config.json", config).with("model.safetensors", model).read(encoder.Options{})
		if err == nil {
			encode(t, encoder.NewEncoder(m, 1), evalset.Array("where is my card", ""))
		}
	})
}
