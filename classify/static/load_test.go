package static_test

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/classifytest/evalset"
	"github.com/winnow-stream/winnow/classify/static"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// tensor is what a test writes into a safetensors file.
type tensor struct {
	dtype string
	shape []int
	data  []byte
}

func floats(dtype string, shape []int, values ...float64) tensor {
	t := tensor{dtype: dtype, shape: shape}
	for _, v := range values {
		switch dtype {
		case "F64":
			t.data = binary.LittleEndian.AppendUint64(t.data, math.Float64bits(v))
		case "F32":
			t.data = binary.LittleEndian.AppendUint32(t.data, math.Float32bits(float32(v)))
		case "F16": // exact for the small powers of two and sums of them that the tests use
			bits := math.Float32bits(float32(v))
			if v != 0 {
				t.data = binary.LittleEndian.AppendUint16(t.data, uint16(bits>>16&0x8000|(bits>>23&0xff-112)<<10|bits>>13&0x3ff))
			} else {
				t.data = append(t.data, 0, 0)
			}
		case "I8":
			t.data = append(t.data, byte(int8(v)))
		case "I64":
			t.data = binary.LittleEndian.AppendUint64(t.data, uint64(v))
		}
	}
	return t
}

func safetensorsFile(tensors map[string]tensor) []byte {
	header, body := map[string]any{"__metadata__": map[string]string{"format": "pt"}}, []byte{}
	for _, name := range slices.Sorted(maps.Keys(tensors)) {
		t := tensors[name]
		header[name] = map[string]any{"dtype": t.dtype, "shape": t.shape, "data_offsets": []int{len(body), len(body) + len(t.data)}}
		body = append(body, t.data...)
	}
	h, _ := json.Marshal(header)
	return append(append(binary.LittleEndian.AppendUint64(nil, uint64(len(h))), h...), body...)
}

// Two topics in two dimensions: cats to the right, cars upwards.
var (
	toyVocab  = []string{"[PAD]", "[UNK]", "cat", "car", "purr", "drive", "the"}
	toyValues = []float64{0, 0, 9, 9, 1, 0, 0, 1, 0.5, 0.25, 0.25, 0.5, 0.0625, 0.0625}
)

func writeFolder(t testing.TB, model, tokenizer []byte) string {
	t.Helper()
	dir := t.TempDir()
	for name, data := range map[string][]byte{"model.safetensors": model, "tokenizer.json": tokenizer} {
		if data != nil {
			if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dir
}

func toyTokenizer(model string) []byte {
	vocab := map[string]int{}
	for i, token := range toyVocab {
		vocab[token] = i
	}
	data, _ := json.Marshal(map[string]any{
		"added_tokens":  []any{map[string]any{"id": 0, "content": "[PAD]"}, map[string]any{"id": 1, "content": "[UNK]"}},
		"normalizer":    map[string]any{"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "lowercase": true},
		"pre_tokenizer": map[string]any{"type": "BertPreTokenizer"},
		"model":         map[string]any{"type": model, "unk_token": "[UNK]", "vocab": vocab},
	})
	return data
}

func TestLoad(t *testing.T) {
	n := len(toyVocab)
	eighths := make([]float64, len(toyValues))
	for i, v := range toyValues {
		eighths[i] = v * 8
	}
	cases := map[string]map[string]tensor{
		"float32": {"embeddings": floats("F32", []int{n, 2}, toyValues...)},
		"float16": {"embeddings": floats("F16", []int{n, 2}, toyValues...)},
		"float64": {"embeddings": floats("F64", []int{n, 2}, toyValues...)},
		"int8":    {"embeddings": floats("I8", []int{n, 2}, eighths...)},
		"weights": {"embeddings": floats("F32", []int{n, 2}, toyValues...), "weights": floats("F64", []int{n}, 1, 1, 2, 2, 1, 1, 0.5)},
		"mapping": {
			"embeddings": floats("F32", []int{3, 2}, 1, 0, 0, 1, 0, 0),
			"mapping":    floats("I64", []int{n}, 2, 2, 0, 1, 0, 1, 2),
		},
	}
	for name, tensors := range cases {
		t.Run(name, func(t *testing.T) {
			table, err := static.Load(writeFolder(t, safetensorsFile(tensors), toyTokenizer("WordPiece")))
			if err != nil {
				t.Fatal(err)
			}
			k, err := static.New(static.Config{Labels: classify.LabelSet{{Name: "cat"}, {Name: "car"}}, Table: table})
			if err != nil {
				t.Fatal(err)
			}
			var out classify.Results
			if err := k.Classify(t.Context(), evalset.Array("the purr", "drive the car", "zzz", "[UNK]"), &out); err != nil {
				t.Fatal(err)
			}
			if got := fmt.Sprint(out.Label, out.Tokens, out.Reason[2], out.Reason[3]); got != "[0 1 -1 -1] [2 3 1 1] no_known_words no_known_words" {
				t.Errorf("answers %s", got)
			}
		})
	}
}

func TestLoadVocab(t *testing.T) {
	dir := writeFolder(t, safetensorsFile(map[string]tensor{"embeddings": floats("F32", []int{len(toyVocab), 2}, toyValues...)}), nil)
	if err := os.WriteFile(filepath.Join(dir, "vocab.txt"), []byte(strings.Join(toyVocab, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := static.Load(dir); err != nil {
		t.Error(err)
	}
}

// TestLoadRefuses holds the messages for damaged and foreign folders.
func TestLoadRefuses(t *testing.T) {
	n := len(toyVocab)
	good := safetensorsFile(map[string]tensor{"embeddings": floats("F32", []int{n, 2}, toyValues...)})
	words := toyTokenizer("WordPiece")
	nan := slices.Clone(toyValues)
	nan[5] = math.NaN()
	model := func(t map[string]tensor) []byte { return safetensorsFile(t) }
	emb := floats("F32", []int{n, 2}, toyValues...)
	cases := []struct {
		name             string
		model, tokenizer []byte
		want             string
	}{
		{"no model", nil, words, "model.safetensors: model.invalid: stat DIR/model.safetensors: no such file or directory"},
		{"no tokenizer", good, nil, "tokenizer.json: model.invalid: stat DIR/tokenizer.json: no such file or directory"},
		{"sentencepiece", good, toyTokenizer("Unigram"), `tokenizer.json: model.unsupported: tokenizer model "Unigram": only WordPiece is supported`},
		{"tokenizer cut", good, words[:20], "tokenizer.json: model.invalid: not a tokenizer.json: unexpected end of JSON input"},
		{"empty model", []byte{}, words, "model.safetensors: model.invalid: 0 bytes are too few for a safetensors file"},
		{"model cut", good[:len(good)-1], words, `model.safetensors: model.invalid: tensor "embeddings": bytes 0 to 56 lie outside of the file's 55: cut short`},
		{"another format", []byte("PK\x03\x04 a zip file, say"), words, "model.safetensors: model.invalid: the file does not begin with the length of a header: not a safetensors file"},
		{"no embeddings", model(map[string]tensor{"weight": emb}), words, `model.safetensors: model.invalid: the tensor "embeddings" is [], not [tokens, dimensions]`},
		{"another vocabulary", model(map[string]tensor{"embeddings": floats("F32", []int{1, 2}, 1, 2)}), words, "model.safetensors: model.invalid: there are 1 embeddings for 7 tokens"},
		{"integers", model(map[string]tensor{"embeddings": floats("I64", []int{1, 1}, 1)}), words, `model.safetensors: model.invalid: tensor "embeddings" holds I64, not floating-point numbers`},
		{"NaN", model(map[string]tensor{"embeddings": floats("F32", []int{n, 2}, nan...)}), words, "model.safetensors: model.invalid: the embeddings hold infinite numbers, NaN, negative scales, or nothing but zeros"},
		{"zeros", model(map[string]tensor{"embeddings": floats("F32", []int{n, 2}, make([]float64, 2*n)...)}), words, "model.safetensors: model.invalid: the embeddings hold infinite numbers, NaN, negative scales, or nothing but zeros"},
		{"scales", model(map[string]tensor{"embeddings": emb, "scales": floats("F32", []int{1}, 1)}), words, "model.safetensors: model.invalid: there are 1 scales for 7 embeddings"},
		{"negative scales", model(map[string]tensor{"embeddings": emb, "scales": floats("F32", []int{n}, -1, -1, -1, -1, -1, -1, -1)}), words, "model.safetensors: model.invalid: the embeddings hold infinite numbers, NaN, negative scales, or nothing but zeros"},
		{"mapping", model(map[string]tensor{"embeddings": emb, "mapping": floats("I64", []int{n}, 0, 0, 0, 0, 0, 0, 7)}), words, "model.safetensors: model.invalid: token 6 is mapped to row 7 of 7"},
		{"short mapping", model(map[string]tensor{"embeddings": emb, "mapping": floats("I64", []int{1}, 0)}), words, "model.safetensors: model.invalid: the mapping has 1 entries for 7 tokens"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			dir := writeFolder(t, c.model, c.tokenizer)
			_, err := static.Load(dir)
			got := strings.ReplaceAll(strings.TrimPrefix(fmt.Sprint(err), dir+"/"), dir, "DIR")
			if got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if !fault.Is(err, fault.ModelInvalid) && !fault.Is(err, fault.ModelUnsupported) {
				t.Errorf("%v has no code of a model", err)
			}
		})
	}
}
