package encoder

import "github.com/winnow-stream/winnow/classify/encoder/kernel"

// norm is a layer normalization.
type norm struct{ gain, bias []float32 }

func (n *norm) count() int { return len(n.gain) + len(n.bias) }

// addTo adds y to x (rows of the norm's width) and normalizes each row.
func (n *norm) addTo(x, y []float32, epsilon float32) {
	width := len(n.gain)
	for i := 0; i < len(x); i += width {
		kernel.AddNorm(x[i:][:width], y[i:][:width], n.gain, n.bias, epsilon)
	}
}

// layer is one of the encoder's: attention, then a feed-forward network, each added to its input and normalized.
type layer struct {
	mix       linear // to query, key and value, side by side
	attention linear
	afterMix  norm
	up, down  linear
	afterDown norm
}

// forward leaves the last hidden states of the sequences of ids in s.hidden (tokens × hidden), one after another as they
// stand in ids: at most batchTokens together. There is no padding between them, and no row looks at another sequence's.
func (m *Model) forward(ids []uint32, lengths []int, s *scratch) {
	a := &m.architecture
	width, epsilon, tokens := a.Hidden, float32(a.Epsilon), len(ids)
	hidden, mixed := s.hidden[:tokens*width], s.mixed[:tokens*3*width]
	m.embed(ids, lengths, s)
	for i := range m.layers {
		l := &m.layers[i]
		l.mix.apply(mixed, hidden, tokens, s)
		first := 0
		for _, n := range lengths {
			a.attend(s.context[first*width:], mixed[first*3*width:], n, s)
			first += n
		}
		for first := 0; first < tokens; first += blockRows {
			n := min(blockRows, tokens-first)
			x, y, inner := hidden[first*width:][:n*width], s.added[:n*width], s.inner[:n*a.Inner]
			l.attention.apply(y, s.context[first*width:], n, s)
			l.afterMix.addTo(x, y, epsilon)
			l.up.apply(inner, x, n, s)
			kernel.GELU(inner)
			l.down.apply(y, inner, n, s)
			l.afterDown.addTo(x, y, epsilon)
		}
	}
}

// embed leaves the normalized embeddings of tokens and positions in s.hidden.
func (m *Model) embed(ids []uint32, lengths []int, s *scratch) {
	width, first := m.architecture.Hidden, 0
	for _, n := range lengths {
		x := s.hidden[first*width:][:n*width]
		for i, id := range ids[first:][:n] {
			m.words.row(x[i*width:][:width], id)
		}
		m.afterEmbedding.addTo(x, m.positions[:n*width], float32(m.architecture.Epsilon))
		first += n
	}
}

// embedding holds a vector for each token, in float32 or in int8 with a scale for each.
type embedding struct {
	floats []float32
	ints   []int8
	scales []float32
}

// row sets x to the vector of a token.
func (e *embedding) row(x []float32, id uint32) {
	if e.floats != nil {
		copy(x, e.floats[int(id)*len(x):])
		return
	}
	scale := e.scales[id]
	for d, v := range e.ints[int(id)*len(x):][:len(x)] {
		x[d] = float32(v) * scale
	}
}
