package wordpiece

import (
	"errors"
	"fmt"
	"strings"
)

// Special is a token that is found in raw text as it is, before anything else, such as [MASK].
type Special struct {
	Text string
	ID   uint32
}

// Config describes a vocabulary.
type Config struct {
	// Tokens are the entries by id; those that begin with ## continue a word.
	Tokens []string
	// Specials stand for themselves in raw text.
	Specials []Special
	// Unknown is the entry of a word that can't be cut into pieces; default [UNK].
	Unknown string
	// MaxRunes is the length from which on a word is unknown as a whole, in code points; default 100.
	MaxRunes int
}

// Limits of Config.MaxRunes. Words of up to 16 bytes are looked up without counting their characters.
const (
	minRunes = 16
	maxRunes = 1000
)

// Tokenizer is a vocabulary ready for look-ups. It does not change and is safe for concurrent use.
type Tokenizer struct {
	words    index       // whole words and beginnings of words
	pieces   index       // continuations, without their ##
	single   [128]uint32 // ids of ASCII punctuation by itself
	specials []Special
	first    [256]bool // bytes that begin a special token
	unknown  uint32
	maxRunes int
	size     int
}

// New builds the look-up tables; for the 30,522 entries of BERT this takes about 2 ms.
func New(cfg Config) (*Tokenizer, error) {
	if cfg.Unknown == "" {
		cfg.Unknown = "[UNK]"
	}
	if cfg.MaxRunes == 0 {
		cfg.MaxRunes = 100
	}
	t := &Tokenizer{maxRunes: cfg.MaxRunes, size: len(cfg.Tokens), specials: cfg.Specials}
	if t.maxRunes < minRunes || t.maxRunes > maxRunes {
		return nil, unsupported("words of up to %d characters: only limits from %d to %d are supported", t.maxRunes, minRunes, maxRunes)
	}
	t.index(cfg.Tokens)
	found := false
	for id, token := range cfg.Tokens {
		if token == cfg.Unknown {
			t.unknown, found = uint32(id), true
		}
	}
	if !found {
		return nil, fmt.Errorf("the vocabulary has no token %q for unknown words", cfg.Unknown)
	}
	for i := range t.single {
		t.single[i] = t.unknown
		if id, ok := t.words.short(uint64(i), 0); ok && i > 0 {
			t.single[i] = id
		}
	}
	for _, sp := range cfg.Specials {
		if sp.Text == "" || class[sp.Text[0]] != classPunct {
			return nil, fmt.Errorf("the special token %q does not begin with ASCII punctuation", sp.Text)
		}
		t.first[sp.Text[0]] = true
	}
	return t, nil
}

// index fills the look-up tables.
func (t *Tokenizer) index(tokens []string) {
	const more = "##"
	pieces := 0
	for _, token := range tokens {
		if strings.HasPrefix(token, more) {
			pieces++
		}
	}
	t.words, t.pieces = newIndex(len(tokens)-pieces), newIndex(pieces)
	for id, token := range tokens {
		if rest, ok := strings.CutPrefix(token, more); ok {
			t.pieces.put(rest, uint32(id))
		} else {
			t.words.put(token, uint32(id))
		}
	}
}

// errVocabulary is a vocabulary file without entries.
var errVocabulary = errors.New("the vocabulary is empty")

// FromVocab reads a vocab.txt of BERT: an entry a line, the line's number its id. The five special tokens of BERT are
// taken as such where they occur.
func FromVocab(vocab string) (*Tokenizer, error) {
	tokens := strings.Split(strings.TrimSuffix(vocab, "\n"), "\n")
	if len(tokens) == 1 && tokens[0] == "" {
		return nil, errVocabulary
	}
	var specials []Special
	for id, token := range tokens {
		switch token {
		case "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]":
			specials = append(specials, Special{token, uint32(id)})
		}
	}
	return New(Config{Tokens: tokens, Specials: specials})
}

// Size is the number of entries; every id is below it.
func (t *Tokenizer) Size() int { return t.size }

// Unknown is the id of a word that the vocabulary can't spell.
func (t *Tokenizer) Unknown() uint32 { return t.unknown }

// Specials are the tokens that stand for themselves in raw text.
func (t *Tokenizer) Specials() []Special { return t.specials }

// special returns the special token that begins text, the longest where several do.
func (t *Tokenizer) special(text []byte) *Special {
	if !t.first[text[0]] {
		return nil
	}
	var best *Special
	for i := range t.specials {
		sp := &t.specials[i]
		if len(text) >= len(sp.Text) && string(text[:len(sp.Text)]) == sp.Text && (best == nil || len(sp.Text) > len(best.Text)) {
			best = sp
		}
	}
	return best
}
