package static

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"sync"

	"github.com/winnow-stream/winnow/classify/safetensors"
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

// newTable reads a table of winnow's own form: "embeddings" int8 [tokens, dim] and "scales" float32 [tokens].
func newTable(tokens *wordpiece.Tokenizer, model []byte) (*Table, error) {
	tensors, err := safetensors.Parse(model)
	if err != nil {
		return nil, err
	}
	emb, scales := tensors["embeddings"], tensors["scales"]
	if emb.DType != "I8" || len(emb.Shape) != 2 || emb.Shape[0] != tokens.Size() {
		return nil, fmt.Errorf("embeddings are %s %v, not I8 [%d, dimensions]", emb.DType, emb.Shape, tokens.Size())
	}
	s, err := scales.Floats()
	if err != nil {
		return nil, err
	}
	if len(s) != tokens.Size() {
		return nil, fmt.Errorf("there are %d scales for %d tokens", len(s), tokens.Size())
	}
	w, err := weights(s, tokens)
	if err != nil {
		return nil, err
	}
	rows, err := kernel.NewTable(emb.Shape[1], emb.Data, w)
	if err != nil {
		return nil, err
	}
	return &Table{tokens: tokens, rows: rows}, nil
}

// errScales is a table whose numbers can't be used.
var errScales = errors.New("the embeddings hold infinite numbers, NaN, or nothing but zeros")

// weights turns scales into integers of at most 15 bits, the largest 32767. Unknown and special tokens weigh nothing.
// The loss is below 1e-4 of the weight of half of all tokens, and smallest where a token matters.
func weights(scales []float32, tokens *wordpiece.Tokenizer) ([]int16, error) {
	var top float32
	for _, s := range scales {
		if s < 0 || s != s || math.IsInf(float64(s), 0) {
			return nil, errScales
		}
		top = max(top, s)
	}
	if top == 0 {
		return nil, errScales
	}
	w := make([]int16, len(scales))
	for i, s := range scales {
		w[i] = int16(math.RoundToEven(float64(s) / float64(top) * math.MaxInt16))
		if w[i] == 0 && s > 0 {
			w[i] = 1
		}
	}
	w[tokens.Unknown()] = 0
	for _, sp := range tokens.Specials() {
		w[sp.ID] = 0
	}
	return w, nil
}

func hashOf(parts ...[]byte) string {
	h := sha256.New()
	for _, p := range parts {
		sum := sha256.Sum256(p)
		h.Write(sum[:])
	}
	return hex.EncodeToString(h.Sum(nil))
}
