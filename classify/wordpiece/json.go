package wordpiece

import (
	"encoding/json"
	"fmt"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// file is what matters of a tokenizer.json. Truncation, padding, post-processor and decoder have no part in the ids
// that winnow asks for.
type file struct {
	AddedTokens []struct {
		ID         int64  `json:"id"`
		Content    string `json:"content"`
		SingleWord bool   `json:"single_word"`
		LStrip     bool   `json:"lstrip"`
		RStrip     bool   `json:"rstrip"`
		Normalized bool   `json:"normalized"`
	} `json:"added_tokens"`
	Normalizer *struct {
		Type               string `json:"type"`
		CleanText          bool   `json:"clean_text"`
		HandleChineseChars bool   `json:"handle_chinese_chars"`
		StripAccents       *bool  `json:"strip_accents"`
		Lowercase          bool   `json:"lowercase"`
	} `json:"normalizer"`
	PreTokenizer *struct {
		Type string `json:"type"`
	} `json:"pre_tokenizer"`
	Model struct {
		Type       string          `json:"type"`
		Unknown    string          `json:"unk_token"`
		Prefix     *string         `json:"continuing_subword_prefix"`
		MaxChars   *int            `json:"max_input_chars_per_word"`
		Vocabulary json.RawMessage `json:"vocab"`
	} `json:"model"`
}

// FromJSON reads a tokenizer.json of Hugging Face's tokenizers that describes an uncased BERT tokenizer. Any other kind
// is refused by its name: a tokenizer that is nearly right gives labels that are quietly wrong.
func FromJSON(data []byte) (*Tokenizer, error) {
	var f file
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, fmt.Errorf("not a tokenizer.json: %w", err)
	}
	if err := f.check(); err != nil {
		return nil, err
	}
	tokens, err := f.tokens()
	if err != nil {
		return nil, err
	}
	cfg := Config{Tokens: tokens, Unknown: f.Model.Unknown}
	if f.Model.MaxChars != nil {
		cfg.MaxRunes = *f.Model.MaxChars
	}
	for _, a := range f.AddedTokens {
		if a.SingleWord || a.LStrip || a.RStrip || a.Normalized {
			return nil, unsupported("added token %q: the options single_word, lstrip, rstrip and normalized are not supported", a.Content)
		}
		if a.ID < 0 || a.ID >= int64(len(tokens)) {
			return nil, fmt.Errorf("added token %q: id %d lies outside of the vocabulary of %d entries", a.Content, a.ID, len(tokens))
		}
		cfg.Specials = append(cfg.Specials, Special{a.Content, uint32(a.ID)})
	}
	return New(cfg)
}

// check names the first part that this package does not do alike.
func (f *file) check() error {
	n, m := f.Normalizer, f.Model
	switch {
	case m.Type != "WordPiece":
		return unsupported("tokenizer model %q: only WordPiece is supported", m.Type)
	case m.Prefix != nil && *m.Prefix != "##":
		return unsupported("continuing_subword_prefix %q: only ## is supported", *m.Prefix)
	case n == nil:
		return unsupported("there is no normalizer: only BertNormalizer is supported")
	case n.Type != "BertNormalizer":
		return unsupported("normalizer %q: only BertNormalizer is supported", n.Type)
	case !n.CleanText || !n.HandleChineseChars || !n.Lowercase || n.StripAccents != nil && !*n.StripAccents:
		return unsupported("BertNormalizer: only the uncased form is supported (clean_text, handle_chinese_chars, lowercase, strip_accents)")
	case f.PreTokenizer == nil:
		return unsupported("there is no pre-tokenizer: only BertPreTokenizer is supported")
	case f.PreTokenizer.Type != "BertPreTokenizer":
		return unsupported("pre-tokenizer %q: only BertPreTokenizer is supported", f.PreTokenizer.Type)
	}
	return nil
}

// unsupported is a tokenizer that is sound but of another kind.
func unsupported(format string, args ...any) error {
	return fault.New(fault.ModelUnsupported, format, args...)
}

// tokens orders the vocabulary by id; ids must be 0, 1, … without a gap.
func (f *file) tokens() ([]string, error) {
	var vocab map[string]int64
	if err := json.Unmarshal(f.Model.Vocabulary, &vocab); err != nil {
		return nil, fmt.Errorf("the vocabulary is not a map from token to id: %w", err)
	}
	if len(vocab) == 0 {
		return nil, errVocabulary
	}
	tokens := make([]string, len(vocab))
	seen := make([]bool, len(vocab))
	for token, id := range vocab {
		if id < 0 || id >= int64(len(tokens)) || seen[id] {
			return nil, fmt.Errorf("token %q has the id %d: ids must be 0 to %d, each once", token, id, len(tokens)-1)
		}
		tokens[id], seen[id] = token, true
	}
	return tokens, nil
}
