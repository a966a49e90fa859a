package encoder

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"math"

	"github.com/winnow-stream/winnow/classify/encoder/kernel"
	"github.com/winnow-stream/winnow/classify/wordpiece"
)

// Model is an encoder's weights with its tokenizer. It does not change and is safe for concurrent use.
type Model struct {
	architecture   Architecture
	tokens         *wordpiece.Tokenizer
	begin, end     uint32   // [CLS] and [SEP]
	prefix         []uint32 // before each text
	pooling        Pooling
	window         int // tokens of the longest sequence
	words          embedding
	positions      []float32 // positions × hidden; the embedding of token type 0 is added
	afterEmbedding norm
	layers         []layer
	hash           string // over everything above
	notices        []string
}

// Architecture is the model's shape.
func (m *Model) Architecture() Architecture { return m.architecture }

// Dim is the number of components of a text's vector.
func (m *Model) Dim() int { return m.architecture.Hidden }

// Hash is over everything that decides a vector: 64 hexadecimal digits.
func (m *Model) Hash() string { return m.hash }

// Size is how many bytes the weights take. Those of the embedded model are mapped from the binary.
func (m *Model) Size() int64 {
	floats := len(m.words.floats) + len(m.words.scales) + len(m.positions) + m.afterEmbedding.count()
	size := int64(len(m.words.ints))
	for i := range m.layers {
		l := &m.layers[i]
		floats += l.afterMix.count() + l.afterDown.count()
		for _, part := range []linear{l.mix, l.attention, l.up, l.down} {
			size += part.size()
		}
	}
	return size + 4*int64(floats)
}

// Notices say what was assumed where the model's files say nothing.
func (m *Model) Notices() []string { return m.notices }

// The tensors of a checkpoint that are not a layer's.
const (
	wordEmbeddings     = "embeddings.word_embeddings.weight"
	positionEmbeddings = "embeddings.position_embeddings.weight"
	typeEmbeddings     = "embeddings.token_type_embeddings.weight"
	embeddingNorm      = "embeddings.LayerNorm"
)

// fill takes the weights of a checkpoint, in float32 or rounded to int8.
func (m *Model) fill(c *checkpoint, precision Precision) error {
	a := &m.architecture
	words := c.floats(wordEmbeddings, a.Vocabulary, a.Hidden)
	m.positions = c.floats(positionEmbeddings, a.Positions, a.Hidden)
	types := c.floats(typeEmbeddings, a.Types, a.Hidden)
	m.afterEmbedding = c.norm(embeddingNorm, a.Hidden)
	if c.err != nil {
		return c.err
	}
	for i := range m.positions {
		m.positions[i] += types[i%a.Hidden]
	}
	m.words.floats = words
	if precision == Int8 {
		ints := make([]int8, len(words))
		m.words = embedding{ints: ints, scales: quantizeRows(ints, words, a.Hidden)}
	}
	for i := range a.Layers {
		m.layers = append(m.layers, c.layer(fmt.Sprintf("encoder.layer.%d.", i), a, precision))
	}
	return c.err
}

// norm reads a layer normalization.
func (c *checkpoint) norm(name string, width int) norm {
	return norm{gain: c.floats(name+".weight", width), bias: c.floats(name+".bias", width)}
}

// layer reads one of the encoder's layers.
func (c *checkpoint) layer(name string, a *Architecture, precision Precision) layer {
	var weights, bias []float32
	for _, part := range []string{"query", "key", "value"} {
		w := c.floats(name+"attention.self."+part+".weight", a.Hidden, a.Hidden)
		b := c.floats(name+"attention.self."+part+".bias", a.Hidden)
		if part == "query" { // scores are divided by √head; that can be done once, here
			shrink(w, a.head())
			shrink(b, a.head())
		}
		weights, bias = append(weights, w...), append(bias, b...)
	}
	var l layer
	l.mix = c.build(weights, bias, a.Hidden, precision)
	l.attention = c.linear(name+"attention.output.dense", a.Hidden, a.Hidden, precision)
	l.afterMix = c.norm(name+"attention.output.LayerNorm", a.Hidden)
	l.up = c.linear(name+"intermediate.dense", a.Hidden, a.Inner, precision)
	l.down = c.linear(name+"output.dense", a.Inner, a.Hidden, precision)
	l.afterDown = c.norm(name+"output.LayerNorm", a.Hidden)
	return l
}

// shrink divides x by √n.
func shrink(x []float32, n int) {
	for i := range x {
		x[i] /= float32(math.Sqrt(float64(n)))
	}
}

func (c *checkpoint) linear(name string, in, out int, precision Precision) linear {
	return c.build(c.floats(name+".weight", out, in), c.floats(name+".bias", out), in, precision)
}

// build makes a layer of weights, unless reading has failed.
func (c *checkpoint) build(weights, bias []float32, in int, precision Precision) linear {
	switch {
	case c.err != nil:
		return nil
	case precision == Int8:
		return quantizeLinear(weights, bias, in)
	default:
		return &floatLinear{in: in, out: len(bias), panels: kernel.PackFloat(weights, in, len(bias)), bias: bias}
	}
}

// digest makes the hash of a model from its files and options. A nil one makes none.
type digest struct{ h hash.Hash }

func newDigest() *digest { return &digest{sha256.New()} }

func (d *digest) add(part []byte) {
	if d != nil {
		sum := sha256.Sum256(part)
		d.h.Write(sum[:])
	}
}

func (d *digest) String() string {
	if d == nil {
		return ""
	}
	return hex.EncodeToString(d.h.Sum(nil))
}
