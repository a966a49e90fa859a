package encoder

import (
	"errors"
	"fmt"
	"io"

	"github.com/winnow-stream/winnow/classify/safetensors"
)

// A packed model is a safetensors file whose int8 weights lie as the kernels read them, so that they can be used in place
// in a file that is mapped into memory:
//
//	words                     I8  vocabulary × hidden    words.scales             F32 vocabulary
//	positions                 F32 positions × hidden     norm.weight, norm.bias   F32 hidden
//	layer.N.PART.panels       I8  out/16 × in/4 × 16 × 4 (kernel.PackInt8)
//	layer.N.PART.columns      I32 out                    layer.N.PART.scales, .bias  F32 out
//	layer.N.afterMix.weight, .bias, layer.N.afterDown.weight, .bias                  F32 hidden
//
// PART is mix (query, divided by √head, key and value: out is 3 × hidden), attention, up, down. Positions have the
// embedding of token type 0 added.
const packedWords = "words"

// packed says whether the tensors are those of a packed model.
func (c *checkpoint) packed() bool { _, ok := c.tensors[packedWords]; return ok }

// errPrecision is a packed model that should be used in float32.
var errPrecision = errors.New("the model is stored in int8: float32 can't be had of it")

// unpack takes the weights of a packed model, those in int8 where they lie.
func (m *Model) unpack(c *checkpoint, o Options) error {
	if o.Precision != Int8 {
		return errPrecision
	}
	a := &m.architecture
	m.words = embedding{ints: c.bytes(packedWords, a.Vocabulary, a.Hidden), scales: c.floats("words.scales", a.Vocabulary)}
	m.positions = c.floats("positions", a.Positions, a.Hidden)
	m.afterEmbedding = c.norm("norm", a.Hidden)
	for i := range a.Layers {
		name := fmt.Sprintf("layer.%d.", i)
		m.layers = append(m.layers, layer{
			mix:       c.packedLinear(name+"mix", a.Hidden, 3*a.Hidden),
			attention: c.packedLinear(name+"attention", a.Hidden, a.Hidden),
			afterMix:  c.norm(name+"afterMix", a.Hidden),
			up:        c.packedLinear(name+"up", a.Hidden, a.Inner),
			down:      c.packedLinear(name+"down", a.Inner, a.Hidden),
			afterDown: c.norm(name+"afterDown", a.Hidden),
		})
	}
	return c.err
}

func (c *checkpoint) packedLinear(name string, in, out int) linear {
	return &int8Linear{
		in: in, out: out,
		panels:  c.bytes(name+".panels", out/16, in/4, 16, 4),
		columns: c.ints(name+".columns", out),
		scales:  c.floats(name+".scales", out),
		bias:    c.floats(name+".bias", out),
	}
}

// Pack writes the weights of a model in int8. The same model gives the same bytes; config.json and the tokenizer stay as
// they are.
func (m *Model) Pack(w io.Writer) error {
	if m.words.ints == nil {
		return errors.New("only a model in int8 can be packed")
	}
	a := &m.architecture
	tensors := []safetensors.Tensor{
		safetensors.Int8s(packedWords, unsigned(m.words.ints), a.Vocabulary, a.Hidden),
		safetensors.Float32s("words.scales", m.words.scales, a.Vocabulary),
		safetensors.Float32s("positions", m.positions, a.Positions, a.Hidden),
	}
	addNorm := func(name string, n *norm) {
		tensors = append(tensors,
			safetensors.Float32s(name+".weight", n.gain, a.Hidden), safetensors.Float32s(name+".bias", n.bias, a.Hidden))
	}
	addLinear := func(name string, l linear) {
		q := l.(*int8Linear) // fill made it so
		tensors = append(tensors,
			safetensors.Int8s(name+".panels", unsigned(q.panels), q.out/16, q.in/4, 16, 4),
			safetensors.Int32s(name+".columns", q.columns, q.out),
			safetensors.Float32s(name+".scales", q.scales, q.out), safetensors.Float32s(name+".bias", q.bias, q.out))
	}
	addNorm("norm", &m.afterEmbedding)
	for i := range m.layers {
		l, name := &m.layers[i], fmt.Sprintf("layer.%d.", i)
		addLinear(name+"mix", l.mix)
		addLinear(name+"attention", l.attention)
		addNorm(name+"afterMix", &l.afterMix)
		addLinear(name+"up", l.up)
		addLinear(name+"down", l.down)
		addNorm(name+"afterDown", &l.afterDown)
	}
	return safetensors.Write(w, tensors)
}
