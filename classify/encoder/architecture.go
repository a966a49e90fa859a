package encoder

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/winnow-stream/winnow/classify/encoder/kernel"
	vector "github.com/winnow-stream/winnow/classify/static/kernel"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Architecture is the shape of a BERT encoder, as config.json has it.
type Architecture struct {
	Layers     int     `json:"num_hidden_layers"`
	Hidden     int     `json:"hidden_size"`
	Heads      int     `json:"num_attention_heads"`
	Inner      int     `json:"intermediate_size"` // width of the feed-forward network
	Positions  int     `json:"max_position_embeddings"`
	Vocabulary int     `json:"vocab_size"`
	Types      int     `json:"type_vocab_size"`
	Epsilon    float64 `json:"layer_norm_eps"`
}

// Limits of an architecture, above those of BERT's largest form (24 layers, 1,024, 4,096, 30,522).
const (
	maxLayers     = 48
	maxHidden     = 2048
	maxInner      = 8192
	maxPositions  = 1 << 14
	maxVocabulary = 1 << 18
	maxTypes      = 16
)

// parseArchitecture reads a config.json. What this package can't compute is refused by its name: an encoder that is
// nearly right gives labels that are quietly wrong.
func parseArchitecture(data []byte) (Architecture, error) {
	c := struct {
		Architecture
		ModelType  string `json:"model_type"`
		Activation string `json:"hidden_act"`
		Position   string `json:"position_embedding_type"`
		Decoder    bool   `json:"is_decoder"`
	}{Activation: "gelu", Position: "absolute"}
	c.Epsilon, c.Types = 1e-12, 2
	if err := json.Unmarshal(data, &c); err != nil {
		return Architecture{}, fmt.Errorf("not a config.json: %w", err)
	}
	switch {
	case c.ModelType != "bert":
		return Architecture{}, unsupported("model_type is %q: only bert is supported", c.ModelType)
	case c.Decoder:
		return Architecture{}, unsupported("is_decoder is true: only encoders are supported")
	case c.Activation != "gelu":
		return Architecture{}, unsupported("hidden_act is %q: only gelu is supported", c.Activation)
	case c.Position != "absolute":
		return Architecture{}, unsupported("position_embedding_type is %q: only absolute is supported", c.Position)
	}
	return c.Architecture, c.check()
}

// check reports every size that is out of range, and those that the kernels can't take.
func (a *Architecture) check() error {
	var bad []string
	for _, f := range []struct {
		name       string
		value, max int
	}{
		{"num_hidden_layers", a.Layers, maxLayers},
		{"hidden_size", a.Hidden, maxHidden},
		{"num_attention_heads", a.Heads, maxHidden},
		{"intermediate_size", a.Inner, maxInner},
		{"max_position_embeddings", a.Positions, maxPositions},
		{"vocab_size", a.Vocabulary, maxVocabulary},
		{"type_vocab_size", a.Types, maxTypes},
	} {
		if f.value < 1 || f.value > f.max {
			bad = append(bad, fmt.Sprintf("%s is %d, not from 1 to %d", f.name, f.value, f.max))
		}
	}
	if !(a.Epsilon > 0 && a.Epsilon < 1) {
		bad = append(bad, fmt.Sprintf("layer_norm_eps is %v, not between 0 and 1", a.Epsilon))
	}
	if len(bad) > 0 {
		return fmt.Errorf("impossible sizes: %s", strings.Join(bad, "; "))
	}
	switch {
	case a.Hidden%vector.Lanes != 0:
		return unsupported("hidden_size is %d: only multiples of %d are supported", a.Hidden, vector.Lanes)
	case a.Hidden%a.Heads != 0 || a.head()%kernel.Columns != 0:
		return unsupported("hidden_size is %d with %d attention heads: only heads of a multiple of %d are supported", a.Hidden, a.Heads, kernel.Columns)
	case a.Inner%kernel.Columns != 0:
		return unsupported("intermediate_size is %d: only multiples of %d are supported", a.Inner, kernel.Columns)
	case a.Positions < minPositions:
		return unsupported("max_position_embeddings is %d: at least %d are needed", a.Positions, minPositions)
	}
	return nil
}

// head is the width of an attention head.
func (a *Architecture) head() int { return a.Hidden / a.Heads }

// unsupported is a model that is sound but of another kind.
func unsupported(format string, args ...any) error {
	return fault.New(fault.ModelUnsupported, format, args...)
}
