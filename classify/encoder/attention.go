package encoder

import (
	"github.com/winnow-stream/winnow/classify/encoder/kernel"
	softmax "github.com/winnow-stream/winnow/classify/linear/fasttext/kernel"
)

// attend lets the tokens of one text look at each other. mixed holds query, key and value of its tokens (tokens × 3 ×
// hidden), queries scaled already; out gets what they took from one another (tokens × hidden). All sums run in an order
// that depends on the text alone.
func (a *Architecture) attend(out, mixed []float32, tokens int, s *scratch) {
	head, stride := a.head(), 3*a.Hidden
	padded := pad(tokens)
	for h := range a.Heads {
		query, key, value := h*head, a.Hidden+h*head, 2*a.Hidden+h*head
		transpose(s.keys, mixed[key:], tokens, head, stride)
		for j := 0; j < padded; j += kernel.Columns {
			kernel.MulPanel(
				kernel.Matrix{Data: s.scores[j:], Stride: padded},
				kernel.Matrix{Data: mixed[query:], Stride: stride},
				kernel.Matrix{Data: s.keys[j*head:], Stride: kernel.Columns},
				tokens, head,
			)
		}
		for i := range tokens {
			row := s.scores[i*padded:][:padded]
			for j := tokens; j < padded; j++ {
				row[j] = softmax.Nothing
			}
			s.totals[i] = softmax.Softmax(row)
		}
		for d := 0; d < head; d += kernel.Columns {
			kernel.MulPanel(
				kernel.Matrix{Data: out[query+d:], Stride: a.Hidden},
				kernel.Matrix{Data: s.scores, Stride: padded},
				kernel.Matrix{Data: mixed[value+d:], Stride: stride},
				tokens, tokens,
			)
		}
		for i := range tokens {
			share := 1 / s.totals[i]
			for d, v := range out[i*a.Hidden+query:][:head] {
				out[i*a.Hidden+query+d] = v * share
			}
		}
	}
}

// transpose puts the keys of one head into panels: for each kernel.Columns tokens, for each component, token by token.
// The last panel is filled up with zeros.
func transpose(panels, keys []float32, tokens, head, stride int) {
	for first := 0; first < tokens; first += kernel.Columns {
		panel := panels[first*head:][:head*kernel.Columns]
		n := min(kernel.Columns, tokens-first)
		if n < kernel.Columns {
			clear(panel)
		}
		for j := range n {
			for d, v := range keys[(first+j)*stride:][:head] {
				panel[d*kernel.Columns+j] = v
			}
		}
	}
}

// pad rounds a number of tokens up to whole panels.
func pad(tokens int) int { return (tokens + kernel.Columns - 1) / kernel.Columns * kernel.Columns }
