package static

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"sync"

	"github.com/winnow-stream/winnow/classify/static/kernel"
	"github.com/winnow-stream/winnow/classify/wordpiece"
)

//go:embed table/model.safetensors
var embeddedModel []byte

//go:embed table/vocab.txt
var embeddedVocab string

// embeddedHash is hashOf(embeddedModel, embeddedVocab); a test holds it. It is a constant so that a start need not read
// 8 MB.
const embeddedHash = "e9e10ddceeb4c8df49feb1f7ff7b6d9ef476d3e4a597ee40712c52eb6b16e30f"

// Vocabulary is the vocabulary that is compiled into the binary, as a vocab.txt: that of uncased BERT.
func Vocabulary() string { return embeddedVocab }

// Table is a vocabulary with an embedding of each token. It does not change and is safe for concurrent use.
type Table struct {
	tokens *wordpiece.Tokenizer
	rows   *kernel.Table
	hash   string // over everything above
}

// Embedded returns the table that is compiled into the binary: 30,522 tokens, 256 dimensions. Its rows are used where
// they lie.
var Embedded = sync.OnceValues(func() (*Table, error) {
	tokens, err := wordpiece.FromVocab(embeddedVocab)
	if err != nil {
		return nil, fmt.Errorf("embedded vocabulary: %w", err)
	}
	t, err := newTable(tokens, embeddedModel)
	if err != nil {
		return nil, fmt.Errorf("embedded table: %w", err)
	}
	t.hash = embeddedHash
	return t, nil
})

func hashOf(parts ...[]byte) string {
	h := sha256.New()
	for _, p := range parts {
		sum := sha256.Sum256(p)
		h.Write(sum[:])
	}
	return hex.EncodeToString(h.Sum(nil))
}
