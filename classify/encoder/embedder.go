package encoder

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow/array"
)

// Embedder makes vectors in the form that heads and prototypes take. It belongs to one goroutine; embedders of one Encoder
// share its threads.
type Embedder struct {
	encoder *Encoder
	vectors Vectors
	vector  []int16
}

// NewEmbedder returns a new embedder.
func (e *Encoder) NewEmbedder() *Embedder {
	return &Embedder{encoder: e, vector: make([]int16, e.model.Dim())}
}

// Embed makes the vectors of the texts from first to before end. It fails with a context that ended, as Encode does.
func (e *Embedder) Embed(ctx context.Context, texts *array.String, first, end int) error {
	return e.encoder.encode(ctx, texts, first, end, &e.vectors)
}

// Vector returns the i-th of the vectors, in units of static/kernel.Unit, and the number of its text's tokens. The vector is
// nil when nothing is known of the text; it is valid until the next call.
func (e *Embedder) Vector(i int) (vector []int16, tokens int) {
	return fixed(e.vector, &e.vectors, i), int(e.vectors.Tokens[i])
}
