package wordpiece_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/classify/wordpiece"
)

// tokenizerJSON is a tokenizer.json over a vocabulary; edit changes it before it is written.
func tokenizerJSON(t testing.TB, tokens []string, edit func(map[string]any)) []byte {
	t.Helper()
	vocab := map[string]any{}
	for id, token := range tokens {
		vocab[token] = id
	}
	f := map[string]any{
		"version":       "1.0",
		"truncation":    map[string]any{"max_length": 128},
		"added_tokens":  []any{map[string]any{"id": 0, "content": "[UNK]", "special": true}},
		"normalizer":    map[string]any{"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": nil, "lowercase": true},
		"pre_tokenizer": map[string]any{"type": "BertPreTokenizer"},
		"model":         map[string]any{"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100, "vocab": vocab},
	}
	if edit != nil {
		edit(f)
	}
	data, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

var small = []string{"[UNK]", "card", "un", "##aff", "##able", "!", "a", "##b"}

func TestFromJSON(t *testing.T) {
	vocab, err := os.ReadFile(vocabFile)
	if err != nil {
		t.Fatal(err)
	}
	tokens := strings.Split(strings.TrimSpace(string(vocab)), "\n")
	tok, err := wordpiece.FromJSON(tokenizerJSON(t, tokens, func(f map[string]any) {
		f["added_tokens"] = []any{map[string]any{"id": 100, "content": "[UNK]"}, map[string]any{"id": 103, "content": "[MASK]"}}
	}))
	if err != nil {
		t.Fatal(err)
	}
	text, s := []byte("An unaffable [MASK] card — déjà vu 😀"), new(wordpiece.Scratch)
	if diff := cmp.Diff(embedded(t).Tokenize(nil, text, new(wordpiece.Scratch)), tok.Tokenize(nil, text, s)); diff != "" {
		t.Errorf("tokenizer.json and vocab.txt differ (-vocab +json)\n%s", diff)
	}
	if tok.Size() != 30522 || tok.Unknown() != 100 || len(tok.Specials()) != 2 {
		t.Errorf("size %d, unknown %d, %d special tokens", tok.Size(), tok.Unknown(), len(tok.Specials()))
	}
}

func TestFromJSONRefuses(t *testing.T) {
	set := func(part, key string, value any) func(map[string]any) {
		return func(f map[string]any) { f[part].(map[string]any)[key] = value }
	}
	cases := []struct {
		name string
		edit func(map[string]any)
		want string
	}{
		{"unigram", set("model", "type", "Unigram"), `model.unsupported: tokenizer model "Unigram": only WordPiece is supported`},
		{"prefix", set("model", "continuing_subword_prefix", "@@"), `model.unsupported: continuing_subword_prefix "@@": only ## is supported`},
		{"cased", set("normalizer", "lowercase", false), "model.unsupported: BertNormalizer: only the uncased form is supported (clean_text, handle_chinese_chars, lowercase, strip_accents)"},
		{"accents", set("normalizer", "strip_accents", false), "model.unsupported: BertNormalizer: only the uncased form is supported (clean_text, handle_chinese_chars, lowercase, strip_accents)"},
		{"normalizer", set("normalizer", "type", "NFC"), `model.unsupported: normalizer "NFC": only BertNormalizer is supported`},
		{"no normalizer", func(f map[string]any) { delete(f, "normalizer") }, "model.unsupported: there is no normalizer: only BertNormalizer is supported"},
		{"pre-tokenizer", set("pre_tokenizer", "type", "Metaspace"), `model.unsupported: pre-tokenizer "Metaspace": only BertPreTokenizer is supported`},
		{"no pre-tokenizer", func(f map[string]any) { delete(f, "pre_tokenizer") }, "model.unsupported: there is no pre-tokenizer: only BertPreTokenizer is supported"},
		{"empty", set("model", "vocab", map[string]any{}), "the vocabulary is empty"},
		{"list", set("model", "vocab", []any{"a"}), "the vocabulary is not a map from token to id: json: cannot unmarshal array into Go value of type map[string]int64"},
		{"gap", set("model", "vocab", map[string]any{"[UNK]": 5}), `token "[UNK]" has the id 5: ids must be 0 to 0, each once`},
		{"unknown", set("model", "unk_token", "<unk>"), `the vocabulary has no token "<unk>" for unknown words`},
		{"short words", set("model", "max_input_chars_per_word", 5), "model.unsupported: words of up to 5 characters: only limits from 16 to 1000 are supported"},
		{"lstrip", func(f map[string]any) {
			f["added_tokens"] = []any{map[string]any{"id": 0, "content": "[UNK]", "lstrip": true}}
		}, `model.unsupported: added token "[UNK]": the options single_word, lstrip, rstrip and normalized are not supported`},
		{"added id", func(f map[string]any) {
			f["added_tokens"] = []any{map[string]any{"id": 99, "content": "[X]"}}
		}, `added token "[X]": id 99 lies outside of the vocabulary of 8 entries`},
		{"added letter", func(f map[string]any) {
			f["added_tokens"] = []any{map[string]any{"id": 1, "content": "card"}}
		}, `the special token "card" does not begin with ASCII punctuation`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := wordpiece.FromJSON(tokenizerJSON(t, small, c.edit))
			if got := fmt.Sprint(err); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
	if _, err := wordpiece.FromJSON([]byte("{")); err == nil {
		t.Error("cut JSON: no error")
	}
	if _, err := wordpiece.FromVocab(""); err == nil {
		t.Error("empty vocab.txt: no error")
	}
}

func FuzzFromJSON(f *testing.F) {
	f.Add(tokenizerJSON(f, small, nil))
	f.Add([]byte(`{"model":{"type":"WordPiece","vocab":{"[UNK]":0}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		tok, err := wordpiece.FromJSON(data)
		if err != nil {
			return
		}
		for _, id := range tok.Tokenize(nil, []byte("unaffable [UNK] card! é"), new(wordpiece.Scratch)) {
			if int(id) >= tok.Size() {
				t.Fatalf("id %d of %d", id, tok.Size())
			}
		}
	})
}

func ExampleFromVocab() {
	tok, err := wordpiece.FromVocab("[UNK]\ncard\nun\n##aff\n##able\n!\n")
	if err != nil {
		fmt.Println(err)
		return
	}
	var scratch wordpiece.Scratch
	ids := tok.Tokenize(nil, []byte("Unaffable CARD! Ünaffable xyz"), &scratch)
	fmt.Println(ids, slices.Max(ids) < uint32(tok.Size()))
	// Output: [2 3 4 1 5 2 3 4 0] true
}
